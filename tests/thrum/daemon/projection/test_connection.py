"""Connections: one writes, the others cannot, whatever they try."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from thrum.daemon.projection import connection, schema


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database in a folder whose name means something in a URI."""
    folder = tmp_path / "a?mode=rwc#b %41ü"
    folder.mkdir()
    path = folder / "messages.db"
    db = connection.writer(path)
    db.execute("PRAGMA journal_mode = WAL")
    schema.create(db, "2026-01-01T00:00:00Z")
    db.close()
    return path


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM schema_version",
        "CREATE TABLE more (x)",
        "PRAGMA user_version = 7",
        "DROP TABLE messages",
        "BEGIN IMMEDIATE",
    ],
)
def test_a_reader_cannot_write(path: Path, statement: str) -> None:
    before = path.read_bytes()
    db = connection.reader(path)
    with pytest.raises(sqlite3.OperationalError, match=r"readonly|read-only"):
        db.execute(statement)
    db.execute("PRAGMA query_only = OFF")  # the file itself is opened for reading
    with pytest.raises(sqlite3.OperationalError, match=r"readonly|read-only"):
        db.execute("DELETE FROM schema_version")
    db.close()
    assert path.read_bytes() == before
    assert sorted(each.name for each in path.parent.parent.glob("*")) == sorted(
        ["home-of-test", path.parent.name]
    )


def test_a_reader_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        connection.reader(tmp_path / "absent.db")
    assert not (tmp_path / "absent.db").exists()


def test_a_reader_sees_what_is_committed_and_nothing_of_what_is_not(path: Path) -> None:
    writer, reader = connection.writer(path), connection.reader(path)
    versions = "SELECT count(*) FROM schema_version"
    writer.execute("BEGIN")
    writer.execute("INSERT INTO schema_version VALUES (99, '')")
    assert reader.execute(versions).fetchone() == (1,)
    writer.execute("COMMIT")
    assert reader.execute(versions).fetchone() == (2,)
    writer.close()
    reader.close()


def test_the_writer_begins_nothing_by_itself(path: Path) -> None:
    db = connection.writer(path)
    db.execute("INSERT INTO schema_version VALUES (99, '')")
    assert not db.in_transaction
    db.close()


def test_nobody_gives_up_at_once_where_another_is_at_work(path: Path) -> None:
    for db in (connection.writer(path), connection.reader(path)):
        assert db.execute("PRAGMA busy_timeout").fetchone() == (connection.BUSY_MS,)
        db.close()


def test_a_commit_of_the_writer_needs_no_sync_of_its_own(path: Path) -> None:
    """The journal is synced before it: what the database loses is read again from there."""
    db = connection.writer(path)
    assert db.execute("PRAGMA synchronous").fetchone() == (1,)
    db.close()
