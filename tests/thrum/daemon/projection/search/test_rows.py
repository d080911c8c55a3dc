"""Numbers of messages: they grow with time, and each is given once."""

from __future__ import annotations

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from thrum.clock import format_ns
from thrum.daemon.projection.search import index
from thrum.daemon.projection.search.rows import MOST_KEPT, TICK_NS, Rows, moment
from thrum.daemon.projection.tables import Tables


def at(number: int) -> str:
    return format_ns(number * TICK_NS)


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.booleans()), max_size=40))
def test_each_is_given_once_and_not_below_its_moment(told: list[tuple[int, bool, bool]]) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE messages (row INTEGER PRIMARY KEY)")
    rows = Rows()
    seen: list[int] = []
    for wanted, is_written, is_begun_anew in told:
        row = rows.free(db, at(wanted))
        assert wanted <= row <= wanted + rows.drift
        assert row not in seen
        # The first that is free, or the end of a stretch that was full once.
        assert row == wanted or row - 1 in seen
        seen.append(row)
        if is_written or is_begun_anew:
            db.executemany("INSERT OR IGNORE INTO messages VALUES (?)", [(each,) for each in seen])
        if is_begun_anew:
            rows.reload(db, rows.drift)


def test_many_of_one_moment_follow_each_other_and_others_come_after(tables: Tables) -> None:
    found = [tables.free_row(at(7)) for _ in range(600)]
    assert found == list(range(7, 607))
    assert tables.free_row(at(9)) == 607
    assert tables.free_row(at(5)) == 5
    assert tables.free_row(at(5)) == 6
    assert tables.free_row(at(5)) == 608
    assert tables.rows.drift == 603
    assert index.drift(tables.db) == 1024


def test_they_go_on_around_what_is_in_the_tables(tables: Tables) -> None:
    for number in (7, 8, 10):
        tables.db.execute(
            "INSERT INTO messages (row, message_id, agent_id, session_id, created_at, body_format,"
            " body_content, event_id) VALUES (?, ?, 'ann', '', ?, 'plain', 'x', '')",
            (number, f"msg_{number}", at(number)),
        )
    tables.rows.reload(tables.db, 0)
    assert [tables.free_row(at(number)) for number in (7, 7, 7, 10, 6)] == [9, 11, 12, 13, 6]


def test_only_the_last_ones_are_kept(tables: Tables) -> None:
    rows = [tables.free_row(at(n)) for n in range(MOST_KEPT + 10)]
    assert rows == list(range(MOST_KEPT + 10))


def test_times_of_other_forms_are_read_too() -> None:
    assert moment("2026-01-01T00:00:00Z") == moment("2026-01-01T00:00:00.000000000Z")
    assert moment("0001-01-01T00:00:00.000000000Z") < 0
