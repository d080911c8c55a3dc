"""``sync.worktree.*``: the branch's files in a folder, for older programs and for people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread
import msgspec
import pygit2

from gitstore import Health, Log, LogError, find_worktree, other_checkouts, printable
from thrum import git_place
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, Transport, method
from thrum.daemon.sync.service import SyncService
from thrum.errors import ThrumError

T = TypeVar("T")


class Worktree(msgspec.Struct, omit_defaults=True):
    """How it stands with the worktree.

    `state` is none, sound, missing, unregistered, elsewhere, other branch or occupied; `text` says
    the same as a sentence. `trouble` names files that could not be read or brought up to date;
    `kept` where files that were in the way of ``off`` are now; `other_checkouts` folders where
    somebody else has the branch checked out.
    """

    state: str
    path: str
    text: str
    locked: bool = False
    trouble: list[str] = []
    other_checkouts: list[str] = []
    kept: list[str] = []


class OffParams(Params, kw_only=True):
    """Whether files that are not the branch's are moved out of the way instead of refused."""

    keep: bool = False


@method("sync.worktree.status", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def status(call: Call, params: Params) -> Worktree:
    """Tells whether the branch's files stand in a folder, and whether they are in step."""
    return await _told(call)


@method(
    "sync.worktree.on",
    rights=Rights.CLONE,
    transports=Transport.UNIX,
    long_poll=True,
    errors=("conflict", "timed_out", "shutting_down"),
)
async def on(call: Call, params: Params) -> Worktree:
    """Makes a folder with the branch's files, which follow each commit; or repairs it."""
    await _carried_out(call, lambda log: log.make_worktree())
    return await _told(call)


@method(
    "sync.worktree.off",
    rights=Rights.CLONE,
    transports=Transport.UNIX,
    long_poll=True,
    errors=("conflict", "timed_out", "shutting_down"),
)
async def off(call: Call, params: OffParams) -> Worktree:
    """Removes the folder; what is in it and not committed comes in first."""
    kept = await _carried_out(call, lambda log: log.remove_worktree(keep=params.keep))
    told = await _told(call)
    told.kept = [printable(str(path)) for path in kept]
    return told


async def _carried_out(call: Call, job: Callable[[Log], T]) -> T:
    try:
        return await call.service(SyncService).loop.carry_out(job)
    except LogError as error:
        raise ThrumError("conflict", str(error)) from error
    except (OSError, pygit2.GitError) as error:
        raise ThrumError("storage", f"the disk or git refuses: {error}") from error


async def _told(call: Call) -> Worktree:
    """What the small files say that git keeps about worktrees; read apart from the event loop."""
    trouble = call.service(SyncService).loop.status().worktree_trouble
    return await anyio.to_thread.run_sync(_look, call.node.place.repository, trouble)


def _look(repository: Path, trouble: tuple[str, ...]) -> Worktree:
    git = git_place.of(repository)
    if git is None:
        raise ThrumError("repository", f"{repository} is in no git work tree any more")
    found = find_worktree(git.common_dir)
    is_there = found.health is not Health.NONE
    others = other_checkouts(git.common_dir)
    return Worktree(
        state=found.health.value,
        path=printable(str(found.folder)) if is_there else "",
        text=found.text,
        locked=found.is_locked,
        trouble=list(trouble) if is_there else [],
        other_checkouts=[printable(str(path)) for path in others],
    )
