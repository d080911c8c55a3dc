"""Damaged packs and indexes are found, whatever libgit2 would make of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import DamagedObject, Log, packs
from tests.gitstore.packed import damages, pack_of, put

Git = Callable[..., str]
Open = Callable[..., Log]


def faults(packed: Path) -> dict[str, str]:
    found = packs.faults(packed / ".git/objects")
    return {fault.path.suffix or fault.path.name: fault.reason for fault in found}


def test_what_is_whole_has_no_fault(packed: Path) -> None:
    assert faults(packed) == {}
    assert packs.is_whole(pack_of(packed))


@pytest.mark.parametrize("suffix", [".pack", ".idx"])
def test_every_damage_of_either_file_is_seen(packed: Path, suffix: str) -> None:
    file = pack_of(packed).with_suffix(suffix)
    for data in damages(file.read_bytes(), 499):
        put(file, data)
        assert suffix in faults(packed)
        assert packs.is_whole(pack_of(packed)) == (suffix == ".idx")


def test_half_of_a_pair_is_a_fault_unless_it_is_just_coming(packed: Path) -> None:
    pack = pack_of(packed)
    index = pack.with_suffix(".idx")
    whole = index.read_bytes()
    index.unlink()
    os.utime(pack)
    assert faults(packed) == {}
    os.utime(pack, (1, 1))
    assert faults(packed) == {".pack": "its index is missing"}
    put(index, whole)
    pack.unlink()
    assert faults(packed) == {".idx": "its pack is missing"}
    assert not packs.is_whole(pack)


def test_an_index_that_is_too_large_is_not_read_at_each_start(packed: Path) -> None:
    index = pack_of(packed).with_suffix(".idx")
    put(index, index.read_bytes()[:-1])
    store, size = packed / ".git/objects", index.stat().st_size
    assert [fault.path for fault in packs.damaged_indexes(store, size + 1)] == [index]
    assert list(packs.damaged_indexes(store, size)) == []


def test_the_index_of_many_packs_is_looked_at_too(packed: Path, git: Git) -> None:
    git("multi-pack-index", "write", cwd=packed)
    assert faults(packed) == {}
    many = packed / ".git/objects/pack/multi-pack-index"
    put(many, many.read_bytes()[:-1])
    assert faults(packed) == {"multi-pack-index": "the index does not match its checksum"}


def test_a_log_does_not_open_upon_a_damaged_index(packed: Path, open_log: Open) -> None:
    index = pack_of(packed).with_suffix(".idx")
    whole = index.read_bytes()
    put(index, whole[:-100] + b"\xff" * 4 + whole[-96:])
    with pytest.raises(DamagedObject, match=index.name):
        open_log(packed)
