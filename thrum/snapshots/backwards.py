"""The lines of a file from its end on, however long the file is and whoever still writes to it.

What is appended after the file was opened is not seen. A line is whole or not given at all, but for
the last one, whose end may still be on its way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

LONGEST: Final = 10 * 1024 * 1024
"""Bytes of a line that is given; what is longer is passed over, and never held as a whole."""

_PIECE: Final = 256 * 1024


class Line(NamedTuple):
    """A line.

    Attributes:
        start: where in the file it begins.
        data: its bytes without the newline; empty for one that is too long.
    """

    start: int
    data: bytes


def lines(path: Path) -> Iterator[Line]:
    """The lines, the last one first.

    Raises:
        OSError: it cannot be opened or read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        yield from _lines(handle, os.fstat(handle).st_size)
    finally:
        os.close(handle)


def _lines(handle: int, size: int) -> Iterator[Line]:
    held: list[bytes] = []  # of the line whose beginning was not found yet, its end first
    length = 0
    for start, piece in _pieces(handle, size):
        end = len(piece)
        while (newline := piece.rfind(b"\n", 0, end)) >= 0:
            part = piece[newline + 1 : end]
            yield Line(start + newline + 1, _joined(held, part, length))
            held, length, end = [], 0, newline
        length += end
        if length <= LONGEST:
            held.append(piece[:end])
        else:
            held.clear()
    yield Line(0, _joined(held, b"", length))


def _joined(held: list[bytes], part: bytes, length: int) -> bytes:
    if length + len(part) > LONGEST:
        return b""
    return b"".join((part, *reversed(held)))


def _pieces(handle: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Where a piece begins and its bytes, the last piece first; one that was cut off has fewer."""
    end = size
    while end > 0:
        start = max(end - _PIECE, 0)
        yield start, os.pread(handle, end - start, start)
        end = start
