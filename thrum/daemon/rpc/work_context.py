"""``agent.listContext``: what everybody works on, and who works on a file."""

from __future__ import annotations

from typing import Final

import msgspec

from thrum.clock import format_ns
from thrum.daemon.claims.service import Claims
from thrum.daemon.ending import GIT_FRESH_NS
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.projection.queries.claims import Claim
from thrum.daemon.projection.queries.sessions import Context, Working
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Limit, Params, Rights, method
from thrum.daemon.work.glance import GLANCE_S, fill, glance, overlay
from thrum.daemon.work.matching import touches
from thrum.daemon.work.observer import WAIT_LIMIT_S
from thrum.daemon.work.service import Work
from thrum.errors import ThrumError

LONGEST_PATH: Final = 4096


class ContextParams(Params):
    """Whose work, on which branch, on which file.

    The worktrees of this clone are looked at now, for a second; `fresh` waits longer for large
    ones. `file` is a path from the repository's root or the end of one. `include_ended` adds what
    agents left behind whose session has ended. At most `limit`, 0 for all.
    """

    agent_id: str = ""
    branch: str = ""
    file: str = ""
    fresh: bool = False
    include_ended: bool = False
    limit: Limit = 0


class Contexts(msgspec.Struct, omit_defaults=True):
    """Work contexts, the latest seen first; each says by `git_updated_at` as of when it is.

    `as_of` is when the oldest of what was gone through was seen, also of those that are left out.
    Of a file `claims` tell who has it for himself.
    """

    contexts: list[Context]
    as_of: str = ""
    claims: list[Claim] | None = None


@method("agent.listContext", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def list_context(call: Call, params: ContextParams) -> Contexts:
    """Lists what open sessions work on: of this clone as it is now, of others as last told.

    Pages are always told of `changed_files` and `uncommitted_files`.
    """
    if len(params.file) > LONGEST_PATH:
        raise ThrumError("too_large", f"the path is longer than {LONGEST_PATH:,} characters")
    since = format_ns(call.node.now_ns() - GIT_FRESH_NS) if params.include_ended else None
    agent_id = params.agent_id or None
    found = await call.node.store.ask(lambda db: session_queries.working(db, agent_id, None, since))
    found = await _looked_at(call, found, WAIT_LIMIT_S if params.fresh else GLANCE_S)
    contexts = [
        each.context
        for each in found
        if not params.branch or each.context.branch == params.branch
        if not params.file or touches(each.context, params.file)
    ]
    for context in contexts if call.caller.is_page else ():
        fill(context)
    seen = [each.context.git_updated_at for each in found if each.context.git_updated_at]
    claims = await call.service(Claims).covering(params.file) if params.file else []
    return Contexts(contexts[: params.limit or None], min(seen, default=""), claims or None)


async def _looked_at(call: Call, found: list[Working], limit_s: float) -> list[Working]:
    """The same, with what the worktrees of this clone say now. Nothing of it is kept."""
    ours = {"", call.node.identity.daemon_id}
    here = [
        each
        for each in found
        if each.worktree and not each.context.ended_at and each.origin_daemon in ours
    ]
    observer = call.service(Work).observer
    seen = await glance(observer, (each.worktree for each in here), limit_s)
    now = format_ns(call.node.now_ns())
    for each in here:
        if each.worktree in seen:
            overlay(each.context, seen[each.worktree], now)
    return sorted(found, key=lambda each: each.context.git_updated_at, reverse=True)
