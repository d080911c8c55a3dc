"""The git program and other people's git, at the wrong moment."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil
import pytest

from tests.integration.conftest import World, eventually
from tests.integration.crowd import status
from tests.integration.load import in_database, leftovers, on_branch, senders

# What git runs at the remote's end, made to say that it is there and to answer no more.
HANGING: Final = """#!/bin/sh
echo here > "{note}"
while :; do sleep 1; done
"""


def hang(world: World, clone: Path, what: str) -> Path:
    """The next fetch or push of a clone hangs in its remote; the file appears when it does."""
    note = world.root / f"hanging-{what}"
    script = world.root / f"{what}.sh"
    script.write_text(HANGING.format(note=note))
    script.chmod(0o755)
    world.git("config", f"remote.origin.{what}", str(script), cwd=clone)
    return note


def force(world: World, clone: Path) -> subprocess.Popen[bytes]:
    """A `thrum sync force` that runs."""
    return subprocess.Popen(
        [sys.executable, "-m", "thrum", "sync", "force", "--json"],
        cwd=clone,
        env=world.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("what", ["uploadpack", "receivepack"])
def test_a_killed_git_is_told_of_and_the_next_sync_works(world: World, what: str) -> None:
    """Both ends of it: ls-remote or fetch, and push."""
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    for clone in (one, two, one):
        world.thrum(clone, "sync", "force")
    note = hang(world, one, what)
    if what == "receivepack":
        world.thrum(one, "send", "to be pushed")
    forced = force(world, one)
    eventually(note.exists)
    (git,) = psutil.Process(world.pid(one)).children()
    git.kill()
    forced.wait(60)
    world.git("config", "--unset", f"remote.origin.{what}", cwd=one)
    now = status(world, one)
    assert now["sync_state"] == "error"
    assert "signal 9" in str(now["last_error"])
    world.thrum(two, "send", "meanwhile")
    world.thrum(two, "sync", "force")
    world.thrum(one, "sync", "force")
    assert "last_error" not in status(world, one)
    world.thrum(two, "sync", "force")
    assert in_database(one) == in_database(two)
    assert leftovers(one / ".git") == []


def daemons_gits(daemon: int) -> list[psutil.Process]:
    """The git programs that a daemon runs right now, with their helpers."""
    try:
        return psutil.Process(daemon).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@pytest.mark.timeout(300)
def test_gits_that_are_killed_at_random_lose_nothing(world: World) -> None:
    world.remote()
    nodes = {"furiosa": world.node("one", "furiosa"), "nux": world.node("two", "nux")}
    for clone in nodes.values():
        world.thrum(clone, "sync", "force")
    load = [
        senders(world, clone, agent, f"load-{agent}", count=4, pause=0.02)
        for agent, clone in nodes.items()
    ]
    pids = [world.pid(clone) for clone in nodes.values()]
    killed = 0
    end = time.monotonic() + 60
    while killed < 60 and time.monotonic() < end:
        for git in [git for pid in pids for git in daemons_gits(pid)][killed % 3 :]:
            try:
                git.kill()
            except psutil.NoSuchProcess:
                continue
            killed += 1
            break
        time.sleep(0.01 * (killed % 5))
    for each in load:
        each.stop()
    assert killed >= 10
    expected = {id for each in load for id in each.acknowledged()}
    assert [error for each in load for error in each.refused()] == []
    clones = list(nodes.values())
    for clone in (*clones, *clones):
        world.thrum(clone, "sync", "force", check=False)
    branch = on_branch(world, clones[0])
    assert set(branch.values()) == {1}
    assert expected <= set(branch)
    for clone in clones:
        assert "last_error" not in status(world, clone)
        assert in_database(clone) == branch
        assert world.thrum(clone, "doctor").code == 0
        assert world.git("rev-parse", "a-sync", cwd=clone) == world.git(
            "rev-parse", "a-sync", cwd=world.root / "remote.git"
        )


HOUSEKEEPING: Final = (
    ("git", "gc", "-q", "--prune=now"),
    ("git", "repack", "-adq"),
    ("git", "worktree", "prune"),
    ("git", "prune", "--expire=now"),
    ("git", "pack-refs", "--all"),
)


@contextmanager
def kept_house(world: World, clone: Path) -> Iterator[list[int]]:
    """Somebody keeps tidying the repository; the list counts the rounds."""
    rounds: list[int] = []
    ends = threading.Event()

    def work() -> None:
        while not ends.is_set():
            for argv in HOUSEKEEPING:
                # Two gits may be in each other's way; that is the user's own affair.
                world.run(*argv, cwd=clone, check=False)
            rounds.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield rounds
    finally:
        ends.set()
        thread.join()


@pytest.mark.timeout(300)
def test_a_users_housekeeping_in_a_loop_under_load(world: World) -> None:
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    for clone in (one, two):
        world.thrum(clone, "sync", "force")
    with kept_house(world, one) as here, kept_house(world, two) as there:
        load = [
            senders(world, one, "furiosa", "load-one", count=4, pause=0.02),
            senders(world, two, "nux", "load-two", count=4, pause=0.02),
        ]
        eventually(lambda: min(len(here), len(there)) >= 25, 240)
        for each in load:
            each.stop()
    expected = {id for each in load for id in each.acknowledged()}
    assert [error for each in load for error in each.refused()] == []
    for clone in (one, two, one):
        world.thrum(clone, "sync", "force")
    branch = on_branch(world, one)
    assert set(branch.values()) == {1}
    assert expected <= set(branch)
    assert world.git("rev-parse", "a-sync", cwd=one) == world.git("rev-parse", "a-sync", cwd=two)
    for clone in (one, two):
        assert in_database(clone) == branch
        assert world.thrum(clone, "doctor").code == 0
        assert "unforeseen" not in (clone / ".thrum/var/daemon.log").read_text()
        world.git("fsck", "--strict", "--no-dangling", cwd=clone)
