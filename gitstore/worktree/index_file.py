"""Writing git's index of a worktree: what ``git status`` compares the files with.

Version 2 of the format, or 3 when an entry has no file (gitformat-index(5)). Written by hand
because libgit2 cannot mark such entries, and with each file's ``stat``, so that git need not read
the files.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from gitstore import durable

_HEAD: Final = struct.Struct(">4sLL")
_FIXED: Final = struct.Struct(">10L20sH")
_EXTENDED: Final = 0x4000
_SKIP_WORKTREE: Final = 0x4000
_LONGEST: Final = 0xFFF
_WORD: Final = 0xFFFFFFFF


class Entry(Struct, frozen=True):
    """One file of the index.

    Attributes:
        path: its path, as bytes.
        mode: its mode in the tree.
        blob: its object id in hexadecimal.
        stat: of the file that holds these very bytes; None: git has to look.
        is_absent: whether there shall be no file.
    """

    path: bytes
    mode: int
    blob: str
    stat: os.stat_result | None = None
    is_absent: bool = False


def encode(entries: Iterable[Entry]) -> bytes:
    """The bytes of an index with these entries."""
    ordered = sorted(entries, key=lambda entry: entry.path)
    version = 3 if any(entry.is_absent for entry in ordered) else 2
    parts = [_HEAD.pack(b"DIRC", version, len(ordered)), *map(_encoded, ordered)]
    data = b"".join(parts)
    return data + hashlib.sha1(data, usedforsecurity=False).digest()


def _encoded(entry: Entry) -> bytes:
    flags = min(len(entry.path), _LONGEST)
    times = (0,) * 6
    owner = (0,) * 3
    if entry.stat:
        found = entry.stat
        times = (
            *divmod(found.st_ctime_ns, 10**9),
            *divmod(found.st_mtime_ns, 10**9),
            found.st_dev,
            found.st_ino,
        )
        owner = (found.st_uid, found.st_gid, found.st_size)
    numbers = [number & _WORD for number in (*times, entry.mode, *owner)]
    more = b""
    if entry.is_absent:
        flags |= _EXTENDED
        more = struct.pack(">H", _SKIP_WORKTREE)
    data = _FIXED.pack(*numbers, bytes.fromhex(entry.blob), flags) + more + entry.path
    return data + b"\0" * (8 - len(data) % 8)


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Replaces the index under git's own lock.

    Raises:
        FileExistsError: somebody else holds the lock.
        OSError: the disk refuses; the index is as it was.
    """
    lock = path.with_name(f"{path.name}.lock")
    handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(encode(entries))
            file.flush()
            durable.sync(file.fileno())
        lock.replace(path)
    except BaseException:
        lock.unlink(missing_ok=True)
        raise
