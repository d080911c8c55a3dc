"""Numbers of messages: they grow with time, and each is given once."""

from __future__ import annotations

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from thrum.clock import format_ns
from thrum.daemon.projection.search.rows import BITS, MOST_KEPT, Rows, millisecond
from thrum.daemon.projection.tables import Tables


def at(millisecond: int) -> str:
    return format_ns(millisecond * 1_000_000)


@given(st.lists(st.integers(0, 5), max_size=30))
def test_they_grow_with_time(moments: list[int]) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE messages (row INTEGER PRIMARY KEY)")
    rows = Rows()
    given_ = []
    for moment in moments:
        row = rows.free(db, at(moment))
        assert row >> BITS == moment
        given_.append(row)
        if row % 3:
            db.execute("INSERT INTO messages VALUES (?)", (row,))
    assert len(set(given_)) == len(given_)


def test_what_does_not_fit_into_a_millisecond_goes_to_the_next(tables: Tables) -> None:
    found = [tables.free_row(at(7)) for _ in range(600)]
    later = tables.free_row(at(8))
    assert len({*found, later}) == 601
    assert max(found) >> BITS == 9


def test_they_go_on_above_what_is_in_the_tables(tables: Tables) -> None:
    first = tables.free_row(at(7))
    tables.db.execute(
        "INSERT INTO messages (row, message_id, agent_id, session_id, created_at, body_format,"
        " body_content, event_id) VALUES (?, 'msg_1', 'ann', '', ?, 'plain', 'x', '')",
        (first, at(7)),
    )
    tables.rows.reload(tables.db)
    assert tables.free_row(at(7)) == first + 1
    assert tables.free_row(at(6)) < first


def test_only_the_last_ones_are_kept(tables: Tables) -> None:
    rows = [tables.free_row(at(n)) for n in range(MOST_KEPT + 10)]
    assert rows == sorted(set(rows))
    assert tables.free_row(at(MOST_KEPT + 9)) == rows[-1] + 1


def test_times_of_other_forms_are_read_too() -> None:
    assert millisecond("2026-01-01T00:00:00Z") == millisecond("2026-01-01T00:00:00.000000000Z")
