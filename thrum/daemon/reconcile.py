"""At start: what the identity files of all worktrees say is made true in the database again.

Which worktree a session works in is a local fact that no event carries. When the database was built
anew, it comes back from the files, so that every agent is known to the daemon as before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from thrum import git_place
from thrum.daemon.projection.queries.agents import agent
from thrum.daemon.projection.queries.sessions import open_session
from thrum.daemon.transaction import Transaction
from thrum.daemon.work import noting
from thrum.identity import files, owner, process


@dataclass(frozen=True, slots=True)
class Claim:
    """An agent's own file in the worktree where it works; the PID is 0 when it is gone."""

    agent_id: str
    worktree: str
    session_id: str
    pid: int
    started: str = ""


def claims(repository: Path) -> Iterator[Claim]:
    """What the identity files of every worktree of the repository say."""
    git = git_place.find(repository)
    for root in git_place.worktrees(git) if git else ():
        for identity in files.read_all(root / ".thrum" / "identities"):
            if identity.worktree not in {"", str(root), root.name}:
                continue
            found = process.look(identity.agent_pid)
            alive = found is not None and owner.owns(found, identity)
            pid, started = (found.pid, found.started) if found and alive else (0, "")
            yield Claim(identity.name, str(root), identity.session_id, pid, started)


def restore(transaction: Transaction, found: list[Claim]) -> int:
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
