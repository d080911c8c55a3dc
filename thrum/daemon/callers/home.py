"""Where an agent is at home: the worktrees of its sessions and of its identity file."""

from __future__ import annotations

from pathlib import Path

from thrum import git_place
from thrum.daemon.callers import belonging
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.rpc.registry import Call
from thrum.errors import ThrumError
from thrum.events import Pair

WORKTREE = "worktree"


def elsewhere(call: Call, agent_id: str) -> str:
    """The home of an agent in which the caller does not stand; empty if there is none.

    A clone, a worktree that still exists, or an identity file that may be the agent's own.
    """
    here = "" if _visits(call) else call.caller.worktree
    db = call.node.store.reader()
    if here and lives_in(call, agent_id, here):
        return ""
    known = agent_queries.agent(db, agent_id)
    if known and known.origin_daemon not in {"", call.node.identity.daemon_id}:
        return "another clone"
    arrived = call.node.callers.arrivals.elsewhere(agent_id, here, call.node.now_ns())
    if arrived:
        return arrived
    for worktree in session_queries.worktrees_of(db, agent_id):
        if Path(worktree).is_dir():
            return worktree
    filed = (each for each in call.node.callers.identities.all() if each.name == agent_id)
    return next((str(each.path) for each in filed if str(each.home) != here), "")


def lives_in(call: Call, agent_id: str, worktree: str) -> bool:
    """Whether the agent ever worked in the worktree, or is at home there by its file."""
    db = call.node.store.reader()
    if agent_queries.ever_in_worktree(db, agent_id, worktree):
        return True
    filed = call.node.callers.identities.all()
    here = (each for each in filed if each.name == agent_id and str(each.home) == worktree)
    return any(belonging.is_believed(db, each, filed) for each in here)


def _visits(call: Call) -> bool:
    """Whether the caller is known by its process, and lives elsewhere than it stands."""
    caller = call.caller
    return caller.rule == "pid" and not lives_in(call, caller.agent_id, caller.worktree)


def own_refs(call: Call, refs: list[Pair]) -> list[Pair]:
    """The refs, if the worktree among them is the one that the caller stands in.

    Whoever could name another would make processes there be taken for itself.

    Raises:
        ThrumError: ``not_allowed``.
    """
    real = canonical(refs)
    for ref in real:
        if ref.type == WORKTREE and not _is_here(call, ref.value):
            raise ThrumError(
                "not_allowed",
                f"a session's worktree is the one its process stands in, not {ref.value}",
                "call from that worktree",
            )
    return real


def canonical(refs: list[Pair]) -> list[Pair]:
    """The refs with worktrees by their real paths, so that one worktree has one name."""
    return [
        Pair(WORKTREE, str(git_place.real(Path(ref.value)))) if _is_path(ref) else ref
        for ref in refs
    ]


def _is_path(ref: Pair) -> bool:
    return ref.type == WORKTREE and ref.value.startswith("/") and "\0" not in ref.value


def worktrees(refs: list[Pair]) -> list[str]:
    """The worktrees among refs, in their order."""
    return [ref.value for ref in refs if ref.type == WORKTREE]


def _is_here(call: Call, worktree: str) -> bool:
    """Whether the caller stands there; where the system does not tell, whether it lives there."""
    caller = call.caller
    if caller.rule == "claim":
        return lives_in(call, caller.agent_id, worktree)
    return bool(caller.worktree) and worktree == caller.worktree
