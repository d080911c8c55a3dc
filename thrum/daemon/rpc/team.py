"""``team.list``: everybody at a glance."""

from __future__ import annotations

import msgspec

from thrum import git_place
from thrum.daemon.projection.queries import agents as queries
from thrum.daemon.projection.queries.agents import GroupTotal
from thrum.daemon.projection.queries.sessions import FileChange
from thrum.daemon.rpc.registry import Call, Params, method
from thrum.identity import files, process
from thrum.identity.files import Identity


class TeamParams(Params):
    """Also those without an open session; also reserved pseudo agents."""

    include_offline: bool = False
    include_system: bool = False


class Member(msgspec.Struct, omit_defaults=True):
    """One of the team. `live` tells of a local agent whether its process runs."""

    agent_id: str
    role: str
    module: str
    unmerged_commits: int
    inbox_total: int
    inbox_unread: int
    status: str
    display: str = ""
    hostname: str = ""
    origin_daemon: str = ""
    agent_pid: int = 0
    runtime: str = ""
    worktree: str = ""
    session_id: str = ""
    session_start: str = ""
    last_seen: str = ""
    intent: str = ""
    current_task: str = ""
    branch: str = ""
    file_changes: list[FileChange] | None = None
    tmux_session: str = ""
    live: bool | None = None
    is_local: bool = False


class Shared(msgspec.Struct, omit_defaults=True):
    """How much went to everybody and to groups."""

    broadcast_total: int
    groups: list[GroupTotal] | None = None


class Team(msgspec.Struct, omit_defaults=True):
    """The team."""

    members: list[Member]
    shared_messages: Shared | None = None


@method("team.list", anonymous=True)
async def team(call: Call, params: TeamParams) -> Team:
    """Lists the team: who works where on what, and how much mail waits for them."""
    db = call.services.store.reader()
    ours = call.services.identity.daemon_id
    filed = _identities(call)
    members = []
    for found in queries.team(db, params.include_offline):
        if found.kind == "monitor" and not params.include_system:
            continue
        local = found.origin_daemon in {"", ours}
        members.append(_member(found, local, filed.get(found.agent_id) if local else None))
    shared = queries.shared_messages(db)
    any_shared = shared.broadcast_total or shared.groups
    return Team(
        members, Shared(shared.broadcast_total, shared.groups or None) if any_shared else None
    )


def _identities(call: Call) -> dict[str, Identity]:
    git = git_place.find(call.services.place.repository)
    found: dict[str, Identity] = {}
    for root in git_place.worktrees(git) if git else ():
        for each in files.read_all(root / ".thrum" / "identities"):
            if each.name not in found or each.updated_at > found[each.name].updated_at:
                found[each.name] = each
    return found


def _member(found: queries.Member, local: bool, filed: Identity | None) -> Member:
    pid = filed.agent_pid if filed and filed.agent_pid else found.agent_pid
    started = filed.agent_pid_started if filed else found.agent_pid_start_time
    return Member(
        agent_id=found.agent_id,
        role=found.role,
        module=found.module,
        unmerged_commits=found.unmerged_commits,
        inbox_total=found.inbox_total,
        inbox_unread=found.inbox_unread,
        status=found.status,
        display=found.display,
        hostname=found.hostname,
        origin_daemon=found.origin_daemon,
        agent_pid=pid,
        runtime=filed.runtime if filed else "",
        worktree=found.worktree,
        session_id=found.session_id,
        session_start=found.session_start,
        last_seen=found.last_seen,
        intent=found.intent,
        current_task=found.current_task,
        branch=found.branch,
        file_changes=found.file_changes,
        tmux_session=filed.tmux_session if filed else "",
        live=process.alive(pid, started) if local and pid else None,
        is_local=local,
    )
