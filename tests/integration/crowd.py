"""Many clones, each with a daemon, that send at once and sync through one bare remote."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.integration.conftest import World, eventually, world_in
from tests.integration.load import in_database, senders

LIMIT_S: Final = 600.0
"""Ends a run that would hang; far above what a busy machine takes."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What came of it.

    Attributes:
        clones: where they are.
        remote: the bare repository.
        acknowledged: ids of all messages.
        refused: errors that senders were answered with.
        seconds: from the first message to the moment when every database holds all and all tips
            are equal.
        troubles: warnings and errors in the daemons' logs.
    """

    clones: list[Path]
    remote: Path
    acknowledged: list[str]
    refused: list[dict[str, object]]
    seconds: float
    troubles: list[str]


def seconds(root: Path) -> float:
    """How long a thousand messages of twenty clones take, in an empty folder."""
    with world_in(root) as world:
        return gather(world).seconds


def gather(world: World, clones: int = 20, messages: int = 50) -> Crowd:
    """Makes the clones with their daemons, lets each send its messages, waits for the end."""
    remote = world.remote("crowd.git")
    nodes = _nodes(world, clones)
    started = time.monotonic()
    load = [
        senders(world, where, f"agent{n:02}", f"crowd{n:02}", count=1, most=messages)
        for n, where in enumerate(nodes)
    ]
    for each in load:
        each.wait()
    expected = [id for each in load for id in each.acknowledged()]
    eventually(lambda: _is_settled(world, [*nodes, remote], set(expected)), LIMIT_S, 0.2)
    seconds = time.monotonic() - started
    return Crowd(
        nodes,
        remote,
        expected,
        [error for each in load for error in each.refused()],
        seconds,
        [line for where in nodes for line in troubles(where)],
    )


def _nodes(world: World, count: int) -> list[Path]:
    """Clones with daemons and agents; the first one alone, so that the others find its branch."""

    def node(number: int) -> Path:
        where = world.root / f"clone{number:02}"
        # Over the wire: a local clone copies the folder of a push that goes on at that moment.
        source = str(world.root / "crowd.git")
        world.git("clone", "-q", "--no-local", source, str(where), cwd=world.root)
        world.settle(where, f"agent{number:02}")
        return where

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(node, range(count)))


def _is_settled(world: World, repositories: list[Path], expected: set[str]) -> bool:
    *clones, remote = repositories
    if not all(in_database(where).keys() >= expected for where in clones):
        return False
    tips = {world.git("rev-parse", "a-sync", cwd=where) for where in (*clones, remote)}
    return len(tips) == 1


def troubles(clone: Path) -> list[str]:
    """What the daemon's log warns of."""
    text = (clone / ".thrum/var/daemon.log").read_text()
    return [line for line in text.splitlines() if " WARNING " in line or " ERROR " in line]


def status(world: World, clone: Path) -> dict[str, object]:
    """The daemon's view of its sync."""
    found: dict[str, object] = json.loads(world.thrum(clone, "sync", "status", "--json").out)
    return found
