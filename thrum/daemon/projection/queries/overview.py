"""One page for one agent: itself, what all others work on, its mail. One statement."""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

from thrum.daemon.projection.queries.sessions import CONTEXT_FIELDS, Context, context_of


class Work(msgspec.Struct):
    """An open session, or an agent without one; `total` and `unread` count its inbox.

    Mail that an agent sent to itself is not counted.
    """

    context: Context
    kind: str
    role: str
    module: str
    display: str
    hostname: str
    origin_daemon: str
    agent_pid: int
    agent_pid_start_time: str
    session_start: str
    last_seen: str
    total: int
    unread: int


_OVERVIEW: Final = f"""
SELECT a.kind, a.role, a.module, a.display, a.hostname, a.origin_daemon,
  a.agent_pid, a.agent_pid_start_time,
  coalesce(s.started_at, ''), coalesce(s.last_seen_at, a.last_seen_at),
  coalesce(n.total - n.own, 0), coalesce(n.unread, 0),
  coalesce(s.session_id, ''), a.agent_id,
  {", ".join(f"coalesce(c.{name}, '')" for name in CONTEXT_FIELDS[2:])}
FROM agents a
LEFT JOIN sessions s ON s.agent_id = a.agent_id AND s.ended_at IS NULL
LEFT JOIN agent_work_contexts c ON c.session_id = s.session_id AND c.agent_id = a.agent_id
LEFT JOIN inbox_counts n ON n.agent_id = a.agent_id
WHERE a.agent_id = ?1 OR (s.session_id IS NOT NULL AND a.kind != 'monitor')
ORDER BY coalesce(c.git_updated_at, '') DESC, s.started_at DESC, s.session_id DESC
"""


def overview(db: sqlite3.Connection, agent_id: str) -> list[Work]:
    """The agent, with or without a session, and all open sessions; the newest git data first."""
    return [Work(context_of(row[12:]), *row[:12]) for row in db.execute(_OVERVIEW, (agent_id,))]
