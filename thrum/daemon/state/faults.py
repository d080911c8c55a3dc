"""What SQLite's errors mean for who asked: damage, a disk that refuses, or the asker's own."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final, NamedTuple

from thrum.errors import ThrumError

_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_REFUSED: Final = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


class Refusal(NamedTuple):
    """Why an owner's tables cannot be used: the parts of a `ThrumError`."""

    kind: str
    message: str
    hint: str

    def error(self) -> ThrumError:
        """The error to raise."""
        return ThrumError(self.kind, self.message, self.hint)


def _code(error: BaseException) -> int:
    """SQLite's primary code; 0 where the error is not SQLite's own."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_damage(error: BaseException) -> bool:
    """Whether the error says that the file is damaged."""
    return _code(error) in _DAMAGED or _is_spoiled_text(error)


def _is_spoiled_text(error: BaseException) -> bool:
    """Whether a text is no UTF-8: an error of the module, without a code."""
    return isinstance(error, sqlite3.Error) and "Could not decode to UTF-8" in str(error)


def is_disk(error: BaseException) -> bool:
    """Whether the disk, or another program that holds the file, is to blame."""
    return isinstance(error, OSError) or _code(error) in _REFUSED | _BUSY


def disk(path: Path, error: BaseException) -> Refusal:
    """The disk refuses the file altogether."""
    text = f"{path.name} cannot be used: {error}"
    return Refusal("storage", text, "make room or mend the disk, then restart the daemon")


def damage(path: Path, error: BaseException) -> Refusal:
    """The file was found damaged while in use."""
    # The module quotes the text of the row, which is nobody's but its owner's.
    told = "a text in it is no UTF-8" if _is_spoiled_text(error) else error
    text = f"{path.name} is damaged: {told}"
    todo = "run `thrum daemon restart`: what can be read is carried over into a new file"
    return Refusal("state", text, todo)


def in_use(owner: str, error: BaseException) -> Refusal | None:
    """What an error of a call means; ``None`` when it is the owner's own affair."""
    if _code(error) in _BUSY:
        text = f"another program keeps state.db locked, so {owner} waited in vain"
        return Refusal("busy", text, "end it, or try again soon")
    if is_disk(error):
        text = f"the disk refused to keep {owner}'s facts: {error}; nothing was recorded"
        return Refusal("storage", text, "make room or mend the disk, then try again")
    return None
