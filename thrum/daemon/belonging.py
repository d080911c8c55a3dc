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


def worktree_of(identity: Identity) -> str:
    """The worktree in which the file lies."""
    return str(identity.path.parents[2])


def is_believed(db: sqlite3.Connection, identity: Identity, filed: Iterable[Identity]) -> bool:
    """Whether the agent may be at home where this file lies.

    It is if it ever had a session there. Else the file must say so itself, and the agent must have
    no other home: neither a worktree of its sessions nor a file in another worktree.

    Args:
        db: the projection.
        identity: the file.
        filed: every identity of the repository.
    """
    here = worktree_of(identity)
    if agents.ever_in_worktree(db, identity.name, here):
        return True
    if not names_its_place(identity):
        return False
    rivals = (each for each in filed if each.name == identity.name and worktree_of(each) != here)
    if any(names_its_place(each) for each in rivals):
        return False
    return not any(Path(each).is_dir() for each in sessions.worktrees_of(db, identity.name))


def names_its_place(identity: Identity) -> bool:
    """Whether the file was written for the worktree it lies in, or for one that is gone."""
    here = Path(worktree_of(identity))
    written = identity.worktree
    return written in {"", str(here), here.name} or not Path(written).is_dir()
