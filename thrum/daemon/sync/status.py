"""How it stands with the exchange, as people and pages are told."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from gitstore import Exchange, Outcome
from thrum.daemon.sync.held import HeldEvent

OFFLINE: Final = frozenset({Outcome.UNREACHABLE, Outcome.TIMED_OUT})


class SyncStatus(Struct, frozen=True):
    """The truth about the loop.

    Attributes:
        running: whether the thread lives.
        sync_state: local-only, stopped, error, offline, pending, synced or idle (never synced, or
            there is no remote).
        last_sync_at: when a cycle last ended well; empty before the first.
        last_error: git's own words about the last cycle, empty if it went well.
        reads: whether mail comes in although none goes out.
        local_only: whether the remote is off limits.
        local_only_reason: why, and what to do about it.
        tip: the branch's commit.
        ahead, behind: commits that the remote lacks and that we lack, as last seen.
        next_try_at: when the clock starts the next cycle; empty where the remote is off limits.
        exchange: what the last cycle did.
        remote: the name of the remote; empty if there is none.
        held: events that the remote refuses; all else is there.
        worktree_trouble: files of the branch's worktree that could not be read or follow.
    """

    running: bool
    sync_state: str
    last_sync_at: str = ""
    last_error: str = ""
    reads: bool = False
    local_only: bool = False
    local_only_reason: str = ""
    tip: str = ""
    ahead: int = 0
    behind: int = 0
    next_try_at: str = ""
    exchange: Exchange | None = None
    remote: str = ""
    worktree_trouble: tuple[str, ...] = ()
    held: tuple[HeldEvent, ...] = ()


def state_of(status: SyncStatus, outcome: Outcome | None, waiting: bool) -> str:
    """The one word for a status: the first that applies.

    Args:
        status: with `running`, `local_only`, `reads`, `last_error` and `last_sync_at` filled.
        outcome: of the last exchange.
        waiting: whether there are events that the remote does not have.
    """
    if status.local_only:
        return "local-only"
    if not status.running:
        return "stopped"
    if outcome in OFFLINE and not status.reads:
        return "offline"
    if status.last_error:
        return "error"
    if outcome is Outcome.NO_REMOTE:
        return "idle"
    if waiting:
        return "pending"
    return "synced" if status.last_sync_at else "idle"
