"""``agent.delete`` and ``agent.cleanup``: forgetting one agent, or all that are gone."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import msgspec
from anyio import to_thread

from thrum import contexts, events, git_place, names, paths
from thrum.clock import parse
from thrum.daemon.callers import home
from thrum.daemon.callers.identities import weight
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries.agents import Account
from thrum.daemon.projection.queries.orphans import Resident, residents
from thrum.daemon.projection.queries.tenancy import tenancy
from thrum.daemon.rpc import rights, strangers, taking
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.daemon.rpc.taking import Bid
from thrum.daemon.store import Transaction
from thrum.daemon.upkeep.service import Upkeep
from thrum.errors import ThrumError
from thrum.identity import files, process
from thrum.identity.files import Identity
from thrum.names import is_person
from thrum.plurals import counted

logger = logging.getLogger("thrum.agent")

DAY_NS: Final = 86_400_000_000_000
AT_WORK_NS: Final = 3_600_000_000_000
"""Who has an open session and was heard of this recently is at work, whatever its process says."""

UNKNOWN_DAYS: Final = 9999
"""Days since an agent was last seen of which no sign is left."""


class DeleteParams(Params):
    """Which agent."""

    needs: ClassVar = ("name",)
    name: str = ""


class Deleted(msgspec.Struct):
    """The agent that is gone."""

    agent_id: str
    deleted: bool
    message: str


class CleanupParams(Params):
    """Delete them (`force`) or only look; who was unseen for more than so many days is gone."""

    dry_run: bool = False
    force: bool = False
    threshold: int = 30


class Orphan(msgspec.Struct):
    """An agent that seems to be gone; `reason` says by what."""

    agent_id: str
    role: str
    module: str
    worktree: str
    branch: str
    last_seen_at: str
    worktree_missing: bool
    branch_missing: bool
    days_since_last_seen: int
    message_count: int
    reason: str


class Cleanup(msgspec.Struct):
    """Who seems to be gone (null if nobody), and who was deleted."""

    orphans: list[Orphan] | None
    deleted: list[str]
    dry_run: bool
    message: str


@method(
    "agent.delete", rights=Rights.OWNER, errors=("not_found", "not_allowed"), transports=EVERYWHERE
)
async def delete(call: Call, params: DeleteParams) -> Deleted:
    """Forgets an agent, its sessions and its inbox, here and in every clone.

    What it wrote stays with those who received it. For the agent itself, people and coordinators;
    of another clone's agents, coordinators delete only who does not live there any more.
    `agent.cleanup` forgets who is gone.
    """
    agent_id, mine = names.bare(params.name), call.agent_id
    heard_at = await call.node.store.ask(lambda db: _heard_at(call, db, agent_id))

    def decide(transaction: Transaction) -> None:
        known = agent_queries.agent(transaction.db, agent_id)
        if known is None:
            raise strangers.no_agent(transaction.db, agent_id, f"agent not found: {agent_id}")
        rights.demand_own(call, transaction.db, agent_id, "the account")
        _check_abroad(call, transaction, known, heard_at)
        transaction.emit(
            events.AgentCleanup(
                agent_id=agent_id,
                reason="manual deletion",
                method="manual",
                deleted_by=mine if mine != agent_id else "",
            )
        )

    await call.transact(decide)
    await _forgotten(call, [agent_id])
    return Deleted(agent_id, True, f"{agent_id} is deleted")


def _heard_at(call: Call, db: sqlite3.Connection, agent_id: str) -> str:
    known = agent_queries.agent(db, agent_id)
    is_abroad = known is not None and home.is_abroad(call, known)
    return tenancy(db, known, is_abroad=True).heard_at if known and is_abroad else ""


def _check_abroad(call: Call, transaction: Transaction, known: Account, heard_at: str) -> None:
    """Refuses to delete who may live in another clone; not to itself, nor to people.

    Raises:
        ThrumError: ``not_allowed``.
    """
    mine = call.agent_id
    if mine == known.agent_id or is_person(mine) or not home.is_abroad(call, known):
        return
    found = tenancy(transaction.db, known, is_abroad=False)._replace(heard_at=heard_at)
    if not taking.reason(found, Bid(""), taking.present(call, found)):
        raise ThrumError(
            "not_allowed",
            f"{known.agent_id} may be alive in another clone",
            "delete it there, let a person do it, or end its session first:"
            f" `thrum session list --agent {known.agent_id} --active`",
        )


@method("agent.cleanup", rights=Rights.CLONE, errors=("not_allowed",), transports=EVERYWHERE)
async def cleanup(call: Call, params: CleanupParams) -> Cleanup:
    """Finds agents of this clone that are gone, and forgets them if `force` says so.

    Gone is who has no identity file in any worktree, whose worktree is removed, or who was unseen
    for more than `threshold` days. Never the caller, nor who is at work, nor a reserved one.
    Everybody may look; `force` is for people and coordinators.
    """
    if params.dry_run and params.force:
        raise ThrumError("invalid_params", "dry_run and force exclude each other")
    if params.threshold < 0:
        raise ThrumError("invalid_params", "threshold is a number of days, 0 or more")
    if params.force:
        rights.demand_charge(call, call.node.store.reader(), "deleting agents that are gone")
    repository, daemon_id = call.node.place.repository, call.node.identity.daemon_id
    known = await call.node.store.ask(lambda db: residents(db, daemon_id))
    others = [each for each in known if each.agent_id != call.agent_id]
    homes = await to_thread.run_sync(find_homes, repository, others)
    judged = [
        (each, judge(each, homes[each.agent_id], _present(call, each), params.threshold))
        for each in others
    ]
    gone = {each: orphan for each, orphan in judged if orphan is not None}
    deleted = await _delete(call, gone) if params.force else []
    said = _said(len(gone), len(deleted), params)
    return Cleanup(list(gone.values()) or None, deleted, params.dry_run, said)


def _present(call: Call, known: Resident) -> int:
    """The present beside which the newest sign of the agent is as old as it really is."""
    seen = known.last_seen_at
    return call.service(Upkeep).present(seen) if seen else call.node.now_ns()


def _said(gone: int, deleted: int, params: CleanupParams) -> str:
    if not gone:
        return "No agent is gone"
    if params.force:
        return f"Deleted {deleted} of {counted(gone, 'agent')} that seemed to be gone"
    found = f"Found {counted(gone, 'agent')} that may be gone"
    return found if params.dry_run else f"{found}; force deletes them"


@dataclass(frozen=True, slots=True)
class Home:
    """What processes and files say of an agent.

    Attributes:
        worktree: where it is at home; empty if unknown.
        filed: whether any worktree holds its identity file.
        stands: whether the worktree is still there.
        has_branch: whether its branch is.
        runs: whether its process is.
        reserved: whether its file says that it is no ordinary agent.
    """

    worktree: str = ""
    filed: bool = False
    stands: bool = False
    has_branch: bool = False
    runs: bool = False
    reserved: bool = False


def judge(known: Resident, home: Home, now_ns: int, threshold: int) -> Orphan | None:
    """The orphan that an agent is, or None.

    Args:
        known: what the database knows of it.
        home: what files and processes say.
        now_ns: the present, by the clock by which the agent was seen.
        threshold: days.
    """
    unseen_ns = now_ns - parse(known.last_seen_at) if known.last_seen_at else None
    at_work = bool(known.session_id) and unseen_ns is not None and unseen_ns < AT_WORK_NS
    if home.reserved or home.runs or at_work:
        return None
    days = UNKNOWN_DAYS if unseen_ns is None else max(unseen_ns // DAY_NS, 0)
    reason = _reason(home, days if unseen_ns is not None else 0, threshold)
    if not reason:
        return None
    return Orphan(
        agent_id=known.agent_id,
        role=known.role,
        module=known.module,
        worktree=home.worktree,
        branch=known.branch,
        last_seen_at=known.last_seen_at,
        worktree_missing=not home.stands,
        branch_missing=not home.has_branch,
        days_since_last_seen=days,
        message_count=known.messages,
        reason=reason,
    )


def _reason(home: Home, days: int, threshold: int) -> str:
    if not home.filed:
        return "no worktree holds its identity file"
    if not home.stands:
        return "its worktree is gone"
    return f"unseen for {counted(days, 'day')}" if days > threshold else ""


Filed = tuple[Path, Identity]
"""An identity file, and the worktree that holds it."""


def find_homes(repository: Path, agents: Iterable[Resident]) -> dict[str, Home]:
    """Where agents are at home by their identity files in all worktrees, read afresh."""
    git = git_place.of(repository)
    roots = list(git_place.worktrees(git)) if git else []
    found: list[Filed] = []
    stems: set[str] = set()
    for root in roots:
        folder = root / ".thrum" / "identities"
        # One that cannot be read is somebody's nevertheless.
        stems.update(path.stem for path in folder.glob("*.json"))
        found += [(root, each) for each in files.read_all(folder)]
    found.sort(key=lambda filed: weight(filed[1]))
    by_name = {name: filed for filed in found for name in _names(filed[1])}
    return {each.agent_id: _home(each, _filed(each, by_name), stems, roots, git) for each in agents}


def _names(identity: Identity) -> Iterator[str]:
    """What the file's agent is called; one that bears no name is known by role and module."""
    yield identity.name
    if not _is_named(identity):
        yield f"{identity.role}/{identity.module}"


