from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest

from gitstore import Format, Log, RefLocked
from gitstore.disk import OsDisk
from gitstore.ref import MARK, PATIENCE_SECONDS, STALE_SECONDS, Ref

Clone = Callable[[str], Path]
Open = Callable[..., Log]

NAME = Format().ref

KILLED_AT = """
import os, signal, sys
import pygit2
from gitstore.disk import OsDisk
from gitstore.ref import Ref

where, name, old, new, step = sys.argv[1:6]
ref = Ref(pygit2.Repository(where), name, OsDisk())
steps = {"open", "os.link", "os.rename", "os.remove", "fcntl.flock", "os.mkdir"}
left = int(step)

def hook(event, arguments):
    global left
    if event in steps:
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

sys.addaudithook(hook)
sys.exit(0 if ref.swap(old, new) else 1)
"""

HOLDER = """
import sys
from pathlib import Path
from gitstore.disk import OsDisk
from gitstore.ref import MARK

disk, path = OsDisk(), Path(sys.argv[1])
handle = disk.claim(path, MARK)
print("held", flush=True)
sys.stdin.read()
disk.remove(path)
disk.close(handle)
print("free", flush=True)
"""

MOVER = """
import sys
import pygit2
from gitstore import Format, Log
from gitstore.disk import OsDisk
from gitstore.objects import Objects
from gitstore.ref import Ref

where, name, count = sys.argv[1:4]
repository = pygit2.Repository(where)
ref = Ref(repository, name, OsDisk())
objects = Objects(repository, ("Tester", "tester@example.org"))
done = 0
while done < int(count):
    old = ref.read()
    tree = repository[old].peel(pygit2.Commit).tree_id
    done += ref.swap(old, objects.commit(tree, f"{sys.argv[4]} {done}", [old], done))
"""


@pytest.fixture
def where(clone: Clone, open_log: Open) -> Path:
    """A clone with the branch."""
    path = clone("one")
    open_log(path).close()
    return path


def ref_of(where: Path, sleep: Callable[[float], None] = lambda _s: None) -> Ref:
    return Ref(pygit2.Repository(str(where)), NAME, OsDisk(), sleep=sleep)


def commits(where: Path, count: int) -> list[str]:
    """Commits on top of the branch's tip, not in it."""
    repository = pygit2.Repository(str(where))
    who = pygit2.Signature("Tester", "tester@example.org", 1, 0)
    tip = ref_of(where).read()
    assert tip
    tree = repository[tip].peel(pygit2.Commit).tree_id
    parent = pygit2.Oid(hex=tip)
    return [
        str(repository.create_commit(None, who, who, f"commit {n}", tree, [parent]))
        for n in range(count)
    ]


def files(where: Path) -> set[str]:
    return {path.name for path in (where / ".git/refs/heads").iterdir()}


