"""What lies unread in an agent's inbox, by id alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

MOST: Final = 10_000
"""Messages that are looked at; of more, the newest."""


def unread(db: sqlite3.Connection, agent_id: str) -> dict[str, bool]:
    """The unread messages of others to the agent, the oldest first, and whether it saw them."""
    rows = db.execute(
        "SELECT message_id, seen_at IS NOT NULL FROM message_deliveries"
        " WHERE recipient_agent_id = ? AND inbox = 1 AND read_at IS NULL"
        " ORDER BY delivered_at DESC, message_id DESC LIMIT ?",
        (agent_id, MOST),
    ).fetchall()
    return {message_id: bool(is_seen) for message_id, is_seen in reversed(rows)}


def unread_before(db: sqlite3.Connection, agent_id: str, before: str) -> list[str]:
    """The unread messages of others to the agent that were made by then, the oldest first.

    Args:
        before: a time, or empty for all.
    """
    rows = db.execute(
        "SELECT message_id FROM message_deliveries"
        " WHERE recipient_agent_id = ?1 AND inbox = 1 AND read_at IS NULL"
        " AND (?2 = '' OR delivered_at <= ?2) ORDER BY delivered_at, message_id",
        (agent_id, before),
    )
    return [message_id for (message_id,) in rows]


def among(db: sqlite3.Connection, agent_id: str, message_ids: Iterable[str]) -> dict[str, bool]:
    """Those of the messages that lie unread with the agent, and whether it saw them."""
    rows = db.execute(
        "SELECT d.message_id, d.seen_at IS NOT NULL FROM json_each(?1) w"
        " CROSS JOIN message_deliveries d"
        " ON d.message_id = w.value AND d.recipient_agent_id = ?2"
        " WHERE d.inbox = 1 AND d.read_at IS NULL",
        (json.dumps(list(message_ids)), agent_id),
    )
    return {message_id: bool(is_seen) for message_id, is_seen in rows}
