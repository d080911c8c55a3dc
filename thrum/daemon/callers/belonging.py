"""Which identity files are believed: that an agent is at home where its file lies.

A file is easily copied, with its folder or alone. What the daemon itself saw counts more: where the
agent's sessions were, and where it has a file that names its own place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from thrum.daemon.projection.queries import agents, sessions
from thrum.identity.files import Identity


def is_believed(
    db: sqlite3.Connection, identity: Identity, filed: Iterable[Identity], daemon_id: str
) -> bool:
    """Whether the agent may be at home where this file lies.

    It is not if it moved to another clone. It is if it had a session there since it moved last.
    Else the file must say so itself, and the agent must have no other home: neither a worktree of
    its sessions nor a file in another worktree.

    Args:
        db: the projection.
        identity: the file.
        filed: every identity of the repository.
        daemon_id: the repository's daemon.
    """
    known = agents.agent(db, identity.name)
    if known is not None and known.has_left(daemon_id):
        return False
    if agents.ever_in_worktree(db, identity.name, str(identity.home)):
        return True
    if not identity.is_native:
        return False
    same = (each for each in filed if each.name == identity.name and each.home != identity.home)
    if any(each.is_native for each in same):
        return False
    return not any(Path(each).is_dir() for each in sessions.worktrees_of(db, identity.name))