def _is_named(identity: Identity) -> bool:
    agent = identity.raw.get("agent")
    return isinstance(agent, dict) and any(
        key.lower() == "name" and value for key, value in agent.items()
    )


def _filed(known: Resident, by_name: dict[str, Filed]) -> Filed | None:
    unnamed = bool(names.parts(known.agent_id)[1])
    facts = by_name.get(f"{known.role}/{known.module}") if unnamed else None
    return by_name.get(known.agent_id) or facts


def _home(
    known: Resident,
    found: Filed | None,
    stems: set[str],
    roots: list[Path],
    git: git_place.GitPlace | None,
) -> Home:
    filed = found is not None or known.agent_id in stems
    runs = process.alive(known.agent_pid, known.agent_pid_start_time)
    if found is None:
        worktree, branch = known.worktree, known.branch
    else:
        root, identity = found
        worktree = _absolute(identity.worktree, roots) or str(root)
        branch = known.branch or identity.branch
        runs = runs or process.alive(identity.agent_pid, identity.agent_pid_started)
    stands = Path(worktree).is_dir() if Path(worktree).is_absolute() else filed and not worktree
    return Home(
        worktree=worktree,
        filed=filed,
        stands=stands,
        has_branch=git_place.has_branch(git, branch) if git and branch else stands,
        runs=runs,
        reserved=found is not None and found[1].reserved,
    )


