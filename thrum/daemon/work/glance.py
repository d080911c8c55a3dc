"""A look at several worktrees at once, for whoever shows them beside each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import anyio

from thrum.daemon.projection.queries.sessions import Context
from thrum.daemon.work.observer import Observer
from thrum.daemon.work.reading import GitWork

GLANCE_S: Final = 1.0
"""Seconds that a view waits; what was not looked at by then is shown as it was seen last."""


async def glance(
    observer: Observer, worktrees: Iterable[str], limit_s: float = GLANCE_S
) -> dict[str, GitWork]:
    """What the worktrees say now; those that nobody could look at in time are left out."""
    seen: dict[str, GitWork] = {}

    async def see(place: str) -> None:
        work = await observer.look(place, limit_s)
        if work is not None:
            seen[place] = work

    async with anyio.create_task_group() as tasks:
        for place in dict.fromkeys(filter(None, worktrees)):
            tasks.start_soon(see, place)
    return seen


def overlay(context: Context, work: GitWork, now: str) -> None:
    """Puts what a look found in the place of what was seen before."""
    context.branch = work.branch
    context.worktree_path = work.worktree_path
    context.unmerged_commits = work.unmerged_commits or None
    context.uncommitted_files = work.uncommitted_files or None
    context.changed_files = work.changed_files or None
    context.file_changes = work.file_changes or None
    context.git_updated_at = now


def fill(context: Context) -> None:
    """Has the lists of files be there though they are empty: pages count the files of each.

    Programs know that what is empty is left out.
    """
    context.changed_files = context.changed_files or []
    context.uncommitted_files = context.uncommitted_files or []


def differs(context: Context, work: GitWork) -> bool:
    """Whether a look found anything else than was seen before."""
    then = (
        context.branch,
        context.worktree_path,
        context.unmerged_commits or [],
        context.uncommitted_files or [],
        context.changed_files or [],
        context.file_changes or [],
    )
    now = (
        work.branch,
        work.worktree_path,
        work.unmerged_commits,
        work.uncommitted_files,
        work.changed_files,
        work.file_changes,
    )
    return then != now
