"""What the worktree says in which a session works."""

from __future__ import annotations

from pathlib import Path

from thrum import git_place
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.rpc.registry import Call
from thrum.daemon.work import noting
from thrum.daemon.work.observer import WAIT_LIMIT_S
from thrum.daemon.work.reading import GitWork
from thrum.daemon.work.service import Work
from thrum.errors import ThrumError


async def look(call: Call, session_id: str, limit_s: float = WAIT_LIMIT_S) -> GitWork | None:
    """What the session's worktree says; None if it names none or nobody could look in time."""
    worktree = session_queries.worktree(call.node.store.reader(), session_id)
    return await call.service(Work).observer.look(worktree, limit_s) if worktree else None


async def see(
    call: Call, session_id: str, agent_id: str, limit_s: float = WAIT_LIMIT_S
) -> GitWork | None:
    """Looks at the session's worktree and keeps what it says; None as of `look`."""
    work = await look(call, session_id, limit_s)
    if work is not None:
        await call.transact(
            lambda transaction: noting.note(transaction, session_id, agent_id, work)
        )
    return work


async def branch_of(call: Call, session_id: str) -> str:
    """The branch that is checked out where the session works; empty if that is unknown."""
    worktree = session_queries.worktree(call.node.store.reader(), session_id)
    return await branch_at(call, worktree) if worktree else ""


async def branch_at(call: Call, worktree: str) -> str:
    """The branch that is checked out in a worktree; empty if that is unknown or does not answer."""

    def read() -> str:
        git = git_place.at(Path(worktree))
        return git_place.branch(git) if git else ""

    try:
        return await call.node.resolver.looker.ask(worktree, read)
    except ThrumError as error:
        if error.kind != "timed_out":
            raise
        return ""
