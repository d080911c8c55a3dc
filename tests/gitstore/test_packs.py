"""Damaged packs and indexes are found and mended, and what is whole in them is kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pygit2
import pytest

from gitstore import DamagedObject, Format, Log, damage, packs
from gitstore import log as log_module
from gitstore.program import GitProgram
from gitstore.salvage import Salvage, id_of, patched

Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]
Git = Callable[..., str]


@pytest.fixture
def where(clone: Clone, open_log: Open, event: Event, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose log is in one pack of ours."""
    monkeypatch.setattr(log_module, "PACK_AT", 12)
    found = clone("one")
    log = open_log(found)
    for number in range(12):
        log.append([[(f"messages/agent{number % 2}.jsonl", event(f"message {number} " * 9))]])
        log.commit()
    assert log.tidy() > 12
    log.close()
    return found


def pack_of(where: Path) -> Path:
    (pack,) = (where / ".git/objects/pack").glob("*.pack")
    return pack


def objects_of(where: Path) -> dict[str, bytes]:
    repository = pygit2.Repository(str(where))
    return {str(id): repository.read(id)[1] for id in repository}


def damages(whole: bytes, step: int) -> Iterator[bytes]:
    for at in range(0, len(whole), step):
        yield whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :]
        yield whole[:at]


def put(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(data)
    os.utime(path, (1, 1))


def whole(pack: Path) -> Salvage:
    """The pack with the index beside it."""
    return Salvage(pack.read_bytes(), pack.with_suffix(".idx").read_bytes())


def mended(where: Path) -> list[damage.PackMended]:
    git = GitProgram(where / ".git", Format(), os.environ)
    return list(damage.mend_packs(where / ".git/objects", git, where / "aside"))


def test_everything_is_read_from_a_whole_pack_with_and_without_its_index(where: Path) -> None:
    pack, expected = pack_of(where), objects_of(where)
    for salvage in (whole(pack), Salvage(pack.read_bytes())):
        assert {found.id: found.data for found in salvage.objects()} == expected


def test_git_and_deltas_by_offset_are_understood(where: Path, git: Git) -> None:
    expected = objects_of(where)
    git("repack", "-adfq", "--depth=50", cwd=where)
    assert {found.id: found.data for found in whole(pack_of(where)).objects()} == expected


def salvaged(where: Path, step: int) -> None:
    pack, expected = pack_of(where), objects_of(where)
    index = pack.with_suffix(".idx").read_bytes()
    least = len(expected)
    for data in damages(pack.read_bytes(), step):
        found = {each.id: each.data for each in Salvage(data, index).objects()}
        assert found.items() <= expected.items()
        if len(data) == pack.stat().st_size:
            least = min(least, len(found))
    assert least > len(expected) // 2
    for data in damages(index, step):
        found = {each.id: each.data for each in Salvage(pack.read_bytes(), data).objects()}
        assert found == expected


def test_nothing_false_is_read_from_a_damaged_pack(where: Path) -> None:
    salvaged(where, 61)


@pytest.mark.soak
def test_nothing_false_is_read_whatever_byte_is_damaged(where: Path) -> None:
    salvaged(where, 1)


def seen_and_mended(where: Path, step: int) -> None:
    """The files are looked at with every damage; every ninth is mended as well."""
    pack, expected = pack_of(where), objects_of(where)
    index = pack.with_suffix(".idx")
    original = {path: path.read_bytes() for path in (pack, index)}
    assert list(packs.faults(where / ".git/objects")) == []
    for path, whole in original.items():
        for number, data in enumerate(damages(whole, step)):
            put(path, data)
            assert path in {fault.path for fault in packs.faults(where / ".git/objects")}
            if number % 9 == 0:
                assert all(each.aside and not each.trouble for each in mended(where))
                assert list(packs.faults(where / ".git/objects")) == []
                assert objects_of(where).items() <= expected.items()
                if path == index:
                    assert objects_of(where) == expected
                shutil.rmtree(where / ".git/objects")
                (where / ".git/objects/pack").mkdir(parents=True)
            for each, bytes_ in original.items():
                put(each, bytes_)


def test_damage_here_and_there_is_seen_and_mended(where: Path) -> None:
    seen_and_mended(where, 257)


@pytest.mark.soak
def test_damage_at_every_byte_is_seen_and_mended(where: Path) -> None:
    seen_and_mended(where, 7)


def test_half_of_a_pair_is_seen_and_mended(where: Path) -> None:
    pack, expected = pack_of(where), objects_of(where)
    index = pack.with_suffix(".idx")
    os.utime(pack, (1, 1))
    index.unlink()
    assert [fault.path for fault in packs.faults(where / ".git/objects")] == [pack]
    mended(where)
    assert objects_of(where) == expected
    pack.unlink()
    assert [fault.path for fault in packs.faults(where / ".git/objects")] == [index]
    (done,) = mended(where)
    assert [path.name for path in done.aside] == [index.name]
    assert list(packs.faults(where / ".git/objects")) == []


def test_a_log_does_not_open_upon_a_damaged_index(where: Path, open_log: Open) -> None:
    index = pack_of(where).with_suffix(".idx")
    whole = index.read_bytes()
    put(index, whole[:-100] + b"\xff" * 4 + whole[-96:])
    with pytest.raises(DamagedObject, match=index.name):
        open_log(where)


def test_a_damaged_index_of_many_packs_is_set_aside(where: Path, git: Git) -> None:
    git("multi-pack-index", "write", cwd=where)
    assert list(packs.faults(where / ".git/objects")) == []
    many = where / ".git/objects/pack/multi-pack-index"
    put(many, many.read_bytes()[:-1])
    assert [each.fault.path for each in mended(where)] == [many]
    assert not many.exists()
    git("fsck", "--full", cwd=where)


def test_a_delta_to_something_else_is_refused() -> None:
    assert patched(b"abc", b"\x03\x04\x90\x03\x01d") == b"abcd"
    for wrong in (b"\x04\x04\x90\x03\x01d", b"\x03\x05\x90\x03\x01d", b"\x03\x04\x90\x03"):
        with pytest.raises(ValueError, match="delta"):
            patched(b"abc", wrong)
    assert id_of("blob", b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
