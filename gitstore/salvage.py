"""What can still be read of a damaged pack (gitformat-pack(5)), without libgit2.

Every object is found by its place in the index, or by reading the pack from its beginning; it
counts only under the id that its bytes have, so nothing in either file has to be believed.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec import Struct, field

KINDS: Final = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
BY_OFFSET: Final = 6
BY_ID: Final = 7
KEPT: Final = 64
"""Unpacked objects that stay in memory, because the next is often a delta to one of them."""
PIECE: Final = 1 << 14
UNREADABLE: Final = (zlib.error, IndexError, ValueError, KeyError, RecursionError)


class Found(NamedTuple):
    """An object: its kind, its bytes and the id that they have."""

    kind: str
    data: bytes
    id: str


class _Entry(NamedTuple):
    """What stands at a place of the pack: an object, or a delta to one; and where it ends."""

    kind: int
    base: int | str
    data: bytes
    end: int


class Salvage(Struct, dict=True):
    """Reads what is left of one pack.

    Args:
        pack: all bytes of the pack.
        index: all bytes of its index; may be damaged or empty.
    """

    pack: bytes
    index: bytes = b""
    _places: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._resolved = lru_cache(KEPT)(self._resolve)

    def objects(self) -> Iterator[Found]:
        """Every object whose bytes can be had, each once.

        A delta whose reference to its base is damaged may make something that never was; what a
        whole index does not list is left out.
        """
        listed = indexed_ids(self.index)
        left = sorted({*self._scanned(), *indexed_offsets(self.index)})
        while left:
            still = []
            for place in left:
                try:
                    kind, data = self._resolved(place)
                except UNREADABLE:
                    still.append(place)
                    continue
                id = id_of(kind, data)
                if id not in self._places and (listed is None or id in listed):
                    self._places[id] = place
                    yield Found(kind, data, id)
            if len(still) == len(left):
                return
            left = still  # deltas to an object that was not known yet

    def _scanned(self) -> Iterator[int]:
        """The places of entries one after the other, up to the first that cannot be read."""
        place = 12
        while place < len(self.pack) - 20:
            try:
                end = self._entry(place).end
            except UNREADABLE:
                return
            yield place
            place = end

    def _resolve(self, place: int) -> tuple[str, bytes]:
        """The object at a place. A delta's base is before it, or known: there is no circle."""
        entry = self._entry(place)
        if entry.kind in KINDS:
            return KINDS[entry.kind], entry.data
        base = entry.base if isinstance(entry.base, int) else self._places[entry.base]
        kind, data = self._resolved(base)
        return kind, patched(data, entry.data)

    def _entry(self, place: int) -> _Entry:
        byte = self.pack[place]
        kind, size, shift, at = byte >> 4 & 7, byte & 15, 4, place + 1
        while byte & 0x80:
            byte = self.pack[at]
            size |= (byte & 0x7F) << shift
            shift, at = shift + 7, at + 1
        base: int | str = 0
        if kind == BY_ID:
            base, at = self.pack[at : at + 20].hex(), at + 20
        elif kind == BY_OFFSET:
            back, at = _offset(self.pack, at)
            base = place - back
            if not 0 < back <= place:
                raise ValueError("a delta to something before the pack")
        elif kind not in KINDS:
            raise ValueError("no kind of object")
        data, end = self._unpacked(at, size)
        return _Entry(kind, base, data, end)

    def _unpacked(self, at: int, size: int) -> tuple[bytes, int]:
        """The bytes of a stream that is to hold so many, and where it ends."""
        stream = zlib.decompressobj()
        made = bytearray()
        while not stream.eof:
            piece = self.pack[at : at + PIECE]
            if not piece or len(made) > size:
                raise ValueError("the stream does not end where it should")
            made += stream.decompress(piece)
            at += len(piece) - len(stream.unused_data)
        if len(made) != size:
            raise ValueError("not the size that was announced")
        return bytes(made), at


def id_of(kind: str, data: bytes) -> str:
    """The id of an object."""
    head = f"{kind} {len(data)}\0".encode()
    return hashlib.sha1(head + data, usedforsecurity=False).hexdigest()


def _offset(data: bytes, at: int) -> tuple[int, int]:
    """How far before a delta its base stands, and where the number ends."""
    byte = data[at]
    value = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = data[at]
        value = (value + 1 << 7) | byte & 0x7F
    return value, at + 1


def _size(delta: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = delta[at]
        value |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not byte & 0x80:
            return value, at


def patched(base: bytes, delta: bytes) -> bytes:
    """What a delta makes of its base.

    Raises:
        ValueError, IndexError: the delta is not for this base.
    """
    before, at = _size(delta, 0)
    after, at = _size(delta, at)
    if before != len(base):
        raise ValueError("a delta to something else")
    made = bytearray()
    while at < len(delta):
        code = delta[at]
        at += 1
        if not code & 0x80:
            made += delta[at : at + code]
            at += code
            continue
        start = size = 0
        for bit in range(7):
            if code >> bit & 1:
                if bit < 4:
                    start |= delta[at] << 8 * bit
                else:
                    size |= delta[at] << 8 * (bit - 4)
                at += 1
        size = size or 0x10000
        made += base[start : start + size]
    if len(made) != after:
        raise ValueError("a delta that is not whole")
    return bytes(made)


def indexed_ids(index: bytes) -> set[str] | None:
    """The ids that an index of version 2 lists; None if it is not one, or damaged."""
    start = 8 + 256 * 4
    sound = hashlib.sha1(index[:-20], usedforsecurity=False).digest() == index[-20:]
    if index[:4] != b"\xfftOc" or len(index) < start or not sound:
        return None
    (count,) = struct.unpack_from(">I", index, start - 4)
    return {index[at : at + 20].hex() for at in range(start, start + count * 20, 20)}


def indexed_offsets(index: bytes) -> Iterator[int]:
    """Places of objects as an index of version 2 gives them; none if it is not one."""
    start = 8 + 256 * 4
    if index[:4] != b"\xfftOc" or len(index) < start:
        return
    (count,) = struct.unpack_from(">I", index, start - 4)
    at = start + count * 24
    for place in range(at, min(at + count * 4, len(index) - 3), 4):
        (offset,) = struct.unpack_from(">I", index, place)
        if offset < 0x80000000:  # larger packs are not salvaged
            yield offset
