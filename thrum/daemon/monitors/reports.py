"""What monitors reported, out of the projection."""

from __future__ import annotations

import sqlite3

import msgspec

_REPORTS = """
SELECT message_id, body_content, created_at FROM messages
WHERE agent_id = ?1 AND message_id > ?2 AND NOT deleted AND origin_daemon IN ('', ?3)
ORDER BY created_at DESC, message_id DESC LIMIT ?4
"""


class Report(msgspec.Struct):
    """A message that a monitor sent."""

    message_id: str
    content: str
    created_at: str


def reports(
    db: sqlite3.Connection, sender: str, monitor_id: str, daemon_id: str, limit: int
) -> list[Report]:
    """What it reported, the newest first.

    Args:
        db: the projection.
        sender: whose messages.
        monitor_id: its own id, for another one may have had its name: ids grow with time.
        daemon_id: ours; another clone may have one of that name.
        limit: so many at most, 0 for all.
    """
    after = f"msg_{monitor_id.partition('_')[2]}"
    rows = db.execute(_REPORTS, (sender, after, daemon_id, limit or -1))
    return [Report(*row) for row in rows]