def python(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def killed_at(where: Path, old: str, new: str, step: int) -> int:
    """Moves the ref in a process that is killed before that system call; its exit code."""
    child = python(KILLED_AT, str(where), NAME, old, new, str(step))
    child.communicate()
    return child.returncode


def never(_seconds: float) -> None:
    raise AssertionError("it waited for a lock that is dead")


def test_killed_at_any_step_it_is_in_nobodys_way(where: Path) -> None:
    one, two = commits(where, 2)
    first = ref_of(where).read()
    assert first
    before = files(where)
    left_locked = 0
    for step in range(40):
        ref = ref_of(where, never)
        ended = killed_at(where, first, one, step)
        left_locked += ref.lock.exists()
        now = ref.read()
        assert now in {first, one}
        assert ref.swap(now, two)
        assert ref.read() == two
        ref.recover()
        assert files(where) == before
        assert ref.swap(two, first)
        if ended == 0:
            assert now == one
            break
        assert ended == -signal.SIGKILL
    else:
        raise AssertionError("it never ended by itself")
    assert left_locked >= 3


def test_opening_sweeps_what_a_killed_process_left(where: Path, open_log: Open) -> None:
    (one,) = commits(where, 1)
    first = ref_of(where).read()
    assert first
    before = files(where)
    found = set()
    for step in range(40):
        if killed_at(where, first, one, step) == 0:
            break
        found |= files(where) - before
        open_log(where).close()
        assert files(where) == before
        ref = ref_of(where)
        ref.swap(ref.read(), first)
    assert len(found) >= 3
    # Git takes none of them for a ref.
    assert all(name.endswith(".lock") for name in found)


def test_a_live_holder_is_waited_for(where: Path) -> None:
    (one,) = commits(where, 1)
    holder: subprocess.Popen[str]
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            out, _ = holder.communicate("")
            assert out == "free\n"

    ref = ref_of(where, sleep)
    holder = python(HOLDER, str(ref.lock))
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    assert ref.swap(ref.read(), one)
    assert len(waited) == 3


def test_a_live_holder_of_any_age_keeps_its_lock_and_a_dead_one_of_any_age_loses_it(
    where: Path,
) -> None:
    (one,) = commits(where, 1)
    waited: list[float] = []
    ref = ref_of(where, waited.append)
    holder = python(HOLDER, str(ref.lock))
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    os.utime(ref.lock, (1, 1))
    with pytest.raises(RefLocked, match=r"a-sync\.lock"):
        ref.swap(ref.read(), one)
    assert sum(waited) >= PATIENCE_SECONDS * 0.99
    holder.kill()
    holder.communicate()
    assert ref.lock.read_bytes() == MARK
    assert ref_of(where, never).swap(ref.read(), one)


@pytest.mark.parametrize("content", [b"", b"0123456789012345678901234567890123456789\n"])
def test_a_lock_that_is_not_ours_is_respected_while_it_is_young(
    where: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (one,) = commits(where, 1)
    ref = ref_of(where)
    ref.lock.write_bytes(content)
    with pytest.raises(RefLocked, match=r"a-sync\.lock .* 30 s"):
        ref.swap(ref.read(), one)
    assert ref.lock.read_bytes() == content
    then = ref.lock.stat().st_mtime - STALE_SECONDS - 1
    os.utime(ref.lock, (then, then))
    assert ref.swap(ref.read(), one)
    assert ref.stale_lock_removed
    assert "a-sync.lock, which a crash left behind" in caplog.text


def test_a_fresh_lock_is_not_removed_in_place_of_a_dead_one(where: Path) -> None:
    """Two find the same dead lock; one of them removes it and takes its own."""
    disk, lock = OsDisk(), ref_of(where).lock
    lock.write_bytes(MARK)
    handles = []

    def other_was_faster(_data: bytes, _age: float) -> bool:
        lock.unlink()
        handles.append(disk.claim(lock, MARK))
        return True

    assert not disk.remove_unheld(lock, other_was_faster)
    assert lock.exists()
    assert not disk.remove_unheld(lock, lambda _data, _age: True)
    disk.close(handles.pop())
    assert disk.remove_unheld(lock, lambda _data, _age: True)


def test_without_hard_links(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    one, two = commits(where, 2)
    before = files(where)
    ref = ref_of(where)
    first = ref.read()
    assert ref.swap(first, one)
    assert files(where) == before
    handle = ref.disk.claim(ref.lock, MARK)
    with pytest.raises(RefLocked):
        ref.swap(one, two)
    ref.disk.close(handle)
    assert ref_of(where, never).swap(one, two)


def test_without_flock_nothing_counts_as_ours(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    one, two = commits(where, 2)
    ref = ref_of(where)
    first = ref.read()
    assert ref.swap(first, one)
    handle = ref.disk.claim(ref.lock, MARK)
    with pytest.raises(RefLocked):
        ref.swap(one, two)
    ref.disk.close(handle)
    os.utime(ref.lock, (1, 1))
    assert ref.swap(one, two)


def test_a_full_disk_leaves_the_ref_and_no_lock(where: Path) -> None:
    class Full(OsDisk):
        def append(self, handle: int, data: bytes) -> None:
            super().append(handle, data[:3])
            raise OSError(errno.ENOSPC, "No space left on device")

    class Filling(Full):
        def append(self, handle: int, data: bytes) -> None:
            if data == MARK:
                OsDisk.append(self, handle, data)
            else:
                super().append(handle, data)

    (one,) = commits(where, 1)
    before = files(where)
    ref = ref_of(where)
    first = ref.read()
    for disk in (Full(), Filling()):
        with pytest.raises(OSError, match="No space"):
            Ref(ref.repository, NAME, disk).swap(first, one)
        assert files(where) == before
    assert ref.swap(first, one)


@pytest.mark.timeout(120)
def test_movers_of_which_some_are_killed_lose_no_move(where: Path) -> None:
    """Each move is a commit on top of the one it replaced, so a lost one is missing below."""
    movers = [python(MOVER, str(where), NAME, "25", f"mover {n}") for n in range(3)]
    for n in range(12):
        victim = python(MOVER, str(where), NAME, "1000", f"victim {n}")
        try:
            victim.communicate(timeout=0.2 + n / 50)
        except subprocess.TimeoutExpired:
            victim.kill()
            victim.communicate()
    for mover in movers:
        mover.communicate()
        assert mover.returncode == 0
    repository = pygit2.Repository(str(where))
    tip = ref_of(where).read()
    assert tip
    messages = [commit.message for commit in repository.walk(pygit2.Oid(hex=tip))]
    for n in range(3):
        assert sum(message.startswith(f"mover {n} ") for message in messages) == 25
