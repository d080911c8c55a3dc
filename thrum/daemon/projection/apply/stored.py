"""Events that are in the event table already, read back to settle what they are about."""

from __future__ import annotations

import sqlite3

from thrum import events
from thrum.daemon.projection.facts import Event, Key, check

ALL_GROUPS = "groups"
"""The subject of every group event: a name may move between group ids, so all settle together."""


def subject(event: Event) -> str | None:
    """What the event is settled with; ``None`` for what nothing is looked up by."""
    match event:
        case events.MessageEdit() | events.MessageDelete() | events.MessageReceipt():
            return event.message_id
        case events.AgentRegister() | events.AgentUpdate() | events.AgentCleanup():
            return event.agent_id
        case events.SessionStart() | events.SessionEnd():
            return event.session_id
        case (
            events.GroupCreate()
            | events.GroupDelete()
            | events.GroupMemberAdd()
            | events.GroupMemberRemove()
            | events.GroupUpdate()
        ):
            return ALL_GROUPS
        case _:
            return None


def key(event: Event) -> Key:
    """Time and id: where the event stands in the order in which later ones win."""
    return (event.timestamp, event.event_id)


def stored(db: sqlite3.Connection, about: str, *types: str) -> list[Event]:
    """The events about that subject of those types, in their order."""
    marks = ", ".join("?" * len(types))
    return _read(
        db,
        "SELECT event_json, timestamp, event_id FROM events"  # noqa: S608
        f" WHERE subject = ? AND type IN ({marks}) ORDER BY timestamp, event_id",
        (about, *types),
    )


def stored_by_id(db: sqlite3.Connection, event_ids: list[str]) -> list[Event]:
    """The events with those ids, in their order."""
    marks = ", ".join("?" * len(event_ids))
    return _read(
        db,
        "SELECT event_json, timestamp, event_id FROM events"  # noqa: S608
        f" WHERE event_id IN ({marks}) ORDER BY timestamp, event_id",
        tuple(event_ids),
    )


def _read(db: sqlite3.Connection, sql: str, values: tuple[str, ...]) -> list[Event]:
    found = []
    for text, timestamp, event_id in db.execute(sql, values).fetchall():
        event = events.decode(text.encode())
        event.timestamp = timestamp
        event.event_id = event_id
        check(event)
        found.append(event)
    return found
