"""What lies unread in an inbox, by id."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.thrum.daemon.projection.queries.asked import IDS, at, read, sent
from thrum import events
from thrum.daemon.projection.queries import unread
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def seen(number: int, agent_id: str) -> events.MessageReceipt:
    """A receipt that says no more than that the agent saw the message."""
    return events.MessageReceipt(
        message_id=IDS[number],
        agent_id=agent_id,
        receipt_type="seen",
        timestamp=at(500 + number),
        event_id=f"evt_seen_{number}_{agent_id}",
    )


def test_the_oldest_first_with_whether_it_was_seen(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "cy"), sent(2, "ann"), sent(3, "bob", "bob"))
    put(sent(4, "cy", "bob"), read(4, "bob"), seen(2, "bob"), seen(0, "cy"))
    found = unread.unread(team.db, "bob")
    assert list(found.items()) == [(IDS[0], False), (IDS[2], True)]
    assert list(unread.unread(team.db, "cy")) == [IDS[1], IDS[2]]
    assert unread.unread(team.db, "nobody") == {}


def test_of_those_that_were_seen_the_newest_with_when(team: Tables, put: Put) -> None:
    put(*(sent(number, "ann", "bob") for number in range(5)))
    put(read(1, "bob"), *(seen(number, "bob") for number in (0, 1, 2, 3)), seen(4, "cy"))
    assert unread.seen(team.db, "bob", 9) == {IDS[each]: at(500 + each) for each in (0, 2, 3)}
    assert list(unread.seen(team.db, "bob", 2)) == [IDS[2], IDS[3]]


def test_of_some_messages_those_that_lie_unread(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "cy"), sent(2, "ann"), sent(3, "bob", "bob"))
    put(sent(4, "cy", "bob"), read(4, "bob"), seen(2, "bob"))
    asked = ["msg_none", *reversed(IDS[:5]), IDS[0]]
    assert unread.among(team.db, "bob", asked) == unread.unread(team.db, "bob")
    assert unread.among(team.db, "bob", IDS[2:5]) == {IDS[2]: True}
    assert unread.among(team.db, "bob", []) == {}


def test_of_very_many_the_newest(team: Tables, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "MOST", 2)
    put(*(sent(number, "ann", "bob") for number in range(4)))
    assert list(unread.unread(team.db, "bob")) == [IDS[2], IDS[3]]


def test_an_index_answers_it(team: Tables) -> None:
    plan = team.db.execute(
        "EXPLAIN QUERY PLAN SELECT message_id, seen_at IS NOT NULL FROM message_deliveries"
        " WHERE recipient_agent_id = 'bob' AND inbox = 1 AND read_at IS NULL"
        " ORDER BY delivered_at DESC, message_id DESC LIMIT 5"
    ).fetchall()
    assert "idx_message_deliveries_unread" in plan[0][3]
    assert not any("TEMP B-TREE" in row[3] for row in plan)
