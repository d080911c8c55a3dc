"""``team.list`` and ``agent.lookup``: everybody, or one, at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

import msgspec
from anyio import to_thread

from thrum import names
from thrum.clock import format_ns
from thrum.daemon.callers import pseudo_agent
from thrum.daemon.callers.person import git_user
from thrum.daemon.claims.service import Claims
from thrum.daemon.peers.service import Peers
from thrum.daemon.projection.queries import agents as queries
from thrum.daemon.projection.queries.agents import GroupTotal
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, Transport, method
from thrum.daemon.tmux import state
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.service import Tmux
from thrum.daemon.work.glance import glance
from thrum.daemon.work.service import Work
from thrum.identity import process
from thrum.identity.files import Identity

MOST_CLAIMS: Final = 20


class TeamParams(Params):
    """Also those without an open session; also reserved pseudo agents."""

    include_offline: bool = False
    include_system: bool = False


class LookupParams(Params):
    """Which agent."""

    needs: ClassVar = ("name",)
    name: str = ""


class Member(queries.Member, omit_defaults=True):
    """One of the team.

    `agent_status` is what the agent says of itself: working, idle, blocked or stuck.
    `git_updated_at` says of when branch, commits and files are.

    `agent_pid_started` tells `agent_pid` from a later process of the same number. A local agent
    with a session whose process has ended is offline. `claims` are the first twenty things that it
    has for itself.
    """

    runtime: str = ""
    tmux_session: str = ""
    tmux_state: str = ""
    reserved: bool = False
    is_local: bool = False
    claims: list[str] | None = None


class Shared(msgspec.Struct, omit_defaults=True):
    """How much went to everybody and to groups."""

    broadcast_total: int
    groups: list[GroupTotal] | None = None


class Beyond(msgspec.Struct, omit_defaults=True):
    """How many agents of a peer can be written to, as ``prefix:name``; whether it answers."""

    prefix: str
    agents: int
    reached: bool


class Team(msgspec.Struct, omit_defaults=True):
    """The team; nobody knows of agents of peers whether they are at work."""

    members: list[Member]
    shared_messages: Shared | None = None
    beyond: list[Beyond] | None = None


class Found(msgspec.Struct):
    """The agent, or null."""

    member: Member | None


@method("team.list", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def team(call: Call, params: TeamParams) -> Team:
    """Lists the team: who works where on what, and how much mail waits for them.

    Worktrees of this clone are looked at now, for a second; of other clones it is told what they
    said last.
    """
    node = call.node
    # The files off the loop as well: a worktree may lie on a mount that does not answer.
    found, filed = await node.store.ask(
        lambda db: (
            queries.team(db, params.include_offline, params.include_system),
            node.callers.identities.by_name(),
        )
    )
    peers = call.service(Peers)
    doubled = peers.bridge.doubles({each.agent_id: each.origin_daemon for each in found.members})
    found.members = [each for each in found.members if each.agent_id not in doubled]
    await _look(call, found.members)
    panes = await in_tmux(call, filed)
    members = [describe(call, each, filed, panes) for each in found.members]
    if params.include_system:
        members.append(await _supervisor(call))
    else:
        members = [each for each in members if not each.reserved]
    await _claims(call, members)
    shared = Shared(found.broadcast_total, found.groups or None)
    for each in members:
        each.origin_daemon = peers.bridge.home(each.agent_id) or each.origin_daemon
    beyond = [Beyond(*each) for each in await peers.bridge.beyond()]
    return Team(members, shared if found.broadcast_total or found.groups else None, beyond or None)


async def _claims(call: Call, members: list[Member]) -> None:
    """Says of each member what it has for itself."""
    held: dict[str, list[str]] = {}
    for claim in await call.service(Claims).held():
        held.setdefault(claim.agent_id, []).append(claim.what)
    for each in members:
        each.claims = held.get(each.agent_id, [])[:MOST_CLAIMS] or None


async def _look(call: Call, members: list[queries.Member]) -> None:
    """Puts what the worktrees of this clone say now into its members with a session."""
    ours = {"", call.node.identity.daemon_id}
    here = [each for each in members if each.session_id and each.origin_daemon in ours]
    seen = await glance(call.service(Work).observer, (each.worktree for each in here))
    now = format_ns(call.node.now_ns())
    for each in here:
        work = seen.get(each.worktree)
        if work is not None:
            each.branch = work.branch
            each.unmerged_commits = len(work.unmerged_commits)
            each.file_changes = work.file_changes or None
            each.git_updated_at = now


@method("agent.lookup", rights=Rights.READS, transports=Transport.UNIX)
async def lookup(call: Call, params: LookupParams) -> Found:
    """Finds one agent, without counting commits, changes or mail."""
    agent_id, node = names.bare(params.name), call.node
    found, filed = await node.store.ask(
        lambda db: (queries.member(db, agent_id), node.callers.identities.by_name())
    )
    if found is None:
        reserved = pseudo_agent.is_supervisor(agent_id, call.node.config, call.node.identity)
        return Found(await _supervisor(call) if reserved else None)
    member = describe(call, found, filed, await in_tmux(call, filed))
    member.unmerged_commits = member.inbox_total = member.inbox_unread = 0
    member.file_changes = None
    return Found(member)


async def _supervisor(call: Call) -> Member:
    settings, identity = call.node.config, call.node.identity
    person, _ = await to_thread.run_sync(git_user, str(call.node.place.repository))
    return Member(
        agent_id=pseudo_agent.supervisor_id(settings, identity, person),
        role=pseudo_agent.ROLE,
        module=pseudo_agent.MODULE,
        unmerged_commits=0,
        inbox_total=0,
        inbox_unread=0,
        status="reserved",
        display=f"Supervisor ({pseudo_agent.project(settings, identity)})",
        hostname=identity.hostname,
        origin_daemon=identity.daemon_id,
        reserved=True,
        is_local=True,
    )


def describe(
    call: Call, found: queries.Member, identities: dict[str, Identity], panes: Sequence[Pane]
) -> Member:
    """A member with what its identity file, process and session say, if it is of this clone.

    Args:
        call: by whom it is asked for.
        found: what the events say.
        identities: the files, by name.
        panes: those of tmux, as `in_tmux` finds them.
    """
    is_ours = found.origin_daemon in {"", call.node.identity.daemon_id}
    local = is_ours and not names.is_proxy(found.agent_id)
    filed = identities.get(found.agent_id) if local else None
    pid, started, runs = _process(found, filed, local)
    reserved = filed is not None and filed.reserved
    gone = found.status == "active" and runs is False
    changed = {
        "status": "reserved" if reserved else "offline" if gone else found.status,
        "agent_pid": pid,
        "agent_pid_started": started,
        "branch": found.branch or branch_in(filed if found.session_id else None),
        "agent_status": filed.agent_status if filed else found.agent_status,
    }
    return Member(
        **(msgspec.structs.asdict(found) | changed),
        runtime=filed.runtime if filed else "",
        tmux_session=filed.tmux_session if filed else "",
        tmux_state=state.of(filed, panes) if filed else "",
        reserved=reserved,
        is_local=local,
    )


async def in_tmux(call: Call, identities: Mapping[str, Identity]) -> list[Pane]:
    """Every pane of tmux, if one of the identities names one; else nobody is asked."""
    if not any(each.tmux_session for each in identities.values()):
        return []
    return await call.service(Tmux).seen()


def branch_in(filed: Identity | None) -> str:
    """The branch by an agent's file, which follows each of its commands.

    It stands in for what a look at the worktree would say, where none has been taken yet.
    """
    return filed.branch if filed else ""


def _process(
    found: queries.Member, filed: Identity | None, local: bool
) -> tuple[int, str, bool | None]:
    """The agent's process, and whether it runs: None of another machine's, and without one."""
    known = [(found.agent_pid, found.agent_pid_started)]
    if filed:
        known.insert(0, (filed.agent_pid, filed.agent_pid_started))
    known = [each for each in known if each[0] > 0]
    if not known:
        return 0, "", None
    if not local:
        return *known[0], None
    running = next((each for each in known if process.alive(*each)), None)
    return *(running or known[0]), running is not None
