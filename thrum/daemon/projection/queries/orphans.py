"""Agents of this clone that may be gone, and what the database knows of each."""

from __future__ import annotations

import sqlite3

import msgspec


class Resident(msgspec.Struct, frozen=True):
    """An agent that was registered here: no person, proxy or monitor, and of no other clone.

    Attributes:
        registration: time and id of its latest registration.
        last_seen_at: the newest sign of it, a session or a message included; empty if there is
            none.
        worktree: where its newest session with a worktree was; empty if unknown.
        branch: the branch of its newest work context; empty if unknown.
        session_id: its open session; empty if none.
        messages: how many it wrote that are not deleted.
    """

    agent_id: str
    role: str
    module: str
    agent_pid: int
    agent_pid_start_time: str
    registration: str
    last_seen_at: str
    worktree: str
    branch: str
    session_id: str
    messages: int


_RESIDENTS = """
SELECT a.agent_id, a.role, a.module, a.agent_pid, a.agent_pid_start_time, a.registration,
  max(a.last_seen_at,
    coalesce((SELECT max(max(s.started_at, s.last_seen_at)) FROM sessions s
              WHERE s.agent_id = a.agent_id), ''),
    coalesce((SELECT max(created_at) FROM messages m WHERE m.agent_id = a.agent_id), '')),
  coalesce((SELECT r.ref_value FROM sessions s JOIN session_refs r
            ON r.session_id = s.session_id AND r.ref_type = 'worktree'
            WHERE s.agent_id = a.agent_id ORDER BY s.started_at DESC, r.added_at DESC LIMIT 1), ''),
  coalesce((SELECT branch FROM agent_work_contexts c WHERE c.agent_id = a.agent_id AND branch != ''
            ORDER BY git_updated_at DESC LIMIT 1), ''),
  coalesce((SELECT session_id FROM sessions s WHERE s.agent_id = a.agent_id AND ended_at IS NULL
            ORDER BY started_at DESC LIMIT 1), ''),
  (SELECT count(*) FROM messages m WHERE m.agent_id = a.agent_id AND NOT deleted)
FROM agents a
WHERE a.kind = 'agent' AND a.origin_daemon IN ('', ?1) AND instr(a.agent_id, ':') = 0
  AND (?2 IS NULL OR a.agent_id = ?2)
ORDER BY a.agent_id
"""


def residents(
    db: sqlite3.Connection, daemon_id: str, agent_id: str | None = None
) -> list[Resident]:
    """The agents that were registered at that daemon, by id; or that one of them."""
    return [Resident(*row) for row in db.execute(_RESIDENTS, (daemon_id, agent_id))]
