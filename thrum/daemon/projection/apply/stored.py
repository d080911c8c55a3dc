"""Events that are in the event table already, read back to settle what they are about."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, Final, TypeVar, get_args

from thrum import events
from thrum.daemon.projection import called
from thrum.daemon.projection.facts import Event, Key, MessageRow, ReceiptRow, check, interpret

ALL_GROUPS = "groups"
"""The subject of every group event: a name may move between group ids, so all settle together."""

ALL_KEYS = "keys"
"""The subject of every event about a key: which count follows from all of them."""

E = TypeVar("E", bound=events.Event)

_SUBJECTS: Final[dict[type, Callable[[Any], str]]] = events.by_type(
    {
        events.AboutMessage: attrgetter("message_id"),
        events.AboutAgent: attrgetter("agent_id"),
        events.AboutSession: attrgetter("session_id"),
        events.AboutGroup: lambda event: ALL_GROUPS,
        events.AboutKey: lambda event: ALL_KEYS,
        events.AboutClaim: attrgetter("claim_id"),
    }
)


def subject(event: Event) -> str | None:
    """What the event is settled with; ``None`` for what nothing is looked up by."""
    about = _SUBJECTS.get(type(event))
    return about(event) if about else None


def rest(event: Event, text: str) -> tuple[str, str, str, str | None, str | None, str]:
    """An event's row but for its id, as `Tables.add_event` takes it; text: its line."""
    name = called.text_of(event)
    kind = events.type_of(event)
    return kind, event.timestamp, event.origin_daemon, subject(event), name, text


def key(event: Event) -> Key:
    """Time and id: where the event stands in the order in which later ones win."""
    return (event.timestamp, event.event_id)


def stored(db: sqlite3.Connection, about: str, kind: type[E]) -> list[E]:
    """The events about that subject of that type, in their order; none that is withheld.

    Args:
        kind: a type, or a base of several.
    """
    types = events.tokens(kind)
    marks = ", ".join("?" * len(types))
    found = _read(
        db,
        "SELECT event_json, timestamp, event_id FROM events"
        f" WHERE subject = ? AND type IN ({marks}) AND withheld IS NULL"
        " ORDER BY timestamp, event_id",
        (about, *types),
    )
    return [event for event in found if isinstance(event, kind)]


Mail = events.MessageCreate | events.AboutMessage
"""What sends a message, and what is about one."""

MAIL_TYPES: Final = ", ".join(
    f"'{token}'" for kind in get_args(Mail) for token in events.tokens(kind)
)
"""Their types, as a list in SQL."""


def mail(db: sqlite3.Connection, condition: str, *values: str) -> Iterator[Mail]:
    """The events that send messages or are about them, as far as an SQL condition holds.

    Withheld ones are among them, for a purge takes them along.

    They are read as they are asked for; the tables may not change meanwhile.
    """
    sql = f"SELECT event_json, timestamp, event_id FROM events WHERE type IN ({MAIL_TYPES})"
    for event in _each(db, f"{sql} AND {condition}", values):
        if isinstance(event, Mail):
            yield event


def stored_by_id(db: sqlite3.Connection, event_ids: list[str]) -> list[Event]:
    """The events with those ids, in their order; none that is withheld."""
    marks = ", ".join("?" * len(event_ids))
    return _read(
        db,
        "SELECT event_json, timestamp, event_id FROM events"
        f" WHERE event_id IN ({marks}) AND withheld IS NULL ORDER BY timestamp, event_id",
        tuple(event_ids),
    )


def _read(db: sqlite3.Connection, sql: str, values: tuple[str, ...]) -> list[Event]:
    return list(_each(db, sql, values))


def _each(db: sqlite3.Connection, sql: str, values: tuple[str, ...]) -> Iterator[Event]:
    for text, timestamp, event_id in db.execute(sql, values):
        event = events.decode(text.encode())
        event.timestamp = timestamp
        event.event_id = event_id
        check(event)
        yield event


def stored_rows(
    db: sqlite3.Connection, message_id: str
) -> tuple[list[MessageRow], list[ReceiptRow]]:
    """What another Thrum's snapshots say of the message: versions of it, and who read it."""
    said: list[MessageRow] = []
    read: list[ReceiptRow] = []
    for kind, text in db.execute(
        "SELECT kind, row_json FROM snapshot_rows WHERE message_id = ? ORDER BY row_json",
        (message_id,),
    ).fetchall():
        path = "messages-v2/" if kind == "message" else "receipts/"
        row = interpret(path, text.encode()).body
        if isinstance(row, MessageRow):
            said.append(row)
        elif isinstance(row, ReceiptRow):
            read.append(row)
    return said, read
