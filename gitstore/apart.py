"""Where two trees are not the same, found by their bytes.

A long history has a folder of many thousand files, of which an exchange changes a few. To parse all
of it would take longer than everything else; to compare bytes takes hardly anything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from pygit2.enums import FileMode

Entry = tuple[str, FileMode]
"""Object id and mode of a tree's entry."""

_ENTRY: Final = rb"[0-7]{5,6} [^\0]+\0.{20}"
_ENTRIES: Final = re.compile(rb"(?:" + _ENTRY + rb")*", re.DOTALL)
"""Not possessive: before 3.11.5 Python ends such a match too early (gh-106052)."""
_PARTS: Final = re.compile(rb"([0-7]{5,6}) ([^\0]+)\0(.{20})", re.DOTALL)
_KINDS: Final = {0o040000: FileMode.TREE, 0o120000: FileMode.LINK, 0o160000: FileMode.COMMIT}
_OF_KIND: Final = 0o170000
_EXECUTABLE: Final = 0o100


class Apart(Struct, frozen=True):
    """Two trees, each as whole entries: what both begin with, what differs, what both end with."""

    head: bytes
    one: bytes
    other: bytes
    tail: bytes

    @classmethod
    def of(cls, one: bytes, other: bytes) -> Apart | None:
        """None: one of them is no tree, or has names or modes as git does not write them."""
        if not (_is_whole(one) and _is_whole(other)):
            return None
        head = _end(one, 0, _common(one, other, len(min(one, other, key=len)), from_end=False))
        end, other_end = _ends(one, other, head)
        return cls(one[:head], one[head:end], other[head:other_end], one[end:])


def _ends(one: bytes, other: bytes, head: int) -> tuple[int, int]:
    """Where the entries begin that both end with."""
    most = min(len(one), len(other)) - head
    end = len(one) - _common(one, other, most, from_end=True)
    end = _next(one, _end(one, head, end), end)
    other_end = len(other) - (len(one) - end)
    if _end(other, head, other_end) == other_end:
        return end, other_end
    return len(one), len(other)  # what looks alike is cut in another way


def _common(one: bytes, other: bytes, most: int, *, from_end: bool) -> int:
    """How many bytes both begin with, or end with."""
    low = 0
    while low < most:
        middle = (low + most + 1) // 2
        same = (
            one[len(one) - middle :] == other[len(other) - middle :]
            if from_end
            else one[low:middle] == other[low:middle]
        )
        low, most = (middle, most) if same else (low, middle - 1)
    return low


def _end(data: bytes, start: int, limit: int) -> int:
    """Where the last entry ends that does not go beyond a place; from the start of an entry."""
    found = _ENTRIES.match(data, start, limit)
    assert found
    return found.end()


def _next(data: bytes, at: int, limit: int) -> int:
    """The place itself, or where the entry ends in which it lies; `at` is where one begins."""
    if at == limit:
        return at
    found = _PARTS.match(data, at)
    assert found
    return found.end()


def _is_whole(data: bytes) -> bool:
    return _end(data, 0, len(data)) == len(data)


def parsed(data: bytes) -> dict[str, Entry]:
    """Name to entry of whole entries."""
    return {os.fsdecode(name): (id.hex(), _mode(mode)) for mode, name, id in _PARTS.findall(data)}


def _mode(raw: bytes) -> FileMode:
    """As libgit2 understands it: an old git wrote other permissions, too."""
    number = int(raw, 8)
    plain = FileMode.BLOB_EXECUTABLE if number & _EXECUTABLE else FileMode.BLOB
    return _KINDS.get(number & _OF_KIND, plain)


def replaced(data: bytes, files: Mapping[str, str]) -> bytes | None:
    """A tree with other contents of files that it has, by their ids; None where it lacks one."""
    for name, id in files.items():
        raw = os.fsencode(name)
        at = _place(data, raw)
        if at is None:
            return None
        start, end = at
        data = data[:start] + b"100644 %s\0" % raw + bytes.fromhex(id) + data[end:]
    return data


def _place(data: bytes, name: bytes) -> tuple[int, int] | None:
    """Where the entry of a file stands."""
    at = -1
    while (at := data.find(b" %s\0" % name, at + 1)) >= 0:
        start = at - len(b"100644")
        is_file = data[max(start, 0) : at] in {b"100644", b"100755"}
        # An id may hold any bytes, these as well.
        if is_file and _end(data, 0, start) == start:
            return start, at + len(name) + 22
    return None
