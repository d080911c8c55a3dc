"""Messages as lists show them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.thrum.daemon.projection.queries.asked import IDS, at, read, sent
from thrum import events
from thrum.daemon.projection.queries import rows
from thrum.daemon.projection.queries.rows import COLUMNS, READ, Where, as_row
from thrum.daemon.projection.tables import Tables
from thrum.events import Body, Pair

Put = Callable[..., None]


@given(st.integers(0, 10**6), st.integers(1, 100))
def test_pages_hold_all_and_none_is_empty(total: int, size: int) -> None:
    count = rows.pages(total, size)
    assert count * size >= total > (count - 1) * size or (total, count) == (0, 0)


def test_conditions_and_their_values_stay_together(tables: Tables) -> None:
    where = Where()
    assert where.sql() == ""
    where.add("? < ?", 1, 2)
    where.add("3 = ?", 3)
    assert tables.db.execute(f"SELECT 'yes'{where.sql()}", where.values).fetchone() == ("yes",)
    where.add("? = 5", 4)
    assert tables.db.execute(f"SELECT 'yes'{where.sql()}", where.values).fetchone() is None


def test_a_row_leaves_out_nothing_and_reads_nothing_into_it(team: Tables, put: Put) -> None:
    body = events.Body("text", format="json", structured='{"a":1}')
    put(sent(0, "ann", "bob", body=body, authored_by="user:dan", disclosed=True))
    put(sent(1, "ann", refs=[Pair("reply_to", IDS[0])], body=events.Body("x")), read(0, "bob"))
    found = [
        as_row(values, bool(values[-1]))
        for values in team.db.execute(
            f"SELECT {COLUMNS}, {READ} FROM messages m ORDER BY m.created_at", ("bob",)
        )
    ]
    first, second = found
    assert (first.body, first.is_read) == (body, True)
    assert (first.authored_by, first.disclosed, first.session_id) == ("user:dan", True, "ses_1")
    assert first.thread_id == f"thr_{IDS[0][4:]}" == second.thread_id
    assert (second.reply_to, second.is_read, second.body.structured) == (IDS[0], False, "")
    assert first.refs is None
    rows.add_pairs(team.db, found)
    assert first.refs == [Pair("mention", "bob")]
    assert second.refs == [Pair("reply_to", IDS[0])]
    assert second.scopes is None
    rows.add_pairs(team.db, [])


def test_the_authors_own_copy_reached_nobody(team: Tables, put: Put) -> None:
    put(sent(0, "bob", "dev"), read(0, "ann"))
    (found,) = rows.recipients(team.db, IDS[0], "bob")
    assert (found.agent_id, found.delivered_at, found.read_at) == ("ann", at(100), at(200))
    assert [each.agent_id for each in rows.recipients(team.db, IDS[0], "")] == ["ann", "bob"]


@pytest.mark.parametrize(
    ("refs", "scopes", "expected"),
    [
        (None, None, [Pair("broadcast", "everyone")]),
        ([Pair("mention", "bob")], None, [Pair("agent", "bob")]),
        ([Pair("mention", "dev")], [], [Pair("mention", "dev")]),
        (
            [Pair("group", "g"), Pair("mention", "bob"), Pair("mention", "bob")],
            [Pair("group", "g")],
            [Pair("agent", "bob"), Pair("group", "g")],
        ),
        ([Pair("reply_to", "x")], [Pair("topic", "y")], [Pair("broadcast", "everyone")]),
    ],
)
def test_to_whom_a_message_was_addressed(
    team: Tables, refs: list[Pair] | None, scopes: list[Pair] | None, expected: list[Pair]
) -> None:
    row = rows.Row("m", "a", Body("markdown", ""), "", False, False, refs=refs, scopes=scopes)
    other = rows.Row(
        "n", "a", Body("markdown", ""), "", False, False, refs=[Pair("mention", "ann")]
    )
    rows.add_audiences(team.db, [row, other])
    assert row.audiences == expected
    assert other.audiences == [Pair("agent", "ann")]


RECEIPTS = (
    ("seen", at(300), "evt_3", "hook"),
    ("seen", at(300), "evt_2", "pane"),
    ("read", at(400), "evt_4", "mcp"),
    ("seen", at(280), "evt_6", "x" * 21),
)
"""Of one recipient, as several clones may have written them."""


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_by_what_it_came_is_what_the_earliest_says_in_whatever_order_they_come(
    team: Tables, put: Put, order: tuple[int, ...]
) -> None:
    late = [
        events.MessageReceipt(
            message_id=IDS[0],
            agent_id="bob",
            receipt_type=kind,
            timestamp=when,
            event_id=event_id,
            way=way,
        )
        for kind, when, event_id, way in (RECEIPTS[each] for each in order)
    ]
    put(late[0], sent(0, "ann", "bob"), *late[1:], read(0, "cat"))
    (found,) = rows.recipients(team.db, IDS[0], "ann")
    assert (found.state, found.offered_by) == ("read", "pane")
    assert (found.seen_at, found.read_at) == (at(280), at(400))


def test_what_nobody_saw_is_stored(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"))
    (found,) = rows.recipients(team.db, IDS[0], "ann")
    assert (found.state, found.offered_by, found.seen_at) == ("stored", "", "")
