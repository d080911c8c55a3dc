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


class Summary(Thread):
    """The same, with the beginning of its first message, who wrote in it, and its last message."""

    title: str
    authors: list[str]
    last_message_id: str


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


_NEWEST: Final = """
SELECT m.thread_id, m.message_id FROM messages m
WHERE +m.thread_id IS NOT NULL AND m.deleted = 0 AND (m.created_at, m.message_id) < (?, ?)
  AND NOT EXISTS (SELECT 1 FROM messages n WHERE n.thread_id = m.thread_id AND n.deleted = 0
    AND (n.created_at, n.message_id) > (m.created_at, m.message_id))
ORDER BY m.created_at DESC, m.message_id DESC LIMIT ?
"""
_FIRST: Final = """
SELECT body_content FROM messages
WHERE thread_id = ? AND deleted = 0 ORDER BY created_at, message_id LIMIT 1
"""
_AUTHORS: Final = """
SELECT agent_id FROM messages WHERE thread_id = ? AND deleted = 0
GROUP BY agent_id ORDER BY min(created_at), agent_id LIMIT 20
"""
LATEST: Final = ("~", "~")
"""After every message."""


def newest(
    db: sqlite3.Connection, limit: int, reader: str, before: tuple[str, str] = LATEST
) -> tuple[list[Summary], bool]:
    """The threads of the newest messages, and whether there are older ones.

    Args:
        before: time and id of a message; only threads whose last one is older.
    """
    rows = db.execute(_NEWEST, (*before, limit + 1)).fetchall()
    ends = dict(rows[:limit])
    found = [_summary(db, each, ends[each.thread_id]) for each in threads(db, ends, reader)]
    return found, len(rows) > limit


def _summary(db: sqlite3.Connection, thread: Thread, last_message_id: str) -> Summary:
    (first,) = db.execute(_FIRST, (thread.thread_id,)).fetchone()
    authors = [each for (each,) in db.execute(_AUTHORS, (thread.thread_id,))]
    about = msgspec.structs.asdict(thread)
    return Summary(**about, title=first[:PREVIEW], authors=authors, last_message_id=last_message_id)


def threads(db: sqlite3.Connection, thread_ids: Iterable[str], reader: str) -> list[Thread]:
    """The threads as they are now, in the order given; unread is what the reader has not read."""
    counted = db.execute(_COUNTS, (json.dumps(list(thread_ids)), reader)).fetchall()
    return [Thread(*(*each, *_last(db, each[0]))) for each in counted]


def _last(db: sqlite3.Connection, thread_id: str) -> tuple[str, str, str | None]:
    row = db.execute(_LAST, (thread_id,)).fetchone()
    return (row[0], row[1], row[2][:PREVIEW]) if row else ("", "", None)
