"""The file takes over its log by the work of a thread, and all of it where that is asked."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from thrum.daemon.projection.checkpoints import (
    CHANGES_OF_PAGE,
    DUE,
    PAGES_OF_COMMIT,
    Checkpoints,
    settle,
)

ROWS = 500


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


@pytest.fixture
def db(database: Path) -> Iterator[sqlite3.Connection]:
    """A database with a log that nobody but we have it take over."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("CREATE TABLE rows (text TEXT)")
        db.executemany("INSERT INTO rows VALUES (?)", [("x" * 1000,)] * ROWS)
        yield db


def test_nothing_is_done_before_it_is_worth_it(database: Path, db: sqlite3.Connection) -> None:
    size = database.stat().st_size
    checkpoints = Checkpoints(database)
    before = threading.active_count()
    for _ in range(DUE // PAGES_OF_COMMIT - 1):
        checkpoints.grows(0)
    assert threading.active_count() == before
    checkpoints.close()
    assert (checkpoints.taken, database.stat().st_size) == (0, size)


@pytest.mark.parametrize("changes", [0, DUE * CHANGES_OF_PAGE])
def test_the_file_takes_over_what_is_committed(
    database: Path, db: sqlite3.Connection, changes: int
) -> None:
    checkpoints = Checkpoints(database)
    for _ in range(1 if changes else DUE // PAGES_OF_COMMIT + 1):
        checkpoints.grows(changes)
    checkpoints.close()
    assert checkpoints.taken == 1
    alone = database.with_name("alone.db")
    alone.write_bytes(database.read_bytes())  # without its log
    with closing(sqlite3.connect(alone)) as copy:
        assert copy.execute("SELECT count(*) FROM rows").fetchone() == (ROWS,)


def test_a_database_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    database = tmp_path / "none.db"
    checkpoints = Checkpoints(database)
    database.write_text("no database at all, but long enough to be looked at as one\n" * 100)
    for number in (1, 2):
        checkpoints.grows(number * DUE * CHANGES_OF_PAGE)
    checkpoints.close()
    assert checkpoints.taken == 0


def test_all_of_it_is_taken_over_once_nobody_reads(database: Path, db: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM rows").fetchone()
        db.execute("INSERT INTO rows VALUES ('later')")
        db.execute("PRAGMA busy_timeout = 0")
        assert not settle(db, patience_s=0.05)
        reader.execute("COMMIT")
    assert settle(db)
    assert database.with_name("some.db-wal").stat().st_size == 0
