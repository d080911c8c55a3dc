"""A disk that is full or read-only, under a running daemon."""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.conftest import Done, World, eventually
from tests.integration.crowd import status
from tests.integration.load import in_database, leftovers, on_branch

prlimit = getattr(resource, "prlimit", None)
can_limit = pytest.mark.skipif(prlimit is None, reason="limits of a running process need Linux")

Mount = Callable[..., None]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mounts file systems below the test's folder; they are unmounted at its end.

    A test names it before `world`, whose daemons end first.
    """
    mounted: list[Path] = []

    def run(target: Path, *options: str) -> None:
        assert target.is_relative_to(tmp_path)
        done = subprocess.run(
            ["mount", *options, str(target)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
        if not any("remount" in option for option in options):
            mounted.append(target)

    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    yield run
    for target in reversed(mounted):
        subprocess.run(["umount", "--lazy", str(target)], check=True)


def limit_files(pid: int, size: int) -> None:
    """No file of that process grows beyond so many bytes; -1: as it likes."""
    assert prlimit is not None
    prlimit(pid, resource.RLIMIT_FSIZE, (size, -1))


def refused(done: Done) -> None:
    """The command failed as a full disk is told of: one sentence, what to do, exit status 1."""
    assert done.code == 1, done
    error = json.loads(done.err)["error"]
    assert error["kind"] == "storage"
    assert "disk" in error["message"] + error["hint"]
    assert error["hint"]


def send(world: World, clone: Path, text: str) -> str:
    """Sends; the message's id."""
    sent: str = world.thrum(clone, "send", text, "--json").json["message_id"]
    return sent


def holds_all(world: World, clone: Path, acknowledged: set[str]) -> None:
    """Every acknowledged message is once on the branch and in the database, and no other."""
    world.thrum(clone, "sync", "force")
    assert "last_error" not in status(world, clone)
    branch = on_branch(world, clone)
    assert set(branch) == acknowledged
    assert set(branch.values()) == {1}
    assert in_database(clone) == branch
    # What works by itself tries again within seconds, and is unwell until then.
    eventually(lambda: world.thrum(clone, "doctor", check=False).code == 0)
    assert leftovers(clone / ".git") == []


@can_limit
def test_no_file_can_grow(world: World) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    pid = world.pid(one)
    kept = {send(world, one, "before")}
    holds_all(world, one, kept)
    limit_files(pid, 1)
    for _ in range(3):
        refused(world.thrum(one, "send", "into the void", "--json", check=False))
        plain = world.thrum(one, "send", "into the void", check=False)
        assert plain.code == 1
        assert len(plain.err.strip().splitlines()) == 1
    assert "before" in world.thrum(one, "sent").out
    assert world.thrum(one, "inbox").code == 0
    assert "furiosa" in world.thrum(one, "team").out
    limit_files(pid, -1)
    kept.add(send(world, one, "after"))
    assert world.pid(one) == pid
    holds_all(world, one, kept)
    world.kill(one)
    world.thrum(one, "daemon", "start")
    holds_all(world, one, kept)
    assert "into the void" not in world.thrum(one, "sent").out


@can_limit
def test_only_the_database_cannot_grow(world: World) -> None:
    """The journal still takes the messages: they count, and the database makes up for it."""
    world.remote()
    one = world.node("one", "furiosa")
    pid = world.pid(one)
    kept = {send(world, one, f"before {n} " + "x" * 2000) for n in range(40)}
    world.thrum(one, "sync", "force")
    wal = one / ".thrum/var/messages.db-wal"
    size = wal.stat().st_size
    assert size > 200_000
    limit_files(pid, 100_000)
    kept |= {send(world, one, f"during {n}") for n in range(4)}
    assert "the database did not take a batch" in (one / ".thrum/var/daemon.log").read_text()
    assert "before 3" in world.thrum(one, "sent", "--limit", "100").out
    limit_files(pid, -1)
    kept.add(send(world, one, "after"))
    holds_all(world, one, kept)
    world.kill(one)
    world.thrum(one, "daemon", "start")
    holds_all(world, one, kept)


