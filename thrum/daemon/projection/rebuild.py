"""Building the database from the log: into a file beside it, renamed when it is whole.

So there is never a half-built ``messages.db``, whenever the process is killed. Lines are sorted
before they are applied (see `sorting`), in memory that does not grow with the log; most indexes and
the counters are made at the end, in one go.
"""

from __future__ import annotations

import gc
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

from msgspec import Struct

from gitstore import Cursor, Line, Since
from thrum import platform
from thrum.clock import format_seconds
from thrum.daemon.projection import counters, numbering, schema
from thrum.daemon.projection.apply import withholding
from thrum.daemon.projection.gate import Gate
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.search import index
from thrum.daemon.projection.sorting import in_order
from thrum.daemon.projection.tables import Tables

Progress = Callable[[int, int], None]
"""Told how many lines are done, of how many; 0 of all while they are still being counted."""


class Readable(Protocol):
    """What a rebuild needs of a log: an open one and a snapshot both have it."""

    def since(self, cursor: Cursor | None) -> Since:
        """The lines that a reader with this cursor has not seen."""
        ...


class Replaced(Protocol):
    """A database whose place a new one takes."""

    def carry_over(self, db: sqlite3.Connection) -> None:
        """Tells the new one what no event says."""
        ...

    def make_way(self) -> None:
        """Takes away what would be in the new one's way."""
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


def build(
    database: Path,
    log: Readable,
    now_ns: int,
    progress: Progress | None = None,
    promised: int = 0,
    replaced: Replaced | None = None,
    gate: Gate | None = None,
) -> None:
    """Makes the database anew from branch and journal.

    Args:
        promised: events are numbered above this, see `numbering`.
        replaced: what stands in its place until it is whole; nothing may if this is None.
        gate: says which events count; None: all of them do.
    """
    building = database.with_name(f"{database.name}.building")
    discard(building)
    os.close(os.open(building, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    db = sqlite3.connect(building, isolation_level=None, cached_statements=256)
    try:
        db.executescript(_FILLING)
        schema.create(db, format_seconds(now_ns), bare=True)
        numbering.begin_above(db, promised)
        fill(db, log, progress, gate)
        if replaced:
            replaced.carry_over(db)
        db.executescript("PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL;")
    except BaseException:
        db.close()
        discard(building)  # where there is no room, it would take what is left
        raise
    db.close()
    if replaced:
        replaced.make_way()
    _install(building, database)


def fill(
    db: sqlite3.Connection, log: Readable, progress: Progress | None, gate: Gate | None = None
) -> None:
    """Fills empty tables with everything that the log holds."""
    tell = progress or (lambda done, total: None)
    since = log.since(None)
    counted = _Counted(since.lines, tell)
    lines = in_order(counted)
    tables = Tables.read(db)
    tables.gate, tables.is_indexed = gate, False
    withholding.keep_rule(db, gate)
    done = 0
    db.execute("BEGIN")
    with _without_collector():
        while portion := list(islice(lines, CHUNK)):
            take(tables, portion, keep_events=False)
            done += len(portion)
            tell(done, counted.total)
    db.execute("COMMIT")
    # Counted first, in the order of the tables: an index would be followed row by row.
    db.executescript(counters.COUNT_AGAIN + schema.LATE_INDEXES + counters.TRIGGERS)
    index.fill(db)
    store_cursor(db, since.cursor)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Spares the search for rings: lines and rows hold none, and it takes a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Counted(Struct):
    """Lines that are counted while they are read."""

    lines: Iterator[Line]
    tell: Progress
    total: int = 0

    def __iter__(self) -> Iterator[Line]:
        for line in self.lines:
            self.total += 1
            if self.total % CHUNK == 0:
                self.tell(0, self.total)
            yield line
        self.tell(0, self.total)


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
            platform.sync(handle)
        finally:
            os.close(handle)
        if path is building:
            building.rename(database)
