"""At start: what the identity files of all worktrees say is made true in the database again.

Which worktree a session works in is a local fact that no event carries. When the database was built
anew, it comes back from the files, so that every agent is known to the daemon as before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from msgspec import Struct

from thrum.daemon.callers import belonging
from thrum.daemon.projection.queries.agents import agent
from thrum.daemon.projection.queries.sessions import open_session
from thrum.daemon.transaction import Transaction
from thrum.daemon.work import noting
from thrum.identity import owner, process
from thrum.identity.files import Identity
from thrum.identity.process import Process


class Claim(Struct, frozen=True):
    """What an agent's file says of where it is at home; the PID is 0 when it is gone."""

    agent_id: str
    worktree: str
    pid: int
    started: str = ""


def claims(db: sqlite3.Connection, filed: Sequence[Identity], daemon_id: str) -> list[Claim]:
    """What those identity files say that are believed.

    A copy in somebody else's worktree must not become true because the daemon starts.

    Args:
        db: the projection.
        filed: every identity of the repository.
        daemon_id: the repository's daemon.
    """
    return [_claim(each) for each in filed if belonging.is_believed(db, each, filed, daemon_id)]


def _claim(identity: Identity) -> Claim:
    found = process.look(identity.agent_pid)
    alive = found is not None and owner.owns(found, identity) and _may_be(found, identity)
    pid, started = (found.pid, found.started) if found and alive else (0, "")
    return Claim(identity.name, str(identity.home), pid, started)


def _may_be(found: Process, identity: Identity) -> bool:
    """Whether the file can mean this very process; other programs note no start time in it."""
    return bool(identity.agent_pid_started) or owner.may_be(found, identity.updated_at)


def restore(transaction: Transaction, found: Sequence[Claim]) -> int:
    """Notes PIDs, and the worktree of each open session that its file names; how many."""
    count = 0
    for claim in found:
        if agent(transaction.db, claim.agent_id) is None:
            continue
        if claim.pid:
            transaction.db.execute(
                "UPDATE agents SET agent_pid = ?, agent_pid_start_time = ? WHERE agent_id = ?",
                (claim.pid, claim.started, claim.agent_id),
            )
        session = open_session(transaction.db, claim.agent_id)
        if session is None:
            continue
        transaction.db.execute(
            "INSERT OR IGNORE INTO session_refs (session_id, ref_type, ref_value, added_at)"
            " VALUES (?, 'worktree', ?, ?)",
            (session.session_id, claim.worktree, transaction.now),
        )
        noting.seed(transaction, session.session_id, claim.agent_id, claim.worktree)
        count += 1
    return count
