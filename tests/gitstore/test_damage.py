"""Damaged packs, objects and refs are mended, and what is whole in them is kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Format, Log, OsDisk, Outcome, damage, packs
from gitstore.program import GitProgram
from gitstore.ref import Ref
from tests.gitstore.packed import damages, objects_of, pack_of, put

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


def mended(packed: Path) -> list[damage.PackMended]:
    git = GitProgram(packed / ".git", Format(), os.environ)
    return list(damage.mend_packs(packed / ".git/objects", git, packed / "aside"))


def seen_and_mended(packed: Path, step: int) -> None:
    """The files are looked at with every damage; every ninth is mended as well."""
    pack, expected = pack_of(packed), objects_of(packed)
    index = pack.with_suffix(".idx")
    original = {path: path.read_bytes() for path in (pack, index)}
    assert list(packs.faults(packed / ".git/objects")) == []
    for path, whole in original.items():
        for number, data in enumerate(damages(whole, step)):
            put(path, data)
            assert path in {fault.path for fault in packs.faults(packed / ".git/objects")}
            if number % 9 == 0:
                assert all(each.aside and not each.trouble for each in mended(packed))
                assert list(packs.faults(packed / ".git/objects")) == []
                assert objects_of(packed).items() <= expected.items()
                if path == index:
                    assert objects_of(packed) == expected
                shutil.rmtree(packed / ".git/objects")
                (packed / ".git/objects/pack").mkdir(parents=True)
            for each, bytes_ in original.items():
                put(each, bytes_)


def test_damage_here_and_there_is_seen_and_mended(packed: Path) -> None:
    seen_and_mended(packed, 257)


@pytest.mark.soak
def test_damage_at_every_byte_is_seen_and_mended(packed: Path) -> None:
    seen_and_mended(packed, 7)


def test_half_of_a_pair_is_seen_and_mended(packed: Path) -> None:
    pack, expected = pack_of(packed), objects_of(packed)
    index = pack.with_suffix(".idx")
    os.utime(pack, (1, 1))
    index.unlink()
    assert [fault.path for fault in packs.faults(packed / ".git/objects")] == [pack]
    mended(packed)
    assert objects_of(packed) == expected
    pack.unlink()
    assert [fault.path for fault in packs.faults(packed / ".git/objects")] == [index]
    (done,) = mended(packed)
    assert [path.name for path in done.aside] == [index.name]
    assert list(packs.faults(packed / ".git/objects")) == []


def test_a_damaged_index_of_many_packs_is_set_aside(packed: Path, git: Git) -> None:
    git("multi-pack-index", "write", cwd=packed)
    assert list(packs.faults(packed / ".git/objects")) == []
    many = packed / ".git/objects/pack/multi-pack-index"
    put(many, many.read_bytes()[:-1])
    assert [each.fault.path for each in mended(packed)] == [many]
    assert not many.exists()
    git("fsck", "--full", cwd=packed)


def test_the_first_object_that_cannot_be_read_is_named(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    where = clone("one")
    log = open_log(where)
    for _ in range(2):
        log.append([[("messages/alice.jsonl", event())]])
        log.commit()
    path, tip = log.repository.path, log.tip
    assert damage.first_unreadable(path, None) is None
    assert damage.first_unreadable(path, tip) is None
    for name in ("a-sync:messages/alice.jsonl", "a-sync:messages", "a-sync~1", "a-sync"):
        id = git("rev-parse", name, cwd=where).strip()
        file = where / ".git/objects" / id[:2] / id[2:]
        whole = file.read_bytes()
        file.unlink()
        assert damage.first_unreadable(path, tip) == id
        put(file, whole[:15])
        assert damage.first_unreadable(path, tip) == id
        put(file, whole)
    assert damage.first_unreadable(path, tip) is None


def test_files_of_earlier_commits_are_nobodys_loss(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    where = clone("one")
    log = open_log(where)
    for _ in range(2):
        log.append([[("events.jsonl", event())]])
        log.commit()
    id = git("rev-parse", "a-sync~1:events.jsonl", cwd=where).strip()
    (where / ".git/objects" / id[:2] / id[2:]).unlink()
    assert damage.first_unreadable(log.repository.path, log.tip) is None


def test_an_object_comes_back_from_the_remote_or_is_asked_for_once(
    clone: Clone, open_log: Open, event: Event, git: Git, remote: Path, tmp_path: Path
) -> None:
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=remote)
    where = clone("one")
    log = open_log(where)
    log.append([[("events.jsonl", event())]])
    log.exchange()
    blob = git("rev-parse", "a-sync:events.jsonl", cwd=where).strip()
    path = where / ".git/objects" / blob[:2] / blob[2:]
    ref = Ref(log.repository, Format().ref, OsDisk())
    program = GitProgram(where / ".git", Format(), os.environ)
    for is_there in (True, False):
        put(path, path.read_bytes()[:9])
        if not is_there:
            remote.rename(tmp_path / "away.git")
        (done,) = damage.mend(log.repository, ref, Format(), program, tmp_path / "aside")
        assert done.id == blob
        assert done.aside
        assert len(done.aside.read_bytes()) == 9
        assert (done.answer.outcome is Outcome.OK) == is_there
        assert (damage.first_unreadable(log.repository.path, ref.read()) is None) == is_there


def test_a_damaged_ref_goes_to_the_first_known_commit_that_is_whole(
    clone: Clone, open_log: Open, tmp_path: Path
) -> None:
    log = open_log(clone("one"))
    tip, ref = log.tip, log.mover.ref
    for known, expected in (((), None), (("f" * 40,), None), (("f" * 40, tip), tip)):
        ref.path.write_bytes(b"?")
        assert not damage.is_readable(ref)
        done = damage.mend_ref(log.repository, ref, known, tmp_path / "aside")
        assert (done.tip, done.is_known) == (expected, expected is not None)
        assert done.aside
        assert done.aside.read_bytes() == b"?"
        assert damage.is_readable(ref)
    assert damage.has_commit(log.repository, ref)
    assert len(list((tmp_path / "aside").iterdir())) == 3
