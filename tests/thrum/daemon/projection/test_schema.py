"""The tables: what is declared is made, and what is local is told from what events say."""

from __future__ import annotations

import sqlite3

import pytest

from thrum.daemon.projection import counters, schema


@pytest.fixture
def db() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db, "2026-01-01T00:00:00Z")
    return db


def made(db: sqlite3.Connection) -> set[str]:
    rows = db.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    return {name for (name,) in rows}


def test_everything_that_is_declared_is_made_and_stamped(db: sqlite3.Connection) -> None:
    assert made(db) == schema.names()
    assert db.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION_ID,)
    assert db.execute("SELECT * FROM schema_version").fetchall() == [
        (schema.VERSION, "2026-01-01T00:00:00Z")
    ]
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        schema.create(db, "")


def test_what_a_build_leaves_out_comes_at_its_end(db: sqlite3.Connection) -> None:
    bare = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(bare, "2026-01-01T00:00:00Z", bare=True)
    assert made(bare) < made(db)
    bare.executescript(schema.LATE_INDEXES + counters.TRIGGERS)
    definitions = "SELECT name, sql FROM sqlite_master ORDER BY name"
    assert bare.execute(definitions).fetchall() == db.execute(definitions).fetchall()


def test_local_tables_and_columns_are_there(db: sqlite3.Connection) -> None:
    sqlites_own = {"sqlite_sequence", "sqlite_stat1"}
    assert schema.LOCAL_TABLES - sqlites_own <= made(db)
    for table, columns in schema.LOCAL_COLUMNS.items():
        assert table not in schema.LOCAL_TABLES
        present = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
        assert columns < present, table
