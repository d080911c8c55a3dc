"""Connections: who writes, writes to disk; who reads, cannot write; each is lent to one."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from thrum.daemon.state import connection


@pytest.fixture(params=["state.db", "a?b#c%20d é/state.db"])
def file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """An empty file of ours; its path may hold what means something in an address."""
    path = tmp_path / request.param
    path.parent.mkdir(exist_ok=True)
    connection.empty(path).close()
    return path


def pragma(db: sqlite3.Connection, name: str) -> object:
    return db.execute(f"PRAGMA {name}").fetchone()[0]


def is_open(db: sqlite3.Connection) -> bool:
    try:
        db.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_an_empty_file_is_ours_and_the_users_alone(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    header = file.read_bytes()[:100]
    assert header[68:72] == b"Thrs"
    with closing(connection.reader(file)) as db:
        assert pragma(db, "user_version") == connection.LAYOUT
        assert pragma(db, "page_size") == connection.PAGE
        assert db.execute("SELECT count(*) FROM owners").fetchone() == (0,)


def test_nothing_is_made_over_what_is_there(file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(FileExistsError):
        connection.empty(file)
    assert file.read_bytes() == before
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        connection.empty(link)
    assert not (tmp_path / "elsewhere").exists()


def test_what_is_committed_is_on_disk_and_keys_are_held_to(file: Path) -> None:
    with closing(connection.writer(file)) as db:
        assert pragma(db, "synchronous") == 2  # FULL
        assert pragma(db, "journal_mode") == "wal"
        assert pragma(db, "busy_timeout") == connection.BUSY_MS
        assert pragma(db, "foreign_keys") == 1


def test_neither_makes_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for opener in (connection.writer, connection.reader):
        with pytest.raises(sqlite3.OperationalError):
            opener(folder / "absent.db")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("opener", [connection.writer, connection.reader])
def test_what_is_no_database_is_not_left_open(
    opener: Callable[[Path], sqlite3.Connection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "noise.db"
    path.write_bytes(b"no database at all, and longer than a header has to be" * 9)
    made: list[sqlite3.Connection] = []
    real = sqlite3.connect

    def kept(*arguments: object, **how: object) -> sqlite3.Connection:
        made.append(real(*arguments, **how))  # type: ignore[call-overload]
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", kept)
    with pytest.raises(sqlite3.DatabaseError):
        opener(path)
    assert [is_open(db) for db in made] == [False]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO owners VALUES ('x', 1, '')",
        "DELETE FROM owners",
        "CREATE TABLE x (a)",
        "PRAGMA user_version = 9",
        "VACUUM",
    ],
)
def test_who_reads_cannot_write(file: Path, statement: str) -> None:
    with closing(connection.reader(file)) as db:
        with pytest.raises(sqlite3.OperationalError):
            db.execute(statement)
        # Not even when it allows itself to.
        db.execute("PRAGMA query_only = OFF")
        with pytest.raises(sqlite3.OperationalError):
            db.execute(statement)


def test_a_reader_sees_what_was_committed_and_no_more(file: Path) -> None:
    with closing(connection.writer(file)) as db, closing(connection.reader(file)) as reading:
        count = "SELECT count(*) FROM owners"
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO owners VALUES ('x', 1, '')")
        assert reading.execute(count).fetchone() == (0,)
        db.execute("COMMIT")
        assert reading.execute(count).fetchone() == (1,)
