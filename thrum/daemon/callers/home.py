"""Where an agent is at home: the worktrees of its sessions and of its identity file."""

from __future__ import annotations

from pathlib import Path

from thrum import git_place
from thrum.daemon.callers import belonging
from thrum.daemon.callers.caller import State
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.projection.queries.agents import Account
from thrum.daemon.rpc.registry import Call
from thrum.errors import ThrumError
from thrum.events import Pair

WORKTREE = "worktree"


def elsewhere(call: Call, agent_id: str) -> str:
    """The home of an agent in which the caller does not stand; empty if there is none.

    A clone, a worktree that still exists, or an identity file that may be the agent's own.
    """
    here = place(call)
    db = call.node.store.reader()
    if here and lives_in(call, agent_id, here):
        return ""
    known = agent_queries.agent(db, agent_id)
    if known and is_abroad(call, known):
        return f"another clone, on {known.hostname}" if known.hostname else "another clone"
    arrived = arriving(call, agent_id, here)
    if arrived:
        return arrived
    for worktree in session_queries.worktrees_of(db, agent_id):
        if stands(call, worktree):
            return worktree
    filed = (each for each in call.node.callers.identities.all() if each.name == agent_id)
    return next((str(each.path) for each in filed if str(each.home) != here), "")


def is_abroad(call: Call, known: Account) -> bool:
    """Whether the agent is at home in another clone, as its registrations say."""
    return known.origin_daemon not in {"", call.node.identity.daemon_id}


def place(call: Call) -> str:
    """The worktree that the caller may be at home in; empty for visitors and outside of all."""
    return "" if _visits(call) else call.caller.worktree


def arriving(call: Call, agent_id: str, here: str) -> str:
    """Another worktree, still there, in which the agent has just been registered; else empty."""
    arrivals = call.node.callers.arrivals
    place = arrivals.elsewhere(agent_id, here, call.node.now_ns())
    return place if place and stands(call, place) else ""


def stands(call: Call, worktree: str) -> bool:
    """Whether it is still a worktree of the repository: a home that is gone is none.

    What was made in its place and is no worktree of the repository does not count.
    """
    path, identities = Path(worktree), call.node.callers.identities
    if not path.is_absolute():
        return False
    # One on a disk that does not answer is still there: nobody takes it for gone.
    return identities.silence.within(
        worktree, lambda: path.is_dir() and identities.is_worktree(path), True
    )


def lives_in(call: Call, agent_id: str, worktree: str) -> bool:
    """Whether the agent ever worked in the worktree, or is at home there by its file."""
    db = call.node.store.reader()
    if agent_queries.ever_in_worktree(db, agent_id, worktree):
        return True
    filed, ours = call.node.callers.identities.all(), call.node.identity.daemon_id
    here = (each for each in filed if each.name == agent_id and str(each.home) == worktree)
    return any(belonging.is_believed(db, each, filed, ours) for each in here)


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


def check_refs(call: Call, agent_id: str, refs: list[Pair]) -> None:
    """Refuses to begin or go on for somebody else in a worktree when that agent lives elsewhere.

    Whoever is in charge could bring another agent into their own worktree so, and then be it.

    Raises:
        ThrumError: ``not_allowed``.
    """
    caller = call.caller
    if caller.state is State.ANONYMOUS or agent_id in caller.possible:
        return
    for worktree in worktrees(canonical(refs)):
        if not lives_in(call, agent_id, worktree) and elsewhere(call, agent_id):
            raise ThrumError(
                "not_allowed",
                f"{agent_id} does not live in {worktree}",
                "leave the worktree out, or begin where it lives",
            )


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
