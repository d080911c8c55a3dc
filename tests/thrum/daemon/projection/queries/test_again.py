"""What somebody did already under a name."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import IDS, at, sent
from thrum import events
from thrum.daemon.projection.queries.again import done
from thrum.daemon.projection.tables import Tables

CY = events.Called("user:cy", "x")


def receipt(number: int, second: int, called: events.Called | None) -> events.MessageReceipt:
    return events.MessageReceipt(
        message_id=IDS[number],
        agent_id="user:cy",
        receipt_type="read",
        called=called,
        timestamp=at(second),
        event_id=f"evt_{number}",
    )


def test_it_is_found_by_who_and_name_and_since_when(
    tables: Tables, put: Callable[..., None]
) -> None:
    put(
        sent(9, "ann", idempotency_key="x"),
        receipt(2, 60, CY),
        receipt(1, 50, CY),
        receipt(3, 70, events.Called("ann", "y")),
        receipt(4, 80, None),
    )
    assert [each.event_id for each in done(tables.db, "user:cy", "x", "")] == ["evt_1", "evt_2"]
    assert [each.event_id for each in done(tables.db, "user:cy", "x", at(50))] == ["evt_2"]
    assert [each.event_id for each in done(tables.db, "ann", "x", "")] == ["evt_9"]
    assert done(tables.db, "ann", "", "") == done(tables.db, "bob", "x", "") == []
    (plan,) = tables.db.execute(
        "EXPLAIN QUERY PLAN SELECT event_json FROM events WHERE called = 'x' AND timestamp > ''"
    ).fetchall()
    assert "idx_events_called" in plan[3]
