"""Who said what to whom, in the order of arrival, and who has committed what."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple


class Talk(NamedTuple):
    """A message that arrived.

    Attributes:
        number: of its arrival.
        event_id: the event that sent it.
        kind: what its author is registered as; None if nobody is under that name.
        authored_by: who wrote it in the author's name.
        thread: its thread, if it answers something.
        answered: who wrote what it answers.
        is_broadcast: whether it goes to everyone.
        others: whom it reached, as a list in JSON.
    """

    number: int
    event_id: str
    message_id: str
    author: str
    kind: str | None
    authored_by: str
    thread: str
    answered: str
    is_broadcast: bool
    others: str


_SINCE = """
SELECT e.sequence, e.event_id, m.message_id, m.agent_id, a.kind, coalesce(m.authored_by, ''),
  CASE WHEN m.reply_to IS NULL THEN '' ELSE coalesce(m.thread_id, '') END,
  coalesce(p.agent_id, ''), m.visibility_class = 'broadcast',
  (SELECT json_group_array(d.recipient_agent_id) FROM message_deliveries d
   WHERE d.message_id = m.message_id AND d.inbox = 1)
FROM events e CROSS JOIN messages m
  ON m.message_id = json_extract(e.event_json, '$.message_id')
LEFT JOIN agents a ON a.agent_id = m.agent_id
LEFT JOIN messages p ON p.message_id = m.reply_to
WHERE e.sequence > ? AND e.withheld IS NULL AND e.type = 'message.create' AND m.created_at >= ?
ORDER BY e.sequence LIMIT ?
"""


def since(db: sqlite3.Connection, number: int, moment: str, most: int) -> list[Talk]:
    """What arrived after that number and was made after that moment, at most so many."""
    return [Talk(*row) for row in db.execute(_SINCE, (number, moment, most))]


def event_at(db: sqlite3.Connection, number: int) -> str:
    """The id of the event that arrived under that number; empty if none did."""
    row = db.execute("SELECT event_id FROM events WHERE sequence = ?", (number,)).fetchone()
    return str(row[0]) if row else ""


def homes(db: sqlite3.Connection, daemon_id: str) -> dict[str, set[str]]:
    """The worktrees of the open sessions of agents of a clone, by agent."""
    found: dict[str, set[str]] = {}
    for agent_id, worktree in db.execute(
        "SELECT s.agent_id, r.ref_value FROM sessions s JOIN session_refs r"
        " ON r.session_id = s.session_id AND r.ref_type = 'worktree'"
        " WHERE s.ended_at IS NULL AND s.origin_daemon IN ('', ?)",
        (daemon_id,),
    ):
        found.setdefault(agent_id, set()).add(worktree)
    return found


def heads(db: sqlite3.Connection, agent_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """The newest commit of each worktree of the agents that is merged nowhere, by agent."""
    found: dict[str, set[str]] = {}
    for agent_id, sha in db.execute(
        "SELECT c.agent_id, json_extract(c.unmerged_commits, '$[0].sha')"
        " FROM json_each(?) w JOIN sessions s ON s.agent_id = w.value AND s.ended_at IS NULL"
        " JOIN agent_work_contexts c ON c.session_id = s.session_id AND c.agent_id = s.agent_id"
        " WHERE c.git_updated_at != ''",
        (json.dumps(sorted(set(agent_ids))),),
    ):
        found.setdefault(agent_id, set()).update({sha} if sha else ())
    return {agent_id: frozenset(shas) for agent_id, shas in found.items()}
