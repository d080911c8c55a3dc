"""Threads at a glance: how much was said, how much of it is unread, and the last word."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

import msgspec


class Thread(msgspec.Struct):
    """A thread, without what was taken back; `preview` is null where nothing is left."""

    thread_id: str
    message_count: int
    unread_count: int
    last_activity: str
    last_sender: str
    preview: str | None


PREVIEW: Final = 100
"""Characters of the last message."""

_COUNTS: Final = """
SELECT t.value, count(m.message_id), count(d.message_id)
FROM json_each(?1) t LEFT JOIN messages m ON m.thread_id = t.value AND m.deleted = 0
LEFT JOIN message_deliveries d ON d.message_id = m.message_id AND d.recipient_agent_id = ?2
  AND d.inbox = 1 AND d.read_at IS NULL
GROUP BY t.value ORDER BY t.key
"""
_LAST: Final = """
SELECT created_at, agent_id, body_content FROM messages
WHERE thread_id = ? AND deleted = 0 ORDER BY created_at DESC, message_id DESC LIMIT 1
"""


def threads(db: sqlite3.Connection, thread_ids: Iterable[str], reader: str) -> list[Thread]:
    """The threads as they are now, in the order given; unread is what the reader has not read."""
    counted = db.execute(_COUNTS, (json.dumps(list(thread_ids)), reader)).fetchall()
    return [Thread(*(*each, *_last(db, each[0]))) for each in counted]


def _last(db: sqlite3.Connection, thread_id: str) -> tuple[str, str, str | None]:
    row = db.execute(_LAST, (thread_id,)).fetchone()
    return (row[0], row[1], row[2][:PREVIEW]) if row else ("", "", None)
