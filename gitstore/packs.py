"""Whether packs and their indexes are whole, found without libgit2.

libgit2 believes an index: a changed byte in one can end the process or keep it busy for ever. Every
such file ends with a checksum of itself, so looking is as cheap as reading.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

SUM: Final = 20
"""Bytes of the checksum at the end of a pack or an index."""
YOUNG_SECONDS: Final = 60.0
"""Age up to which a pack without an index may be one that is just being moved in."""
PIECE: Final = 1 << 20


class Fault(Struct, frozen=True):
    """A file of the object store that is not as it was written.

    Attributes:
        path: the pack or index.
        reason: what is wrong with it.
    """

    path: Path
    reason: str


def faults(store: Path) -> Iterator[Fault]:
    """Everything that is wrong with the packs and indexes of an object store; all are read.

    Raises:
        OSError: the disk does not let them be read.
    """
    folder = store / "pack"
    yield from damaged_indexes(store)
    for index in sorted(folder.glob("pack-*.idx")):
        if not index.with_suffix(".pack").exists() and index.exists():
            yield Fault(index, "its pack is missing")
    for pack in sorted(folder.glob("pack-*.pack")):
        yield from _fault_of(pack, b"PACK", "the pack")
        yield from _without_index(pack)


def damaged_indexes(store: Path, most: float = math.inf) -> Iterator[Fault]:
    """The indexes that libgit2 must not see.

    Args:
        most: bytes from which an index is not looked at.

    Raises:
        OSError: the disk does not let them be read.
    """
    folder = store / "pack"
    for index in sorted(folder.glob("pack-*.idx")):
        with suppress(FileNotFoundError):
            if index.stat().st_size < most:
                yield from _fault_of(index, b"\xfftOc", "the index")
    yield from _fault_of(folder / "multi-pack-index", b"MIDX", "the index")


def is_whole(pack: Path) -> bool:
    """Whether there is a pack and it is as it was written."""
    return pack.exists() and not list(_fault_of(pack, b"PACK", "the pack"))


def _without_index(pack: Path) -> Iterator[Fault]:
    if pack.with_suffix(".idx").exists():
        return
    try:
        age = time.time() - pack.stat().st_mtime
    except FileNotFoundError:
        return
    if age > YOUNG_SECONDS:
        yield Fault(pack, "its index is missing")


def _fault_of(path: Path, magic: bytes, what: str) -> Iterator[Fault]:
    """Somebody's gc may remove a file at any moment; that is no fault of the file."""
    try:
        with path.open("rb") as file:
            head = file.read(len(magic))
            # The first version of the index has no magic number.
            if head != magic and path.suffix != ".idx":
                yield Fault(path, f"{what} does not begin like one")
                return
            sound = _sum_is_right(path)
    except FileNotFoundError:
        return
    if not sound:
        yield Fault(path, f"{what} does not match its checksum")


def _sum_is_right(path: Path) -> bool:
    """Whether the last bytes of a file are the SHA-1 of all others."""
    left = path.stat().st_size - SUM
    if left < SUM:
        return False
    digest = hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as file:
        while left > 0:
            piece = file.read(min(PIECE, left))
            if not piece:
                return False
            digest.update(piece)
            left -= len(piece)
        return file.read() == digest.digest()
