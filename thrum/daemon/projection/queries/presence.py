"""Where agents live, and whether a session of theirs is open; for many at once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple


class Presence(NamedTuple):
    """Where an agent is at home, and when its newest session ended.

    Attributes:
        origin_daemon: the daemon of its clone.
        is_open: whether a session of it is open.
        ended_at: when the one that began last ended; empty if it never had one.
        registered_at: when it was registered.
    """

    agent_id: str
    origin_daemon: str
    is_open: bool
    ended_at: str
    registered_at: str


_SELECT = """
SELECT a.agent_id, a.origin_daemon,
  EXISTS (SELECT 1 FROM sessions s WHERE s.agent_id = a.agent_id AND s.ended_at IS NULL),
  coalesce((SELECT s.ended_at FROM sessions s WHERE s.agent_id = a.agent_id
            ORDER BY s.started_at DESC LIMIT 1), ''),
  a.registered_at
FROM json_each(?) w JOIN agents a ON a.agent_id = w.value
"""


def presence(db: sqlite3.Connection, agent_ids: Iterable[str]) -> dict[str, Presence]:
    """How those of the agents live that are registered, by id. One statement."""
    rows = db.execute(_SELECT, (json.dumps(sorted(set(agent_ids))),))
    return {row[0]: Presence(row[0], row[1], bool(row[2]), row[3], row[4]) for row in rows}
