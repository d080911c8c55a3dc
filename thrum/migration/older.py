"""The database of an older program: read, never written.

Its columns came one by one, so what a file lacks is empty here. Nothing says that its values are of
the types that were declared; all of them are text when they leave.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum.daemon.projection import schema
from thrum.errors import ThrumError
from thrum.scratch import scratch

Row = Mapping[str, str]
"""One row by its columns; what is null or lacking is empty."""

MAGIC: Final = b"SQLite format 3\0"
_ID_AT: Final = 68
"""Where the header of a file has its ``application_id``."""

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "events": ("event_id", "event_json"),
    "agents": (
        *("agent_id", "kind", "role", "module", "display", "hostname", "agent_pid"),
        *("registered_at", "origin_daemon"),
    ),
    "sessions": ("session_id", "agent_id", "started_at", "ended_at", "end_reason"),
    "groups": ("group_id", "name", "description", "created_at", "created_by"),
    "group_members": ("group_id", "member_type", "member_value", "added_at", "added_by"),
    "messages": (
        *("message_id", "thread_id", "agent_id", "session_id", "created_at"),
        *("body_format", "body_content", "body_structured"),
        *("deleted", "deleted_at", "delete_reason", "authored_by", "disclosed"),
    ),
    "message_scopes": ("message_id", "scope_type", "scope_value"),
    "message_refs": ("message_id", "ref_type", "ref_value"),
    "message_edits": (
        *("message_id", "edited_at"),
        *("old_content", "new_content", "old_structured", "new_structured"),
    ),
    "message_deliveries": ("message_id", "recipient_agent_id", "seen_at", "read_at"),
    "message_reads": ("message_id", "agent_id", "read_at"),
    "monitors": (
        *("id", "name", "argv", "match_pattern", "target", "cwd", "env", "debounce_seconds"),
        *("created_at", "updated_at", "status", "last_exit_code", "last_exit_at", "schedule"),
    ),
    "telegram_msg_map": ("external_key", "thrum_msg_id", "created_at"),
}
"""What is read of it, by table."""


def is_older(path: Path) -> bool:
    """Whether a file is a database of an older program: SQLite's, and not marked as ours."""
    try:
        with path.open("rb") as file:
            header = file.read(_ID_AT + 4)
    except OSError:
        return False
    mark = int.from_bytes(header[_ID_AT : _ID_AT + 4], "big")
    return header.startswith(MAGIC) and mark != schema.APPLICATION_ID


@dataclass(frozen=True, slots=True)
class OlderDatabase:
    """An open one.

    Attributes:
        version: of its schema; 0 if it says none.
    """

    version: int
    _db: sqlite3.Connection

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table in the order in which they came; none where there is no table.

        Raises:
            ThrumError: ``database``, it cannot be read.
        """
        try:
            has = [str(row[1]) for row in self._db.execute(f"PRAGMA table_info({table})")]
            wanted = [name for name in _COLUMNS[table] if name in has]
            if not wanted:
                return
            empty = dict.fromkeys(_COLUMNS[table], "")
            for row in self._db.execute(f"SELECT {', '.join(wanted)} FROM {table} ORDER BY rowid"):
                yield empty | {name: _text(value) for name, value in zip(wanted, row, strict=True)}
        except sqlite3.Error as error:
            raise unreadable(error) from None


@contextmanager
def opened(path: Path, *, is_live: bool = False) -> Iterator[OlderDatabase]:
    """Opens one for the length of the context.

    Args:
        path: the file; what its write-ahead log holds counts.
        is_live: whether another program works in it.

    Raises:
        ThrumError: as `connected`.
    """
    with connected(path, is_live=is_live) as db:
        yield OlderDatabase(_version(db), db)


@contextmanager
def connected(path: Path, *, is_live: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection to a database of another program, by which nothing is written to its files.

    Args:
        path: the file; what its write-ahead log holds counts.
        is_live: whether that program works in it. Else a copy is read, since whoever opens a
            database and closes it changes its files.

    Raises:
        ThrumError: ``database``, it cannot be read; ``storage``, there is no room for the copy.
    """
    # Without that file whoever reads makes it; then nobody has the database open after all.
    is_live = is_live and path.with_name(f"{path.name}-shm").exists()
    with scratch() as folder:
        try:
            uri = f"{path.as_uri()}?mode=ro" if is_live else _copied(path, folder).as_uri()
        except OSError as error:
            text = f"{path} cannot be copied: {error.strerror or error}"
            todo = "make room, or set TMPDIR to a folder that has some"
            raise ThrumError("storage", text, todo) from None
        try:
            db = sqlite3.connect(uri, uri=True, timeout=5)
        except sqlite3.Error as error:
            raise unreadable(error) from None
        try:
            db.text_factory = _lenient
            yield db
        finally:
            db.close()


def _copied(path: Path, folder: Path) -> Path:
    itself = path.resolve()  # what a link led to would be written to, were the link copied
    for suffix in ("", "-wal"):
        source = itself.with_name(itself.name + suffix)
        if os.path.lexists(source):
            shutil.copyfile(source, folder / f"older.db{suffix}")
    return folder / "older.db"


def _version(db: sqlite3.Connection) -> int:
    try:
        has = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").fetchone()
        row = db.execute("SELECT max(version) FROM schema_version").fetchone() if has else None
    except sqlite3.Error as error:
        raise unreadable(error) from None
    return row[0] if row and isinstance(row[0], int) else 0


def unreadable(error: sqlite3.Error) -> ThrumError:
    """The refusal of a database that makes no sense."""
    return ThrumError(
        "database",
        f"the other program's database cannot be read: {error}",
        "have that program mend it, or take its backup; nothing was changed",
    )


def _lenient(data: bytes) -> str:
    return data.decode(errors="replace")


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return _lenient(value)
    return "" if value is None else str(value)
