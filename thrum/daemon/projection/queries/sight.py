"""When agents were last seen, by any sign that this database has of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple


class Sight(NamedTuple):
    """The newest sign of somebody, RFC 3339."""

    agent_id: str
    seen_at: str


# Clones tell each other nothing of processes; of an agent elsewhere there is what it did, and what
# it read of the newest mail. How a session ended is no sign: others end it, long afterwards.
_UNSEEN = """
SELECT agent_id, seen FROM (
  SELECT a.agent_id, max(a.last_seen_at, a.registered_at, a.moved_at,
    coalesce((SELECT max(max(s.started_at, s.last_seen_at, coalesce(c.git_updated_at, ''),
                coalesce(c.task_updated_at, ''), coalesce(c.intent_updated_at, ''),
                coalesce(c.status_updated_at, '')))
              FROM sessions s LEFT JOIN agent_work_contexts c
                ON c.session_id = s.session_id AND c.agent_id = s.agent_id
              WHERE s.agent_id = a.agent_id), ''),
    coalesce((SELECT created_at FROM messages m
              WHERE m.agent_id = a.agent_id AND coalesce(m.authored_by, '') = ''
              ORDER BY created_at DESC LIMIT 1), ''),
    coalesce((SELECT max(read_at) FROM
                (SELECT read_at FROM message_deliveries d
                 WHERE d.recipient_agent_id = a.agent_id AND d.inbox > 0
                 ORDER BY d.delivered_at DESC, d.message_id DESC LIMIT 20)), '')) AS seen
  FROM agents a WHERE a.agent_id IN ({marks}) AND a.last_seen_at < ?)
WHERE seen < ? ORDER BY seen, agent_id
"""


def unseen_since(db: sqlite3.Connection, agent_ids: Sequence[str], moment: str) -> list[Sight]:
    """Those of the agents that gave no sign since that moment, who is missed longest first.

    One question for all. Whoever was seen here since is passed over at the first look.
    """
    sql = _UNSEEN.format(marks=", ".join("?" * len(agent_ids)))
    return [Sight(*row) for row in db.execute(sql, (*agent_ids, moment, moment))]
