"""The git program and other people's git, at the wrong moment."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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


def without_clock(world: World, clone: Path) -> None:
    """From now on the daemon syncs on demand and after a write, not by the clock."""
    path = clone / ".thrum/config.json"
    config = json.loads(path.read_text())
    config["daemon"] |= {"sync_interval": 3600, "sync_quick_interval": 0}
    path.write_text(json.dumps(config))
    world.thrum(clone, "daemon", "restart")
    world.thrum(clone, "sync", "force")


@pytest.mark.parametrize("what", ["uploadpack", "receivepack"])
def test_a_killed_git_is_told_of_and_the_next_sync_works(world: World, what: str) -> None:
    """Both ends of it: the question what the remote has, and the push."""
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    for clone in (one, two):
        world.thrum(clone, "sync", "force")
    without_clock(world, one)
    note = hang(world, one, what)
    with ThreadPoolExecutor() as pool:
        if what == "receivepack":
            world.thrum(one, "send", "to be pushed")  # a sync follows by itself
        else:
            pool.submit(world.thrum, one, "sync", "force", check=False)
        eventually(note.exists)
        (git,) = psutil.Process(world.pid(one)).children()
        git.kill()
        eventually(lambda: status(world, one)["sync_state"] == "error")
    world.git("config", "--unset", f"remote.origin.{what}", cwd=one)
    assert "signal 9" in str(status(world, one)["last_error"])
    world.thrum(two, "send", "meanwhile")
    world.thrum(two, "sync", "force")
    world.thrum(one, "sync", "force")
    assert "last_error" not in status(world, one)
    world.thrum(two, "sync", "force")
    assert in_database(one) == in_database(two)
    assert leftovers(one / ".git") == []


def test_a_lock_that_a_crash_left_at_the_remote_is_named(world: World) -> None:
    remote = world.remote()
    one = world.node("one", "furiosa")
    world.thrum(one, "sync", "force")
    lock = remote / "refs/heads/a-sync.lock"
    lock.touch()
    world.thrum(one, "send", "to be pushed")
    done = world.thrum(one, "sync", "force", check=False)
    assert "a-sync.lock" in done.out + done.err
    assert "a-sync.lock" in str(status(world, one)["last_error"])
    assert lock.exists()  # it is the remote's affair
    lock.unlink()
    world.thrum(one, "sync", "force")
    assert "last_error" not in status(world, one)
    assert on_branch(world, remote) == in_database(one)


def daemons_gits(daemon: int) -> list[psutil.Process]:
    """The git programs that a daemon runs right now, with their helpers."""
    try:
        return psutil.Process(daemon).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def kills_of_git(world: World, most: int, limit: float) -> None:
    """So many gits of two daemons under load are killed, unless the machine is too busy for all."""
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
    end = time.monotonic() + limit
    while killed < most and time.monotonic() < end:
        for git in [git for pid in pids for git in daemons_gits(pid)][killed % 3 :]:
            try:
                git.kill()
            except psutil.NoSuchProcess:
                continue
            killed += 1
            break
        time.sleep(0.01 * (1 + killed % 5))  # to look through all processes is work as well
    for each in load:
        each.stop()
    assert killed >= 10
    expected = {id for each in load for id in each.acknowledged()}
    assert [error for each in load for error in each.refused()] == []
    clones = list(nodes.values())
    lock = world.root / "remote.git/refs/heads/a-sync.lock"
    for clone in (*clones, *clones):
        done = world.thrum(clone, "sync", "force", check=False)
        if lock.name in done.out + done.err:
            # Of a push whose other end was killed. Thrum says so; the remote's owner removes it.
            lock.unlink()
            world.thrum(clone, "sync", "force")
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


@pytest.mark.long
@pytest.mark.timeout(900)
def test_gits_that_are_killed_at_random_lose_nothing(world: World) -> None:
    kills_of_git(world, 30, 240)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_gits_that_are_killed_for_long_lose_nothing(world: World) -> None:
    kills_of_git(world, 300, 1200)


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


def housekeeping(world: World, most: int) -> None:
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    for clone in (one, two):
        world.thrum(clone, "sync", "force")
    with kept_house(world, one) as here, kept_house(world, two) as there:
        load = [
            senders(world, one, "furiosa", "load-one", count=4, pause=0.02),
            senders(world, two, "nux", "load-two", count=4, pause=0.02),
        ]
        eventually(lambda: min(len(here), len(there)) >= most, 1500)
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
    print(f"{most} rounds of housekeeping, {len(expected)} messages acknowledged, none lost")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_users_housekeeping_in_a_loop_under_load(world: World) -> None:
    housekeeping(world, 20)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_users_housekeeping_for_long(world: World) -> None:
    housekeeping(world, 2000)
