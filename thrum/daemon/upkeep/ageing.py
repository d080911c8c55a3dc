"""Forgetting work contexts that say nothing about today. Local: never an event.

Each part of a context ages by its own time: what was seen of the worktree, the task, the intent,
how it goes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Final

from thrum.clock import parse
from thrum.daemon.ending import GIT_FRESH_NS
from thrum.daemon.transaction import Transaction

ENDED_NS: Final = 7 * 24 * 3600 * 1_000_000_000
"""How long what an ended session left is kept."""

_OLD = "(SELECT value FROM json_each(?))"
_ENDED = "SELECT session_id FROM sessions WHERE ended_at IS NOT NULL"
_MOMENTS = """
SELECT git_updated_at FROM agent_work_contexts UNION SELECT task_updated_at FROM agent_work_contexts
UNION SELECT intent_updated_at FROM agent_work_contexts
UNION SELECT status_updated_at FROM agent_work_contexts
UNION SELECT ended_at FROM sessions
  WHERE ended_at IS NOT NULL AND session_id IN (SELECT session_id FROM agent_work_contexts)
"""
"""Every moment that something may be too old by."""
_GIT = f"""
UPDATE agent_work_contexts SET branch = '', unmerged_commits = '[]', uncommitted_files = '[]',
  changed_files = '[]', file_changes = '[]', git_updated_at = ''
WHERE git_updated_at IN {_OLD} AND unmerged_commits = '[]'
"""
_TEXT = f"""
UPDATE agent_work_contexts SET {{0}} = '', {{1}} = ''
WHERE {{1}} IN {_OLD} AND session_id IN ({_ENDED})
"""
_SAID: Final = {
    "current_task": "task_updated_at",
    "intent": "intent_updated_at",
    "agent_status": "status_updated_at",
}
"""What somebody said, and the column that says when."""
_OVER = f"""
DELETE FROM agent_work_contexts WHERE session_id IN ({_ENDED} AND ended_at IN {_OLD})
"""
_UNKNOWN = f"""
DELETE FROM agent_work_contexts WHERE session_id NOT IN (SELECT session_id FROM sessions)
  AND max(git_updated_at, task_updated_at, intent_updated_at, status_updated_at) IN {_OLD}
"""
_EMPTY = f"""
DELETE FROM agent_work_contexts WHERE git_updated_at = '' AND task_updated_at = ''
  AND intent_updated_at = '' AND status_updated_at = '' AND session_id IN ({_ENDED})
"""


def forget_stale(transaction: Transaction, present: Callable[[str], int]) -> None:
    """Forgets what is stale.

    Args:
        transaction: where from.
        present: the present beside which a noted moment is as old as it really is.

    What was seen of a worktree goes after a day, unless commits wait to be merged; what was said in
    an ended session a week after it was said; all of a session a week after its end, or after the
    context was last told where no such session is known, as after a purge. What was said in an open
    session stays.
    """
    db = transaction.db
    ages = _ages(db, present)
    day, week = _older(ages, GIT_FRESH_NS), _older(ages, ENDED_NS)
    db.execute(_OVER, (week,))
    db.execute(_UNKNOWN, (week,))
    db.execute(_GIT, (day,))
    for text, moment in _SAID.items():
        db.execute(_TEXT.format(text, moment), (week,))
    db.execute(_EMPTY)


def _ages(db: sqlite3.Connection, present: Callable[[str], int]) -> dict[str, int]:
    """How old each moment is, in nanoseconds."""
    moments = [moment for (moment,) in db.execute(_MOMENTS).fetchall() if moment]
    return {moment: present(moment) - parse(moment) for moment in moments}


def _older(ages: dict[str, int], than_ns: int) -> str:
    """The moments that are older, as JSON."""
    return json.dumps([moment for moment, age_ns in ages.items() if age_ns > than_ns])
