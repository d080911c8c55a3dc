from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from thrum.daemon.projection import schema
from thrum.daemon.projection.guard import refusal


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "messages.db"
    with closing(sqlite3.connect(path)) as db:
        schema.create(db, "")
        db.commit()
    return path


def change(database: Path, sql: str) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "UPDATE schema_version SET version = version - 1",
        "UPDATE schema_version SET version = 'many'",
        "DELETE FROM schema_version",
        "DROP TABLE schema_version",
        "PRAGMA application_id = 7",
    ],
)
def test_only_a_newer_database_is_refused(database: Path, sql: str) -> None:
    change(database, "UPDATE schema_version SET version = 99" if "id" in sql else "SELECT 1")
    change(database, sql)
    assert refusal(database) is None


def test_what_is_no_database_is_none_of_its(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") is None
    (tmp_path / "text").write_text("This is no database. " * 1000)
    assert refusal(tmp_path / "text") is None


def test_a_newer_one_is_refused_with_the_ways_out(database: Path) -> None:
    change(database, "UPDATE schema_version SET version = 99")
    copy = database.with_name("messages.db.pre-migration-v24-20260102T030405Z.bak")
    copy.touch()
    found = refusal(database)
    assert found
    start = f"database schema is version 99, this binary supports up to {schema.VERSION}"
    assert found.message == f"{start} — cannot downgrade"
    assert "no message is lost" in (found.hint or "")
    assert copy.name in (found.hint or "")
