"""Events that were stored are found by what they are about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gitstore import Line, canonical
from tests.thrum.daemon.projection.apply.mail import created, edited, read
from tests.thrum.daemon.projection.apply.people import at, grouped, joined, registered, stamp
from thrum import events
from thrum.daemon.projection.apply import stored
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


@pytest.mark.parametrize(
    ("event", "about"),
    [
        (created(1), None),
        (edited("evt_1", 2, "x"), "msg_1"),
        (read("ann", 2), "msg_1"),
        (registered("ann", 1), "ann"),
        (events.AgentUpdate(agent_id="ann"), "ann"),
        (events.SessionStart(session_id="ses_1", agent_id="ann"), "ses_1"),
        (events.SessionEnd(session_id="ses_1"), "ses_1"),
        (grouped("grp_1", "team", 1), stored.ALL_GROUPS),
        (joined("grp_2", "agent", "ann", 1), stored.ALL_GROUPS),
        (events.PurgeExecuted(cutoff=at(1)), None),
        (events.UnknownEvent(type="weather.report"), None),
    ],
)
def test_what_an_event_is_about(event: events.KnownEvent, about: str | None) -> None:
    assert stored.subject(event) == about


def test_events_of_a_type_or_a_base_come_in_their_order(tables: Tables, put: Put) -> None:
    put(
        created(1),
        edited("evt_c", 12, "third"),
        edited("evt_b", 12, "second"),
        edited("evt_z", 11, "first"),
        read("bob", 13),
        stamp(events.MessageDelete(message_id="msg_2"), 14),
    )
    edits = stored.stored(tables.db, "msg_1", events.MessageEdit)
    assert [event.body.content for event in edits] == ["first", "second", "third"]
    about = stored.stored(tables.db, "msg_1", events.AboutMessage)
    assert [*map(events.type_of, about)] == ["message.edit"] * 3 + ["message.receipt"]  # type: ignore[arg-type]
    assert stored.stored(tables.db, "msg_1", events.AboutAgent) == []
    assert stored.stored(tables.db, "nothing", events.AboutMessage) == []
    ids = [event.event_id for event in stored.stored_by_id(tables.db, ["evt_c", "evt_z", "evt_0"])]
    assert ids == ["evt_z", "evt_c"]
    assert stored.stored_by_id(tables.db, []) == []


def test_an_event_that_was_written_without_an_id_keeps_the_computed_one(tables: Tables) -> None:
    event = registered("ann", 5)
    event.event_id, event.timestamp = "", "2026-01-01T01:00:05+01:00"
    take(tables, [Line("events.jsonl", 0, canonical(event))])
    (found,) = stored.stored(tables.db, "ann", events.AgentRegister)
    assert found.event_id.startswith("evt_")
    assert found.timestamp == at(5)
    assert stored.key(found) == (at(5), found.event_id)


def test_rows_of_snapshots_are_told_by_their_kind(tables: Tables) -> None:
    row = {"message_id": "msg_1", "author_id": "ann", "created_at": at(1), "body": "told"}
    seen = {"message_id": "msg_1", "agent_id": "bob", "read_at": at(2)}
    take(tables, [Line("messages-v2/ann.jsonl", 0, canonical(row))])
    take(tables, [Line("receipts/bob.jsonl", 0, canonical(seen))])
    said, readers = stored.stored_rows(tables.db, "msg_1")
    assert [each.body for each in said] == ["told"]
    assert [each.agent_id for each in readers] == ["bob"]
    assert stored.stored_rows(tables.db, "msg_2") == ([], [])
