"""What a purge takes: decided by the same rule as applying it, counted beforehand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from thrum.daemon.projection.apply.stored import MAIL_TYPES
from thrum.daemon.projection.apply.tombstones import covered
from thrum.daemon.projection.facts import MessageRow, interpret
from thrum.purges import BEYOND, ROWS, TOP, Purge, Purges, stream


class Going(msgspec.Struct):
    """How much goes: messages, ended sessions, events that told of the messages."""

    messages_deleted: int
    sessions_deleted: int
    events_deleted: int

    def __bool__(self) -> bool:
        return bool(self.messages_deleted or self.sessions_deleted or self.events_deleted)


_EARNEST: Final = f"NOT (event_id BETWEEN '{BEYOND}' AND '{TOP}' AND length(event_id) = {len(TOP)})"
_NEWEST: Final = f"""
SELECT origin_daemon, json_extract(event_json, '$.agent_id'), max(event_id) FROM events
WHERE timestamp < ?1 AND {_EARNEST} AND (
  type IN ({MAIL_TYPES}) AND json_extract(event_json, '$.of') IS NULL
  OR type = 'agent.session.end'
    AND subject IN (SELECT session_id FROM sessions WHERE ended_at < ?1))
GROUP BY 1, 2
"""
_MESSAGES: Final = """
SELECT count(*) FROM messages m WHERE
  (event_id IN (SELECT value FROM json_each(?1)) OR event_id = '' AND created_at < ?2)
  AND NOT EXISTS (SELECT 1 FROM rival_creates r WHERE r.message_id = m.message_id
    AND r.event_id NOT IN (SELECT value FROM json_each(?1)))
"""


def purge_of(db: sqlite3.Connection, cutoff: str) -> Purge:
    """The purge that covers everything that this node has seen and that is older than a time."""
    found = [
        (stream(origin, agent_id or ""), newest)
        for origin, agent_id, newest in db.execute(_NEWEST, (cutoff,))
    ]
    found += [(ROWS, row.message_id) for row in _rows(db) if row.created_at < cutoff]
    marks: dict[str, str] = {}
    for name, newest in found:
        marks[name] = max(marks.get(name, ""), newest)
    return Purge(cutoff, marks)


def _rows(db: sqlite3.Connection) -> Iterator[MessageRow]:
    """The messages that rows of another Thrum's snapshots tell of."""
    for (text,) in db.execute("SELECT row_json FROM snapshot_rows WHERE kind = 'message'"):
        row = interpret(f"{ROWS}/", text.encode()).body
        if isinstance(row, MessageRow):
            yield row


def preview(db: sqlite3.Connection, purge: Purge) -> Going:
    """How much the purge would take. Open sessions never go."""
    events = covered(db, Purges([purge]))
    these = msgspec.json.encode(events).decode()
    (messages,) = db.execute(_MESSAGES, (these, purge.cutoff)).fetchone()
    (sessions,) = db.execute(
        "SELECT count(*) FROM sessions WHERE ended_at < ?", (purge.cutoff,)
    ).fetchone()
    return Going(messages, sessions, len(events))
