"""Forgetting work contexts that say nothing about today. Local: never an event.

Each part of a context ages by its own time: what was seen of the worktree, the task, the intent,
how it goes.
"""

from __future__ import annotations

from typing import Final

from thrum.clock import format_ns, parse
from thrum.daemon.ending import GIT_FRESH_NS
from thrum.daemon.transaction import Transaction

ENDED_NS: Final = 7 * 24 * 3600 * 1_000_000_000
"""How long what an ended session left is kept."""

_ENDED = "SELECT session_id FROM sessions WHERE ended_at IS NOT NULL"
_GIT = """
UPDATE agent_work_contexts SET branch = '', unmerged_commits = '[]', uncommitted_files = '[]',
  changed_files = '[]', file_changes = '[]', git_updated_at = ''
WHERE git_updated_at != '' AND git_updated_at < ? AND unmerged_commits = '[]'
"""
_TEXT = f"""
UPDATE agent_work_contexts SET {{0}} = '', {{1}} = ''
WHERE {{1}} != '' AND {{1}} < ? AND session_id IN ({_ENDED})
"""
_SAID: Final = {
    "current_task": "task_updated_at",
    "intent": "intent_updated_at",
    "agent_status": "status_updated_at",
}
"""What somebody said, and the column that says when."""
_UNKNOWN = """
DELETE FROM agent_work_contexts WHERE session_id NOT IN (SELECT session_id FROM sessions)
  AND max(git_updated_at, task_updated_at, intent_updated_at, status_updated_at) < ?
"""
_EMPTY = f"""
DELETE FROM agent_work_contexts WHERE git_updated_at = '' AND task_updated_at = ''
  AND intent_updated_at = '' AND status_updated_at = '' AND session_id IN ({_ENDED})
"""


def forget_stale(transaction: Transaction) -> None:
    """Forgets what is stale.

    What was seen of a worktree goes after a day, unless commits wait to be merged; what was said in
    an ended session a week after it was said; all of a session a week after its end, or after the
    context was last told where no such session is known, as after a purge. What was said in an open
    session stays.
    """
    db, now = transaction.db, parse(transaction.now)
    day, week = format_ns(now - GIT_FRESH_NS), format_ns(now - ENDED_NS)
    db.execute(
        f"DELETE FROM agent_work_contexts WHERE session_id IN ({_ENDED} AND ended_at < ?)", (week,)
    )
    db.execute(_UNKNOWN, (week,))
    db.execute(_GIT, (day,))
    for text, moment in _SAID.items():
        db.execute(_TEXT.format(text, moment), (week,))
    db.execute(_EMPTY)
