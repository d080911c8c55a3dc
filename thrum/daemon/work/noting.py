"""Keeping what was seen of a session's work in the database. Local: never an event."""

from __future__ import annotations

import msgspec

from thrum.daemon.notices import Changed, Looked
from thrum.daemon.transaction import Transaction
from thrum.daemon.work.reading import GitWork

_SEED = """
INSERT INTO agent_work_contexts (session_id, agent_id, worktree_path) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET worktree_path = excluded.worktree_path WHERE worktree_path = ''
"""
_NOTE = """
INSERT INTO agent_work_contexts (session_id, agent_id, branch, worktree_path, unmerged_commits,
  uncommitted_files, changed_files, file_changes, git_updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET branch = excluded.branch, worktree_path = excluded.worktree_path,
  unmerged_commits = excluded.unmerged_commits, uncommitted_files = excluded.uncommitted_files,
  changed_files = excluded.changed_files, file_changes = excluded.file_changes,
  git_updated_at = excluded.git_updated_at
"""


def seed(transaction: Transaction, session_id: str, agent_id: str, worktree: str) -> None:
    """Notes where a session works, before anybody has looked there."""
    transaction.db.execute(_SEED, (session_id, agent_id, worktree))


def note(transaction: Transaction, session_id: str, agent_id: str, work: GitWork) -> None:
    """Notes what a look at the session's worktree found; intent and task stay as they are."""
    lists = (work.unmerged_commits, work.uncommitted_files, work.changed_files, work.file_changes)
    texts = [msgspec.json.encode(each).decode() for each in lists]
    transaction.db.execute(
        _NOTE,
        (session_id, agent_id, work.branch, work.worktree_path, *texts, transaction.now),
    )
    transaction.notice(Changed(agent_id))
    transaction.notice(Looked(agent_id))