def _absolute(worktree: str, roots: list[Path]) -> str:
    """A worktree as a file names it, if it does; old files hold only its last part."""
    if not worktree or Path(worktree).is_absolute():
        return worktree
    return next((str(root) for root in roots if root.name == worktree), worktree)


async def _delete(call: Call, gone: dict[Resident, Orphan]) -> list[str]:
    """Forgets who is still as it was judged, each in a transaction of its own."""
    deleted = []
    for known in gone:
        if await call.transact(lambda t, known=known: _forget(call, t, known)):  # type: ignore[misc]
            deleted.append(known.agent_id)
    if deleted:
        await _forgotten(call, deleted)
    return deleted


def _forget(call: Call, transaction: Transaction, known: Resident) -> bool:
    daemon_id = call.node.identity.daemon_id
    if residents(transaction.db, daemon_id, known.agent_id) != [known]:
        return False  # it came back in between
    transaction.emit(
        events.AgentCleanup(
            agent_id=known.agent_id,
            reason="orphaned",
            method="automated",
            deleted_by=call.caller.agent_id if call.caller.agent_id != known.agent_id else "",
        )
    )
    return True


async def _forgotten(call: Call, agent_ids: list[str]) -> None:
    """What follows when agents are deleted: nobody is them any more, and their files go."""
    db = call.node.store.reader()
    stems = {agent_id: names.shard_stem(agent_id) for agent_id in agent_ids}
    # Files of `px:nux` are named like those of `px_nux`, which may be somebody else.
    alone = {
        agent_id: stem
        for agent_id, stem in stems.items()
        if stem == agent_id or agent_queries.agent(db, stem) is None
    }
    await to_thread.run_sync(_forget_files, call.node.place.repository, alone)


def _forget_files(repository: Path, stems: Mapping[str, str]) -> None:
    """Removes the agents' files from every worktree; a folder that is odd is left alone."""
    git = git_place.of(repository)
    for root in git_place.worktrees(git) if git else ():
        for agent_id, stem in stems.items():
            try:
                identity = paths.at(root).identities / f"{stem}.json"
                identity.unlink(missing_ok=True)
                contexts.Contexts(root).forget(stem)
            except (ThrumError, OSError) as error:
                logger.warning("files of %s stay in %s: %s", agent_id, root, error)
