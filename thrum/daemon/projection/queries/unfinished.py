"""What agents have changed and not committed, as their worktrees said when they were seen last."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

import msgspec

_UNFINISHED: Final = """
SELECT agent_id, origin_daemon, worktree_path, uncommitted_files, git_updated_at,
  ended_at IS NOT NULL FROM (
  SELECT c.agent_id, s.origin_daemon, c.worktree_path, c.uncommitted_files, c.git_updated_at,
    s.ended_at, max(c.git_updated_at) OVER (PARTITION BY c.agent_id) AS latest
  FROM agent_work_contexts c
  JOIN sessions s ON s.session_id = c.session_id AND s.agent_id = c.agent_id
  WHERE c.git_updated_at >= ?)
WHERE uncommitted_files NOT IN ('', '[]') AND (ended_at IS NULL OR git_updated_at = latest)
"""
LATELY_NS: Final = 4 * 3600 * 1_000_000_000
"""What was seen of a worktree longer ago says little of what goes on there."""

_paths: Final = msgspec.json.Decoder(list[str])


class Unfinished(NamedTuple):
    """What an agent has changed in a worktree.

    Attributes:
        agent_id: who.
        origin_daemon: whose daemon says so; empty for ours, where an older program wrote it.
        worktree: its root on that machine.
        names: as the work context has them: a path, a folder with ``/``, or ``old -> new``.
        seen_at: when it was seen so.
        is_over: whether the agent's session has ended since.
    """

    agent_id: str
    origin_daemon: str
    worktree: str
    names: list[str]
    seen_at: str
    is_over: bool


def unfinished(db: sqlite3.Connection, since: str) -> list[Unfinished]:
    """Of open sessions, and of each agent's last one, what was seen since then."""
    return [
        Unfinished(agent_id, origin, worktree, _paths.decode(names), seen_at, bool(is_over))
        for agent_id, origin, worktree, names, seen_at, is_over in db.execute(_UNFINISHED, (since,))
    ]
