"""Building the database from the log: into a file beside it, renamed when it is whole.

So there is never a half-built ``messages.db``, whenever the process is killed. Lines are staged
in a temporary table and applied in order of time, so memory does not grow with the log; most
indexes and the counters are made at the end, in one go.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

from gitstore import Cursor, Line, Since
from thrum.clock import format_seconds
from thrum.daemon.projection import schema
from thrum.daemon.projection.reading import SORTED_LINES, stage, take
from thrum.daemon.projection.tables import Tables

Progress = Callable[[int, int], None]
"""Told how many lines are done, of how many; 0 of all while they are still being counted."""


class Readable(Protocol):
    """What a rebuild needs of a log: an open one and a snapshot both have it."""

    def since(self, cursor: Cursor | None) -> Since:
        """The lines that a reader with this cursor has not seen."""
        ...


CHUNK: Final = 1024
"""Lines that are in memory at once."""

_FILLING: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -8192;
"""


def build(database: Path, log: Readable, now_ns: int, progress: Progress | None = None) -> None:
    """Makes the database anew from branch and journal. Nothing may stand in its place."""
    building = database.with_name(f"{database.name}.building")
    discard(building)
    os.close(os.open(building, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    db = sqlite3.connect(building, isolation_level=None, cached_statements=256)
    try:
        db.executescript(_FILLING)
        schema.create(db, format_seconds(now_ns), bare=True)
        fill(db, log, progress)
        db.executescript("PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL;")
    finally:
        db.close()
    _install(building, database)


def fill(db: sqlite3.Connection, log: Readable, progress: Progress | None) -> None:
    """Fills empty tables with everything that the log holds."""
    tell = progress or (lambda done, total: None)
    since = log.since(None)
    with _staging() as staging:
        total = _stage_all(staging, iter(since.lines), tell)
        _apply_all(db, staging, lambda done: tell(done, total))
    db.executescript(schema.LATE_INDEXES + schema.TRIGGERS + schema.COUNT_AGAIN)
    store_cursor(db, since.cursor)


@contextmanager
def _staging() -> Iterator[sqlite3.Connection]:
    """A database for lines that are to be sorted: in memory as far as it is small."""
    staging = sqlite3.connect("", isolation_level=None)
    try:
        staging.executescript(_FILLING + schema.STAGED_APART)
        yield staging
    finally:
        staging.close()


def _stage_all(
    staging: sqlite3.Connection, lines: Iterator[Line], tell: Callable[[int, int], None]
) -> int:
    total = 0
    staging.execute("BEGIN")
    while seen := stage(staging, islice(lines, CHUNK)):
        total += seen
        tell(0, total)
    staging.execute("COMMIT")
    return total


def _apply_all(
    db: sqlite3.Connection, staging: sqlite3.Connection, tell: Callable[[int], None]
) -> None:
    tables = Tables.read(db)
    sorted_lines = staging.execute(SORTED_LINES)
    done = 0
    db.execute("BEGIN")
    while rows := sorted_lines.fetchmany(CHUNK):
        take(tables, map(Line._make, rows), keep_events=False)
        done += len(rows)
        tell(done)
    tables.db.execute("COMMIT")


def store_cursor(db: sqlite3.Connection, cursor: Cursor) -> None:
    """Notes up to where the log has been read."""
    db.execute("INSERT OR REPLACE INTO log_cursor VALUES (1, ?)", (cursor.to_text(),))


def read_cursor(db: sqlite3.Connection) -> Cursor | None:
    """Up to where the log has been read; ``None``: from its beginning."""
    row = db.execute("SELECT position FROM log_cursor").fetchone()
    try:
        return Cursor.from_text(row[0]) if row else None
    except ValueError:
        return None


def parts(database: Path) -> list[Path]:
    """The files of a database that are there: itself, write-ahead log and shared memory."""
    names = [database.with_name(database.name + suffix) for suffix in ("", "-wal", "-shm")]
    return [path for path in names if path.exists()]


def discard(database: Path) -> None:
    """Deletes a database with its side files, if it is there."""
    for path in parts(database):
        path.unlink()
    database.with_name(f"{database.name}-journal").unlink(missing_ok=True)


def _install(building: Path, database: Path) -> None:
    """Moves the finished file into place, durably."""
    for path in (building, database.parent):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if path is building:
            building.rename(database)
