"""``team.overview``: everything that an agent wants to know at first, of one moment."""

from __future__ import annotations

from typing import Final

import msgspec

from thrum import platform
from thrum.clock import format_ns
from thrum.daemon.claims.service import Claims
from thrum.daemon.monitors.service import Monitors
from thrum.daemon.monitors.standing import Standing
from thrum.daemon.projection.queries import overview as queries
from thrum.daemon.projection.queries.claims import Claim
from thrum.daemon.projection.queries.overview import Work
from thrum.daemon.projection.queries.sessions import Context
from thrum.daemon.rpc.agent import Me
from thrum.daemon.rpc.health import Health, describe
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.daemon.rpc.session_work import branch_at
from thrum.daemon.rpc.team import branch_in
from thrum.daemon.work.glance import glance, overlay
from thrum.daemon.work.service import Work as WorkService
from thrum.identity.files import Identity

MOST_CLAIMS: Final = 50


class Colleague(Context, omit_defaults=True):
    """What somebody works on, and who they are; `agent_pid` only of local agents."""

    role: str = ""
    module: str = ""
    hostname: str = ""
    last_seen: str = ""
    agent_pid: int = 0
    agent_pid_started: str = ""
    is_local: bool = False


class Inbox(msgspec.Struct):
    """How much mail by others there is, and how much of it is unread."""

    total: int
    unread: int


class Overview(msgspec.Struct, omit_defaults=True):
    """The daemon, the caller (absent where nobody is registered), the others, the inbox, the
    monitors (absent where there is none), and the first fifty claims."""

    health: Health
    agent: Me | None = None
    work_context: Context | None = None
    team: list[Colleague] | None = None
    inbox: Inbox | None = None
    monitors: Standing | None = None
    claims: list[Claim] | None = None


@method(
    "team.overview",
    rights=Rights.READS,
    anonymous=True,
    errors=("identity_mismatch",),
    transports=EVERYWHERE,
)
async def overview(call: Call, params: Params) -> Overview:
    """Shows the caller, what the others work on, the caller's inbox and the daemon."""
    me, node = call.caller.agent_id, call.node
    # The files off the loop as well: a worktree may lie on a mount that does not answer.
    found, filed = await node.store.ask(
        lambda db: (queries.overview(db, me), node.callers.identities.by_name())
    )
    await _look(call, found)
    others = [_colleague(call, each, filed) for each in found if each.context.agent_id != me]
    mine = next((each for each in found if each.context.agent_id == me), None)
    page = Overview(describe(node), team=others or None)
    monitors = call.service(Monitors).standing()
    page.monitors = monitors if monitors != Standing() else None
    page.claims = (await call.service(Claims).held())[:MOST_CLAIMS] or None
    if mine:
        if me in filed:
            mine.context.agent_status = filed[me].agent_status
        page.agent = await _me(call, mine)
        page.work_context = mine.context if mine.context.session_id else None
        page.inbox = Inbox(mine.total, mine.unread)
    return page


async def _look(call: Call, found: list[Work]) -> None:
    """Puts what the worktrees of this clone say now into the work of its agents."""
    ours = {"", call.node.identity.daemon_id}
    here = [
        each.context
        for each in found
        if each.context.session_id and each.origin_daemon in ours and each.context.worktree_path
    ]
    seen = await glance(call.service(WorkService).observer, (each.worktree_path for each in here))
    now = format_ns(call.node.now_ns())
    for context in here:
        if context.worktree_path in seen:
            overlay(context, seen[context.worktree_path], now)


async def _me(call: Call, mine: Work) -> Me:
    branch, here = mine.context.branch, call.caller.worktree
    if not branch and here:
        branch = await branch_at(call, here)
    return Me(
        agent_id=mine.context.agent_id,
        role=mine.role,
        module=mine.module,
        display=mine.display,
        source="caller" if call.caller.rule == "claim" else "peercred",
        session_id=mine.context.session_id,
        session_start=mine.session_start,
        branch=branch,
        intent=mine.context.intent,
        host=platform.hostname(),
        pid=mine.agent_pid,
        rule=call.caller.rule,
        others=list(call.caller.others),
    )


def _colleague(call: Call, work: Work, filed: dict[str, Identity]) -> Colleague:
    local = work.origin_daemon in {"", call.node.identity.daemon_id}
    about = msgspec.structs.asdict(work.context)
    if local and not work.context.branch:
        about["branch"] = branch_in(filed.get(work.context.agent_id))
    if local and work.context.agent_id in filed:
        about["agent_status"] = filed[work.context.agent_id].agent_status
    return Colleague(
        **about,
        role=work.role,
        module=work.module,
        hostname=work.hostname,
        last_seen=work.last_seen,
        agent_pid=work.agent_pid if local else 0,
        agent_pid_started=work.agent_pid_start_time if local else "",
        is_local=local,
    )
