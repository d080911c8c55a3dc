"""Tables in memory, and their contents as one comparable value."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from gitstore import Line, canonical
from thrum import events
from thrum.daemon.projection import schema
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.search import index
from thrum.daemon.projection.tables import Tables

Contents = dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="session")
def empty() -> Callable[[], Tables]:
    """Makes tables that hold nothing: laws want thousands, and a copy is ten times as cheap."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(made, "2026-01-01T00:00:00Z")

    def make() -> Tables:
        db = sqlite3.connect(":memory:", isolation_level=None)
        index.prepare(db)
        made.backup(db)
        db.execute("UPDATE numbering SET epoch = lower(hex(randomblob(6)))")
        return Tables.read(db)

    return make


@pytest.fixture(scope="session")
def contents() -> Callable[[Tables], Contents]:
    """Reads every event-derived table, those of its columns that are, sorted.

    The index must have what the tables have, word for word.
    Work contexts are written by nobody but events here, so they are compared too.
    """

    def read(tables: Tables) -> Contents:
        db = tables.db
        index.check(db)
        found = {}
        for (table,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            if table in schema.LOCAL_TABLES - {"agent_work_contexts"}:
                continue
            local = schema.LOCAL_COLUMNS.get(table, frozenset())
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            wanted = ", ".join(column for column in columns if column not in local)
            found[table] = sorted(db.execute(f"SELECT {wanted} FROM {table}"), key=repr)
        return found

    return read


@pytest.fixture
def tables(empty: Callable[[], Tables]) -> Tables:
    return empty()


@pytest.fixture
def put(tables: Tables) -> Callable[..., None]:
    """Applies events to `tables`, each on its own, in the order given."""

    def apply_each(*given: events.Event) -> None:
        for event in given:
            assert take(tables, [Line("events.jsonl", 0, canonical(event))]).bad == 0

    return apply_each
