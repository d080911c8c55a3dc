"""What waits is written by few statements, and nothing is asked that must be answered no."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitstore import Cursor, Line, Since, canonical
from thrum import events
from thrum.clock import format_ns
from thrum.daemon.projection import schema
from thrum.daemon.projection.pending import MOST_IN_ONE, insert_rows
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.rebuild import fill
from thrum.daemon.projection.tables import Tables

MESSAGES = 640


def message(number: int) -> Line:
    author = f"agent{number % 3}"
    event = events.MessageCreate(
        message_id=f"msg_{number:026}", agent_id=author, body=events.Body("hello"), recipients=["b"]
    )
    event.timestamp, event.event_id, event.v = format_ns(number), f"evt_{number:026}", 1
    return Line(f"messages/{author}.jsonl", 0, canonical(event))


class History:
    """A log whose files hold their lines in turn."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = sorted(lines)

    def since(self, cursor: Cursor | None) -> Since:
        assert cursor is None
        return Since(iter(self.lines), Cursor("tip", "", 0))


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def db(tmp_path: Path, asked: list[str]) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(tmp_path / "messages.db", isolation_level=None)
    schema.create(db, "2026-01-01T00:00:00Z", bare=True)
    db.set_trace_callback(asked.append)
    yield db
    db.close()


@pytest.mark.parametrize("count", [0, 1, 2, 7, MOST_IN_ONE, MOST_IN_ONE + 1, 5 * MOST_IN_ONE + 3])
def test_all_rows_arrive_in_their_order(
    db: sqlite3.Connection, asked: list[str], count: int
) -> None:
    rows = [(f"evt_{number}", "msg_1") for number in range(count)]
    insert_rows(db, "INSERT OR IGNORE INTO parked_events VALUES (?, ?)", rows)
    assert len(asked) <= count // MOST_IN_ONE + MOST_IN_ONE.bit_length()
    assert sorted(db.execute("SELECT * FROM parked_events").fetchall()) == sorted(rows)


def test_a_build_executes_few_statements_and_looks_for_nothing(
    db: sqlite3.Connection, asked: list[str]
) -> None:
    fill(db, History([message(number) for number in range(MESSAGES)]), None)
    asked = [each for each in asked if not each.lstrip().startswith("CREATE")]
    about = [each for each in asked if "messages" in each or "events" in each]
    assert len([each for each in about if each.lstrip().startswith("INSERT")]) <= MESSAGES // 10
    assert not [each for each in about if "json_each" in each or "WHERE message_id =" in each]
    assert db.execute("SELECT count(*) FROM messages").fetchone() == (MESSAGES,)
    assert db.execute("SELECT count(*) FROM message_deliveries").fetchone() == (2 * MESSAGES,)


def test_ids_that_are_not_above_all_others_are_looked_for(
    db: sqlite3.Connection, asked: list[str]
) -> None:
    tables = Tables.read(db)
    take(tables, [message(1), message(9)])
    asked.clear()
    assert len(take(tables, [message(10), message(11)]).events) == 2
    assert not [each for each in asked if "json_each" in each]
    assert len(take(tables, [message(5), message(9), message(11), message(12)]).events) == 2
    assert [each for each in asked if "json_each" in each]
    found = db.execute("SELECT message_id FROM messages ORDER BY message_id").fetchall()
    assert found == [(f"msg_{number:026}",) for number in (1, 5, 9, 10, 11, 12)]


def test_what_is_rolled_back_may_come_again(db: sqlite3.Connection) -> None:
    tables = Tables.read(db)
    db.execute("BEGIN")
    assert len(take(tables, [message(1)]).events) == 1
    tables.undo()
    assert len(take(tables, [message(1)]).events) == 1
    assert len(take(tables, [message(1)]).events) == 0
