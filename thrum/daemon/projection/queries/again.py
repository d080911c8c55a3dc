"""What somebody did already under the name that they ask for again."""

from __future__ import annotations

import sqlite3

from thrum.daemon.projection import called
from thrum.daemon.projection.facts import Event, of_row


def done(db: sqlite3.Connection, by: str, id: str, since: str) -> list[Event]:
    """The events that somebody made under that name after that time, in their order."""
    rows = db.execute(
        "SELECT event_json, timestamp, event_id FROM events"
        " WHERE called = ? AND timestamp > ? AND withheld IS NULL ORDER BY timestamp, event_id",
        (called.text(by, id), since),
    )
    return [of_row(*row) for row in rows]
