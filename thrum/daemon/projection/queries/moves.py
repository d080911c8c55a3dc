"""Answers that were here before the message which they answer, and are of another thread since.

Until it came they were of the thread that they name themselves, or that is named after it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Final, NamedTuple

from thrum.daemon.projection.apply.threads import named_after


class Move(NamedTuple):
    """What a message that came late took into its thread.

    Attributes:
        left: the threads of which its answers were.
        message_ids: the answers, theirs, and so on.
    """

    left: list[str]
    message_ids: list[str]


# The numbers of events tell what was here before.
_ANSWERS: Final = """
SELECT p.message_id, p.thread_id, m.own_thread
FROM json_each(?) came CROSS JOIN messages p ON p.message_id = came.key
JOIN messages m ON m.reply_to = p.message_id
JOIN events e ON e.event_id = m.event_id
WHERE e.sequence < came.value ORDER BY came.value, m.message_id
"""
_BELOW: Final = """
WITH RECURSIVE below(id) AS (
  SELECT message_id FROM messages WHERE reply_to = ?1
  UNION SELECT m.message_id FROM below JOIN messages m ON m.reply_to = below.id
)
SELECT m.message_id FROM below JOIN messages m ON m.message_id = below.id
JOIN events e ON e.event_id = m.event_id
WHERE e.sequence < ?2 ORDER BY below.id
"""


def moves(db: sqlite3.Connection, came: Mapping[str, int]) -> dict[str, Move]:
    """What the messages that came took into their threads; those are left out that took nothing.

    Args:
        came: the numbers of the events by which the messages came, by message.
    """
    left: dict[str, dict[str, None]] = {}
    for message_id, thread, own in db.execute(_ANSWERS, (json.dumps(dict(came)),)):
        before = own or named_after(message_id)
        if before != thread:
            left.setdefault(message_id, {})[before] = None
    return {
        message_id: Move(
            list(threads),
            [each for (each,) in db.execute(_BELOW, (message_id, came[message_id]))],
        )
        for message_id, threads in left.items()
    }
