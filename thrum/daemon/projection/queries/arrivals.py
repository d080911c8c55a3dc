"""Which messages came in which order, and whom they reached; for many messages at once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple


class Arrival(NamedTuple):
    """A message that came, and the number of its arrival at this node."""

    number: int
    message_id: str


def last(db: sqlite3.Connection) -> int:
    """The number of whatever arrived last; 0 if nothing ever did."""
    (found,) = db.execute("SELECT coalesce(max(sequence), 0) FROM events").fetchone()
    return int(found)


def since(db: sqlite3.Connection, number: int, most: int) -> list[Arrival]:
    """The messages that arrived after that number, at most so many, in their order."""
    rows = db.execute(
        "SELECT sequence, json_extract(event_json, '$.message_id') FROM events"
        " WHERE sequence > ? AND type = 'message.create' AND withheld IS NULL"
        " ORDER BY sequence LIMIT ?",
        (number, most),
    )
    return [Arrival(*row) for row in rows]


def numbers(db: sqlite3.Connection, event_ids: Iterable[str]) -> dict[str, int]:
    """The numbers of the events, by their ids. One statement."""
    rows = db.execute(
        "SELECT event_id, sequence FROM events WHERE event_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(event_ids)),),
    )
    return dict(rows)


def reached(
    db: sqlite3.Connection, message_ids: Iterable[str], agent_ids: Iterable[str]
) -> set[tuple[str, str]]:
    """Which of the messages lie in the inbox of which of the agents, read or not. One statement."""
    rows = db.execute(
        "SELECT d.message_id, d.recipient_agent_id"
        " FROM json_each(?1) m CROSS JOIN json_each(?2) a CROSS JOIN message_deliveries d"
        " ON d.message_id = m.value AND d.recipient_agent_id = a.value WHERE d.inbox = 1",
        (json.dumps(list(message_ids)), json.dumps(list(agent_ids))),
    )
    return set(rows)
