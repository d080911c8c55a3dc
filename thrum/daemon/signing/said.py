"""What the log says of keys, and the lines that the signatures of messages are over."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from thrum import events
from thrum.daemon.projection.apply.stored import ALL_KEYS
from thrum.daemon.projection.facts import of_row
from thrum.daemon.signing.ring import Owned, Said


class Signed(NamedTuple):
    """An event's line as its row has it, and what it is about: a message, or itself."""

    about: str
    line: str
    timestamp: str
    event_id: str

    @property
    def event(self) -> events.KnownEvent | events.UnknownEvent:
        """The event, read from the line each time."""
        return of_row(self.line, self.timestamp, self.event_id)


def about_keys(db: sqlite3.Connection) -> list[Said]:
    """The events about keys."""
    rows = db.execute(
        "SELECT event_json, timestamp, event_id FROM events"
        " WHERE subject = ? AND type IN ('key.publish', 'key.revoke')",
        (ALL_KEYS,),
    )
    found = []
    for text, timestamp, event_id in rows:
        event = of_row(text, timestamp, event_id)
        if isinstance(event, events.KeyPublish | events.KeyRevoke):
            found.append(Said(event, text.encode()))
    return found


def published(db: sqlite3.Connection) -> set[Owned]:
    """Every key, with the daemon in whose name it was published."""
    rows = db.execute(
        "SELECT origin_daemon, json_extract(event_json, '$.key') FROM events"
        " WHERE subject = ? AND type = 'key.publish'",
        (ALL_KEYS,),
    )
    return {Owned(daemon, key) for daemon, key in rows}


def of_messages(db: sqlite3.Connection, message_ids: Sequence[str]) -> list[Signed]:
    """What sent those messages, and the edits that say what they say now."""
    wanted = json.dumps(list(message_ids))
    rows = db.execute(
        "SELECT m.message_id, e.event_json, e.timestamp, e.event_id"
        " FROM json_each(?1) w JOIN messages m ON m.message_id = w.value"
        " JOIN events e ON e.event_id = m.event_id"
        " UNION ALL"
        " SELECT subject, event_json, max(timestamp || event_id), event_id FROM events"
        " WHERE subject IN (SELECT value FROM json_each(?1)) AND type = 'message.edit'"
        " AND withheld IS NULL"
        " GROUP BY subject",
        (wanted,),
    )
    return [Signed(about, text, at[:_TIME], event_id) for about, text, at, event_id in rows]


def everything(
    db: sqlite3.Connection,
) -> Iterator[tuple[bytes, events.KnownEvent | events.UnknownEvent]]:
    """Every event with its line, as they are read."""
    for row in db.execute("SELECT event_id, event_json, timestamp, event_id FROM events"):
        found = Signed(*row)
        yield found.line.encode(), found.event


def newest(db: sqlite3.Connection, most: int) -> list[Signed]:
    """The events that sent messages last, so many at most."""
    rows = db.execute(
        "SELECT event_id, event_json, timestamp, event_id FROM events"
        " WHERE type = 'message.create' ORDER BY sequence DESC LIMIT ?",
        (most,),
    )
    return [Signed(*row) for row in rows]


def of_events(db: sqlite3.Connection, event_ids: Sequence[str]) -> list[Signed]:
    """Those events."""
    rows = db.execute(
        "SELECT event_id, event_json, timestamp, event_id FROM events"
        " WHERE event_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(event_ids)),),
    )
    return [Signed(*row) for row in rows]


_TIME = len("2026-01-01T00:00:00.000000000Z")
