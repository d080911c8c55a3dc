"""What is wrong with the branch's files is found, and mended in the order that libgit2 needs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import (
    Examination,
    Fault,
    Log,
    ObjectFault,
    ObjectMended,
    Outcome,
    PackMended,
    Refetched,
    RefFault,
    RefMended,
    RepositoryError,
    lock_left,
    remove_lock,
)
from gitstore.ref import MARK, STALE_SECONDS
from tests.gitstore.packed import objects_of, pack_of, put

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


@pytest.fixture
def log(clone: Clone, open_log: Open, event: Event, remote: Path, git: Git) -> Log:
    """One whose branch is at the remote too."""
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=remote)
    found = open_log(clone("one"))
    found.append([[("events.jsonl", event())]])
    assert found.exchange().pushed
    return found


@pytest.fixture
def where(log: Log) -> Path:
    return Path(log.repository.workdir)


def file_of(where: Path, git: Git, name: str) -> tuple[str, Path]:
    id = git("rev-parse", name, cwd=where).strip()
    return id, where / ".git/objects" / id[:2] / id[2:]


def test_a_sound_branch_has_no_fault_and_nothing_to_mend(where: Path, tmp_path: Path) -> None:
    found = Examination.of(where)
    assert list(found.faults()) == []
    assert list(found.mend(os.environ, tmp_path / "aside")) == []
    assert not (tmp_path / "aside").exists()


def test_an_object_is_named_with_its_branch_and_comes_back(
    where: Path, git: Git, tmp_path: Path
) -> None:
    id, file = file_of(where, git, "a-sync:events.jsonl")
    put(file, file.read_bytes()[:9])
    assert list(Examination.of(where).faults()) == [ObjectFault("a-sync", id)]
    (done,) = Examination.of(where).mend(os.environ, tmp_path / "aside")
    assert isinstance(done, ObjectMended)
    assert (done.id, done.answer.outcome) == (id, Outcome.OK)
    assert list(Examination.of(where).faults()) == []


@pytest.mark.parametrize("known", ["last read", "remote", "nothing"])
def test_a_damaged_branch_goes_where_it_is_known_to_have_been(
    log: Log, where: Path, tmp_path: Path, event: Event, known: str
) -> None:
    pushed = log.tip
    log.append([[("events.jsonl", event())]])
    log.commit()
    tip, ref = log.tip, log.mover.ref.path
    if known == "nothing":
        log.upstream.ref.path.unlink()
    ref.write_bytes(b"")
    assert list(Examination.of(where).faults()) == [RefFault(ref)]
    last_read = tip if known == "last read" else ""
    (done,) = Examination.of(where).mend(os.environ, tmp_path / "aside", last_read)
    expected = {"last read": tip, "remote": pushed, "nothing": None}[known]
    assert isinstance(done, RefMended)
    assert (done.tip, done.is_known) == (expected, expected is not None)
    assert list(Examination.of(where).faults()) == []


def test_what_was_last_seen_of_the_remote_is_dropped(log: Log, where: Path, tmp_path: Path) -> None:
    tracking = log.upstream.ref.path
    tracking.write_bytes(b"")
    assert list(Examination.of(where).faults()) == [RefFault(tracking)]
    (done,) = Examination.of(where).mend(os.environ, tmp_path / "aside", log.tip)
    assert isinstance(done, RefMended)
    assert (done.tip, done.is_known) == (None, False)
    assert log.exchange().ok


def test_packs_come_first_and_alone(packed: Path, tmp_path: Path) -> None:
    pack, expected = pack_of(packed), objects_of(packed)
    index = pack.with_suffix(".idx")
    put(index, index.read_bytes()[:-1])
    (packed / ".git/refs/heads/a-sync").write_bytes(b"")
    (fault,) = Examination.of(packed).faults()
    assert isinstance(fault, Fault)
    assert fault.path == index
    first, *rest = Examination.of(packed).mend(os.environ, tmp_path / "aside")
    assert isinstance(first, PackMended)
    assert (first.fault.path, first.is_gone) == (index, False)
    assert [type(each) for each in rest] == [RefMended]
    assert objects_of(packed) == expected


def test_a_pack_that_is_gone_has_the_branch_fetched_again(packed: Path, tmp_path: Path) -> None:
    pack = pack_of(packed)
    put(pack, pack.read_bytes()[:-1])
    first, second, *_ = Examination.of(packed).mend(os.environ, tmp_path / "aside")
    assert isinstance(first, PackMended)
    assert first.is_gone
    assert first.saved > 0
    assert isinstance(second, Refetched)
    # It was never pushed.
    assert second.answer.outcome is Outcome.NO_SUCH_BRANCH


def test_a_pack_that_is_to_be_mended_by_hand_ends_it(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gitstore.damage.LARGEST_SALVAGED", 10)
    pack = pack_of(packed)
    put(pack, pack.read_bytes()[:-1])
    (done,) = Examination.of(packed).mend(os.environ, tmp_path / "aside")
    assert isinstance(done, PackMended)
    assert "too large" in done.trouble
    assert pack.exists()


def test_the_wanted_remote_is_asked(where: Path, git: Git) -> None:
    git("remote", "add", "second", "/nowhere", cwd=where)
    assert Examination.of(where).format.remote == "origin"
    found = Examination.of(where, wanted="second")
    assert found.format.remote == "second"
    assert found.tracking.name == "refs/remotes/second/a-sync"


def test_outside_git_there_is_nothing_to_examine(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError):
        Examination.of(tmp_path)


def test_an_old_lock_is_told_and_only_a_dead_one_removed(where: Path) -> None:
    git = where / ".git"
    lock = git / "refs/heads/a-sync.lock"
    assert lock_left(git, now=1e12) is None
    assert remove_lock(git) is None
    lock.write_bytes(b"somebody's")
    written = lock.stat().st_mtime
    assert lock_left(git, now=written + STALE_SECONDS / 2) is None
    assert lock_left(git, now=written + STALE_SECONDS * 2) == lock
    assert remove_lock(git) is None
    lock.write_bytes(MARK)
    assert remove_lock(git) == lock
    assert not lock.exists()
