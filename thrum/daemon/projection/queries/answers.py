"""What others answered to a message."""

from __future__ import annotations

import sqlite3
from typing import Final

# Whoever begins a conversation is answered by all of it; within one, only by what answers this one.
_ANSWERS: Final = """
SELECT m.message_id FROM messages q JOIN messages m ON m.reply_to = q.message_id
WHERE q.message_id = ?1 AND m.agent_id != q.agent_id AND m.deleted = 0
UNION
SELECT m.message_id FROM messages q JOIN messages m ON m.thread_id = q.thread_id
WHERE q.message_id = ?1 AND q.reply_to IS NULL AND q.thread_id IS NOT NULL
  AND m.agent_id != q.agent_id AND m.deleted = 0 AND m.message_id != ?1
  AND m.created_at >= q.created_at
"""


def answers(db: sqlite3.Connection, message_id: str, most: int) -> list[str]:
    """The ids of others' messages that answer it, the oldest first; at most so many."""
    rows = db.execute(
        "SELECT message_id FROM messages WHERE message_id IN"
        f" ({_ANSWERS}) ORDER BY created_at, message_id LIMIT ?2",
        (message_id, most),
    )
    return [answer for (answer,) in rows]
