"""What is whole in a damaged pack is read, and nothing false ever is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore.salvage import Salvage, id_of, patched
from tests.gitstore.packed import damages, objects_of, pack_of

Git = Callable[..., str]


def whole(pack: Path) -> Salvage:
    """The pack with the index beside it."""
    return Salvage(pack.read_bytes(), pack.with_suffix(".idx").read_bytes())


def test_everything_is_read_from_a_whole_pack_with_and_without_its_index(packed: Path) -> None:
    pack, expected = pack_of(packed), objects_of(packed)
    for salvage in (whole(pack), Salvage(pack.read_bytes())):
        assert {found.id: found.data for found in salvage.objects()} == expected


def test_git_and_deltas_by_offset_are_understood(packed: Path, git: Git) -> None:
    expected = objects_of(packed)
    git("repack", "-adfq", "--depth=50", cwd=packed)
    assert {found.id: found.data for found in whole(pack_of(packed)).objects()} == expected


def salvaged(packed: Path, step: int) -> None:
    pack, expected = pack_of(packed), objects_of(packed)
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


def test_nothing_false_is_read_from_a_damaged_pack(packed: Path) -> None:
    salvaged(packed, 61)


@pytest.mark.soak
def test_nothing_false_is_read_whatever_byte_is_damaged(packed: Path) -> None:
    salvaged(packed, 1)


def test_a_delta_to_something_else_is_refused() -> None:
    assert patched(b"abc", b"\x03\x04\x90\x03\x01d") == b"abcd"
    for wrong in (b"\x04\x04\x90\x03\x01d", b"\x03\x05\x90\x03\x01d", b"\x03\x04\x90\x03"):
        with pytest.raises(ValueError, match="delta"):
            patched(b"abc", wrong)
    assert id_of("blob", b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
