"""What lies unread in an agent's inbox, by id alone."""

from __future__ import annotations

import sqlite3
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
