"""What a purge takes: the same as applying it does, counted beforehand."""

from __future__ import annotations

import sqlite3

import msgspec

from thrum.events import AboutMessage, tokens


class Purge(msgspec.Struct):
    """How much goes: messages, ended sessions, events that told of the messages."""

    messages_deleted: int
    sessions_deleted: int
    events_deleted: int


_MESSAGES = (
    "SELECT message_id FROM messages WHERE created_at < ?1"
    " UNION SELECT message_id FROM rival_creates WHERE created_at < ?1"
)
_EVENTS = f"""
WITH old AS ({_MESSAGES})
SELECT
  (SELECT count(*) FROM events WHERE event_id IN (
    SELECT event_id FROM messages WHERE message_id IN old
    UNION SELECT event_id FROM rival_creates WHERE message_id IN old))
  + (SELECT count(*) FROM events WHERE subject IN old
     AND type IN ({", ".join(f"'{token}'" for token in tokens(AboutMessage))}))
"""


def purged_until(db: sqlite3.Connection) -> str:
    """What was made before that time is purged already; empty without a purge."""
    row = db.execute("SELECT value FROM purge_metadata WHERE key = 'purge_cutoff'").fetchone()
    return str(row[0]) if row else ""


def preview(db: sqlite3.Connection, cutoff: str) -> Purge:
    """How much a purge with that cutoff would take. Open sessions never go."""
    counts = [
        db.execute(sql, (cutoff,)).fetchone()[0]
        for sql in (
            f"SELECT count(*) FROM messages WHERE message_id IN ({_MESSAGES})",
            "SELECT count(*) FROM sessions WHERE ended_at < ?1",
            _EVENTS,
        )
    ]
    return Purge(*counts)
