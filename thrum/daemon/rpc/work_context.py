"""``agent.listContext``: what everybody works on, and who works on a file."""

from __future__ import annotations

from typing import Final

import anyio
import msgspec

from thrum.clock import format_ns
from thrum.daemon.ending import GIT_FRESH_NS
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.projection.queries.sessions import Context, Working
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Limit, Params, Rights, method
from thrum.daemon.work.matching import touches
from thrum.daemon.work.reading import GitWork
from thrum.daemon.work.service import Work
from thrum.errors import ThrumError

LONGEST_PATH: Final = 4096


class ContextParams(Params):
    """Whose work, on which branch, on which file.

    `file` is a path from the repository's root or the end of one. `fresh` looks at the worktrees
    of this clone now instead of telling what was seen last. `include_ended` adds what agents left
    behind whose session has ended. At most `limit`, 0 for all.
    """

    agent_id: str = ""
    branch: str = ""
    file: str = ""
    fresh: bool = False
    include_ended: bool = False
    limit: Limit = 0


class Contexts(msgspec.Struct):
    """Work contexts, the latest seen first."""

    contexts: list[Context]


@method("agent.listContext", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def list_context(call: Call, params: ContextParams) -> Contexts:
    """Lists what open sessions work on, as last seen or, if asked, as it is now."""
    if len(params.file) > LONGEST_PATH:
        raise ThrumError("too_large", f"the path is longer than {LONGEST_PATH:,} characters")
    since = format_ns(call.node.now_ns() - GIT_FRESH_NS) if params.include_ended else None
    agent_id, branch = params.agent_id or None, params.branch or None
    found = await call.node.store.ask(
        lambda db: session_queries.working(db, agent_id, None if params.fresh else branch, since)
    )
    if params.fresh:
        found = await _looked_at(call, found)
    contexts = [
        each.context
        for each in found
        if not params.branch or each.context.branch == params.branch
        if not params.file or touches(each.context, params.file)
    ]
    return Contexts(contexts[: params.limit or None])


async def _looked_at(call: Call, found: list[Working]) -> list[Working]:
    """The same, with what the worktrees of this clone say now. Nothing of it is kept."""
    ours = {"", call.node.identity.daemon_id}
    here = [
        each
        for each in found
        if each.worktree and not each.context.ended_at and each.origin_daemon in ours
    ]
    places = list(dict.fromkeys(each.worktree for each in here))
    seen: dict[str, GitWork | None] = {}

    async def see(place: str) -> None:
        seen[place] = await call.service(Work).observer.look(place)

    async with anyio.create_task_group() as tasks:
        for place in places:
            tasks.start_soon(see, place)
    now = format_ns(call.node.now_ns())
    for each in here:
        work = seen[each.worktree]
        if work is not None:
            _overlay(each.context, work, now)
    return sorted(found, key=lambda each: each.context.git_updated_at, reverse=True)


def _overlay(context: Context, work: GitWork, now: str) -> None:
    context.branch = work.branch
    context.worktree_path = work.worktree_path
    context.unmerged_commits = work.unmerged_commits or None
    context.uncommitted_files = work.uncommitted_files or None
    context.changed_files = work.changed_files or None
    context.file_changes = work.file_changes or None
    context.git_updated_at = now