def fill(folder: Path) -> Path:
    """Takes all the room of a file system."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        size = 1 << 16
        while size:
            try:
                file.write(b"\0" * size)
            except OSError as error:
                assert error.errno == errno.ENOSPC
                size //= 2
    return filler


def test_a_full_disk(mount: Mount, world: World) -> None:
    world.remote()
    small = world.root / "one"
    small.mkdir()
    mount(small, "-t", "tmpfs", "-o", "size=6m", "tmpfs")
    one = world.node("one", "furiosa")
    pid = world.pid(one)
    kept = {send(world, one, "before")}
    holds_all(world, one, kept)
    for _ in range(3):
        filler = fill(one)
        failures = 0
        while failures < 3:
            done = world.thrum(one, "send", "x" * 3000, "--json", check=False)
            if done.code == 0:
                kept.add(done.json["message_id"])
                continue
            refused(done)
            failures += 1
        assert world.thrum(one, "sync", "force", check=False).code in {0, 1}
        assert "before" in world.thrum(one, "sent", "--limit", "500").out
        assert world.thrum(one, "inbox").code == 0
        filler.unlink()
        kept.add(send(world, one, "room again"))
        holds_all(world, one, kept)
    assert world.pid(one) == pid
    world.kill(one)
    world.thrum(one, "daemon", "start")
    holds_all(world, one, kept)


def test_killed_on_a_full_disk(mount: Mount, world: World) -> None:
    world.remote()
    small = world.root / "one"
    small.mkdir()
    mount(small, "-t", "tmpfs", "-o", "size=6m", "tmpfs")
    one = world.node("one", "furiosa")
    kept = {send(world, one, "before")}
    filler = fill(one)
    refused(world.thrum(one, "send", "x" * 30_000, "--json", check=False))
    world.kill(one)
    done = world.thrum(one, "daemon", "start", check=False)
    if done.code:
        assert len(done.err.strip().splitlines()) <= 2
    filler.unlink()
    world.thrum(one, "daemon", "start")
    kept.add(send(world, one, "after"))
    holds_all(world, one, kept)


def test_no_room_for_objects(mount: Mount, world: World) -> None:
    """Journal and database have room: messages are acknowledged, and the state says what is up."""
    world.remote()
    one = world.clone("one")
    objects = one / ".git/objects"
    mount(objects, "-t", "tmpfs", "-o", "size=1m", "tmpfs")
    (objects / "info").mkdir()
    (objects / "pack").mkdir()
    world.settle(one, "furiosa")
    kept = {send(world, one, "before")}
    world.thrum(one, "sync", "force")
    filler = fill(objects)
    for n in range(3):
        kept.add(send(world, one, f"during {n} " + "x" * 5000))
    world.thrum(one, "sync", "force", check=False)
    now = status(world, one)
    assert now["sync_state"] == "error"
    assert "space" in str(now["last_error"])
    assert "during 1" in world.thrum(one, "sent").out
    filler.unlink()
    kept.add(send(world, one, "after"))
    holds_all(world, one, kept)


@contextmanager
def read_only(git: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing can be written below the directory. Modes do not bind root, a mount does."""
    if os.geteuid() == 0:
        mount = request.getfixturevalue("mount")
        mount(git, "--bind", str(git))
        mount(git, "-o", "remount,ro,bind")
        yield
        mount(git, "-o", "remount,rw,bind")
        return
    modes = {path: path.stat().st_mode for path in (git, *git.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    yield
    for path, mode in modes.items():
        path.chmod(mode)


def test_a_read_only_git_directory(request: pytest.FixtureRequest, world: World) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    kept = {send(world, one, "before")}
    world.thrum(one, "sync", "force")
    with read_only(one / ".git", request):
        kept.add(send(world, one, "during"))
        world.thrum(one, "sync", "force", check=False)
        now = status(world, one)
        assert now["sync_state"] == "error"
        assert re.search(
            "[Rr]ead-only|[Pp]ermission denied|cannot be written", str(now["last_error"])
        )
        assert "during" in world.thrum(one, "sent").out
        world.kill(one)
        world.thrum(one, "daemon", "start")
        kept.add(send(world, one, "after a restart"))
        assert "during" in world.thrum(one, "sent").out
    holds_all(world, one, kept)


def test_a_locked_branch(world: World) -> None:
    """A git that crashed left the lock: it is told of, and removed when it is old enough."""
    world.remote()
    one = world.node("one", "furiosa")
    lock = one / ".git/refs/heads/a-sync.lock"
    world.thrum(one, "sync", "force")
    lock.touch()
    kept = {send(world, one, "during")}
    world.thrum(one, "sync", "force", check=False)
    now = status(world, one)
    assert now["sync_state"] == "error"
    assert "a-sync.lock is held by another process" in str(now["last_error"])
    assert lock.exists()
    os.utime(lock, (1, 1))
    holds_all(world, one, kept)
    eventually(
        lambda: "a-sync.lock, which a crash left" in (one / ".thrum/var/daemon.log").read_text()
    )
