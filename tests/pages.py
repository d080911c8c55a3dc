"""The pages of memory that a process consists of: a fork copies their table, an end takes it apart.

Of what a short command costs whose process was forked, that was a half.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LARGE: Final = 2 << 20
"""Bytes of a large one, where a small one has 4096."""

_MAPS: Final = Path("/proc/self/maps")
_OURS: Final = re.compile(r"^(\w+)-(\w+) rw\S* \S+ \S+ 0 *(?:\[heap\])?$", re.M)
"""A stretch of memory that is no file's."""

_MADV_COLLAPSE: Final = 25
"""As `madvise` is told, of Linux 6.1 and later, to make small ones large; others refuse."""


def join() -> None:
    """Has this process consist of large pages, where the system knows any and has them."""
    if not _MAPS.exists():
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for start in _whole():
        madvise(start, LARGE, _MADV_COLLAPSE)  # where it is refused, small ones do


def _whole() -> Iterator[int]:
    """Where large pages have room."""
    for first, last in _OURS.findall(_MAPS.read_text()):
        begin = -(-int(first, 16) // LARGE) * LARGE
        yield from range(begin, int(last, 16) // LARGE * LARGE, LARGE)
