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


def seen(db: sqlite3.Connection, agent_id: str, most: int) -> dict[str, str]:
    """The newest unread messages of others that the agent saw, the oldest first, and when it did.

    Args:
        most: how many.
    """
    rows = db.execute(
        "SELECT message_id, seen_at FROM message_deliveries"
        " WHERE recipient_agent_id = ? AND inbox = 1 AND read_at IS NULL AND seen_at IS NOT NULL"
        " ORDER BY delivered_at DESC, message_id DESC LIMIT ?",
        (agent_id, most),
    ).fetchall()
    return dict(reversed(rows))


_BEFORE: Final = (
    "FROM message_deliveries WHERE recipient_agent_id = ?1 AND inbox = 1 AND read_at IS NULL"
    " AND (?2 = '' OR delivered_at <= ?2)"
)


def unread_before(db: sqlite3.Connection, agent_id: str, before: str, most: int) -> list[str]:
    """Unread messages of others to the agent that were made by then, the oldest first.

    Args:
        before: a time, or empty for all.
        most: how many.
    """
    rows = db.execute(
        f"SELECT message_id {_BEFORE} ORDER BY delivered_at, message_id LIMIT ?3",
        (agent_id, before, most),
    )
    return [message_id for (message_id,) in rows]


def count_before(db: sqlite3.Connection, agent_id: str, before: str) -> int:
    """How many there are of those that `unread_before` gives some of."""
    (count,) = db.execute(f"SELECT count(*) {_BEFORE}", (agent_id, before)).fetchone()
    return int(count)


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
