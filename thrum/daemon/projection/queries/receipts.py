"""What can be marked as read, and who has."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence

from thrum.daemon.projection.queries.rows import Recipient, offers, recipient


def reached(
    db: sqlite3.Connection, agent_id: str, message_ids: Sequence[str], before: str = ""
) -> dict[str, bool]:
    """Those of the messages that reached the agent, in the order given, and whether it read them.

    Args:
        before: only messages made at that time or earlier; empty for all.
    """
    marks = ", ".join("?" * len(message_ids))
    found = {
        message_id: read_at is not None
        for message_id, read_at in db.execute(
            "SELECT message_id, read_at FROM message_deliveries"
            f" WHERE message_id IN ({marks}) AND recipient_agent_id = ?"
            " AND (? = '' OR delivered_at <= ?)",
            (*message_ids, agent_id, before, before),
        )
    }
    return {each: found[each] for each in message_ids if each in found}


def also_read_by(
    db: sqlite3.Connection, agent_id: str, author_counts: bool, message_ids: Sequence[str]
) -> dict[str, list[str]]:
    """Which other agents have read each of the messages; ids without such readers are left out.

    Args:
        author_counts: whether a message's author is among its readers.
    """
    marks = ", ".join("?" * len(message_ids))
    found: dict[str, list[str]] = {}
    for message_id, reader in db.execute(
        "SELECT message_id, recipient_agent_id FROM message_deliveries"
        f" WHERE message_id IN ({marks}) AND recipient_agent_id != ? AND read_at IS NOT NULL"
        " AND (? OR inbox > 0) ORDER BY 1, 2",
        (*message_ids, agent_id, author_counts),
    ):
        found.setdefault(message_id, []).append(reader)
    return found


def standing(
    db: sqlite3.Connection, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Recipient]:
    """How far messages came with somebody, by message and agent. Two statements, or one."""
    rows = db.execute(
        "SELECT d.message_id, d.recipient_agent_id, d.delivered_at, coalesce(d.seen_at, ''),"
        " coalesce(d.read_at, '') FROM json_each(?) w CROSS JOIN message_deliveries d"
        " ON d.message_id = json_extract(w.value, '$[0]')"
        " AND d.recipient_agent_id = json_extract(w.value, '$[1]')",
        (json.dumps(sorted(wanted)),),
    ).fetchall()
    ways = offers(db, {row[0] for row in rows if row[3]}) if any(row[3] for row in rows) else {}
    return {row[:2]: recipient(*(*row[1:], ways.get(row[:2], ""))) for row in rows}
