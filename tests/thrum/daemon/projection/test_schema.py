"""The tables: what is declared is made, and what is local is told from what events say."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.projection import schema


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
    bare.executescript(schema.LATE_INDEXES + schema.TRIGGERS)
    definitions = "SELECT name, sql FROM sqlite_master ORDER BY name"
    assert bare.execute(definitions).fetchall() == db.execute(definitions).fetchall()


def test_local_tables_and_columns_are_there(db: sqlite3.Connection) -> None:
    sqlites_own = {"sqlite_sequence", "sqlite_stat1"}
    assert schema.LOCAL_TABLES - sqlites_own <= made(db)
    for table, columns in schema.LOCAL_COLUMNS.items():
        assert table not in schema.LOCAL_TABLES
        present = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
        assert columns < present, table


places = st.sampled_from([0, 1, 2, 3])
agents = st.sampled_from(["ann", "bob"])
moves = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 3), agents, places, st.booleans()),
        st.tuples(st.just("drop"), st.integers(0, 3), agents),
        st.tuples(st.just("read"), st.integers(0, 3), agents),
        st.tuples(st.just("delete"), st.integers(0, 3)),
    ),
    max_size=25,
)


def move(db: sqlite3.Connection, step: tuple[object, ...]) -> None:
    match step:
        case ("put", number, agent, place, read):
            at = "2026" if read else None
            db.execute(
                "DELETE FROM message_deliveries WHERE message_id = ? AND recipient_agent_id = ?",
                (number, agent),
            )
            db.execute(
                "INSERT INTO message_deliveries VALUES (?, ?, '', ?, ?, '', ?)",
                (number, agent, at, at, place),
            )
        case ("drop", number, agent):
            db.execute(
                "DELETE FROM message_deliveries WHERE message_id = ? AND recipient_agent_id = ?",
                (number, agent),
            )
        case ("read", number, agent):
            db.execute(
                "UPDATE message_deliveries SET read_at = '2026' WHERE message_id = ?"
                " AND recipient_agent_id = ?",
                (number, agent),
            )
        case ("delete", number):
            db.execute(
                "UPDATE message_deliveries SET inbox = 2 WHERE message_id = ? AND inbox IN (1, 3)",
                (number,),
            )


@given(moves)
def test_triggers_count_what_counting_gives(steps: list[tuple[object, ...]]) -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db, "")
    for step in steps:
        move(db, step)
    kept = db.execute("SELECT * FROM inbox_counts ORDER BY 1").fetchall()
    db.execute("DELETE FROM inbox_counts")
    db.executescript(schema.COUNT_AGAIN)
    assert kept == db.execute("SELECT * FROM inbox_counts ORDER BY 1").fetchall()
    db.close()
