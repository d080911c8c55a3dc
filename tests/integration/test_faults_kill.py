"""Daemons that are killed while they work."""

from __future__ import annotations

import random
import time
from functools import partial
from pathlib import Path

import pytest

from tests.integration.conftest import World, eventually
from tests.integration.load import in_database, leftovers, on_branch, senders


def killed_pair(world: World, rounds: int) -> None:
    """Two syncing clones with four senders each; either daemon, or both, is killed at random."""
    remote = world.remote()
    nodes = {"one": world.node("one", "furiosa"), "two": world.node("two", "nux")}
    for where in nodes.values():
        world.thrum(where, "sync", "force")
    load = [
        senders(world, nodes["one"], "furiosa", "load-one", count=4, pause=0.02, keep=True),
        senders(world, nodes["two"], "nux", "load-two", count=4, pause=0.02, keep=True),
    ]
    chance = random.Random(rounds)
    for _ in range(rounds):
        time.sleep(chance.uniform(0.05, 1.0))
        victims = [where for where in nodes.values() if chance.random() < 0.6]
        for where in victims or [nodes["one"]]:
            world.kill(where)
        for where in victims or [nodes["one"]]:
            world.thrum(where, "daemon", "start")
    for each in load:
        each.stop()
    expected = [id for each in load for id in each.acknowledged()]
    assert len(expected) == len(set(expected)) > rounds
    assert [error for each in load for error in each.refused()] == []
    for where in [*nodes.values(), nodes["one"]]:
        world.thrum(where, "sync", "force")
    branch = on_branch(world, nodes["one"])
    assert set(branch.values()) == {1}
    assert set(expected) <= set(branch)
    tips = {world.git("rev-parse", "a-sync", cwd=where) for where in (*nodes.values(), remote)}
    assert len(tips) == 1
    for where in nodes.values():
        assert in_database(where) == branch
        assert world.thrum(where, "doctor").code == 0
        eventually(partial(is_tidy, where / ".git"))
    assert world.git("fsck", "--strict", "--no-dangling", cwd=nodes["one"]) == ""
    print(f"{rounds} rounds of kills, {len(expected)} messages acknowledged, none lost or doubled")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_syncing_pair_is_killed_under_load(world: World) -> None:
    killed_pair(world, 12)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_syncing_pair_is_killed_two_hundred_times(world: World) -> None:
    killed_pair(world, 200)


def is_tidy(git_dir: Path) -> bool:
    return leftovers(git_dir) == []
