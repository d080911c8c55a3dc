"""What was answered to messages, by whom."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

# By the message itself, or by another one of the thread that it began.
_REPLIES: Final = """
SELECT q.message_id, m.agent_id, m.body_content, m.origin_daemon, m.created_at, m.message_id
FROM messages q JOIN messages m ON m.reply_to = q.message_id
WHERE q.message_id IN (SELECT value FROM json_each(?1)) AND m.deleted = 0
UNION
SELECT q.message_id, m.agent_id, m.body_content, m.origin_daemon, m.created_at, m.message_id
FROM messages q JOIN messages m ON m.thread_id = q.thread_id AND m.reply_to IS NOT NULL
WHERE q.message_id IN (SELECT value FROM json_each(?1)) AND q.thread_id IS NOT NULL
  AND q.reply_to IS NULL AND m.deleted = 0 AND m.message_id != q.message_id
ORDER BY 5, 6
"""


class Reply(NamedTuple):
    """An answer.

    Attributes:
        to: the message that it answers, or that began the thread of what it answers.
        author: whose it is.
        text: what it says.
        origin_daemon: the daemon that it comes from; empty where that is not known.
    """

    to: str
    author: str
    text: str
    origin_daemon: str


def replies(db: sqlite3.Connection, message_ids: Iterable[str]) -> list[Reply]:
    """Whatever was answered to these, the oldest first."""
    rows = db.execute(_REPLIES, (json.dumps(list(message_ids)),))
    return [Reply(*row[:4]) for row in rows]
