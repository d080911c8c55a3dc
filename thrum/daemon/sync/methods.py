"""``sync.*``: the loop's state, and a cycle on demand."""

from __future__ import annotations

import msgspec
from anyio import to_thread

from thrum.daemon.projection.queries.clocks import told
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.daemon.sync.held import HeldEvent
from thrum.daemon.sync.service import SyncService
from thrum.daemon.sync.status import SyncStatus
from thrum.daemon.work.service import Work


class Status(msgspec.Struct, omit_defaults=True):
    """How the branch stands to the remote's. Times are RFC 3339, empty before the first sync.

    `ahead` and `behind` count the commits that the remote and this clone lack, as last seen;
    0 is left out. `reads` says that mail comes in although none goes out, or not all of it: `held`
    has the events that the remote refuses. `clocks` has a sentence for each clock that is off,
    `purged_lines` how many lines that a purge covers an older program brings back to the files.
    """

    running: bool
    last_sync_at: str
    sync_state: str
    local_only: bool
    last_error: str = ""
    local_only_reason: str = ""
    tip: str = ""
    ahead: int = 0
    behind: int = 0
    next_try_at: str = ""
    remote: str = ""
    reads: bool = False
    clocks: list[str] = []
    purged_lines: int = 0
    held: list[HeldEvent] = []


class Forced(msgspec.Struct, omit_defaults=True):
    """How the cycle ended, and how the branch stands to the remote's then, see ``sync.status``."""

    triggered: bool
    last_sync_at: str
    sync_state: str
    local_only: bool
    last_error: str = ""
    local_only_reason: str = ""
    outcome: str = ""
    pushed: bool = False
    fetched: bool = False
    merged: bool = False
    processes: int = 0
    tip: str = ""
    remote: str = ""
    ahead: int = 0
    behind: int = 0
    next_try_at: str = ""
    reads: bool = False
    held: list[HeldEvent] = []


@method("sync.status", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def status(call: Call, params: Params) -> Status:
    """Tells how the branch stands to the remote's, and why."""
    now = call.service(SyncService).loop.status()
    node = call.node
    clocks = await node.store.ask(
        lambda db: told(db, node.identity.daemon_id, node.now_ns()),
    )
    return Status(
        running=now.running,
        last_sync_at=now.last_sync_at,
        sync_state=now.sync_state,
        local_only=now.local_only,
        last_error=now.last_error,
        local_only_reason=now.local_only_reason,
        tip=now.tip,
        ahead=now.ahead,
        behind=now.behind,
        next_try_at=now.next_try_at,
        remote=now.remote,
        reads=now.reads,
        clocks=clocks,
        purged_lines=node.store.log.kept_lines,
        held=list(now.held),
    )


@method(
    "sync.force",
    rights=Rights.CLONE,
    long_poll=True,
    errors=("timed_out", "shutting_down"),
    transports=EVERYWHERE,
)
async def force(call: Call, params: Params) -> Forced:
    """Runs a sync cycle now and tells how it ended.

    Worktrees of this clone are looked at before, for a second, so that others hear how they stand.
    """
    await call.service(Work).look_now()
    return _forced(await call.service(SyncService).loop.force())


@method(
    "sync.on",
    rights=Rights.CLONE,
    long_poll=True,
    errors=("conflict", "config", "timed_out", "shutting_down"),
)
async def on(call: Call, params: Params) -> Forced:
    """Shares messages through the remote from now on, and tells how the first cycle ended.

    A remote that strangers can read is off limits all the same; the reason says so.
    """
    return await _shared(call, is_on=True)


@method(
    "sync.off",
    rights=Rights.CLONE,
    long_poll=True,
    errors=("conflict", "config", "timed_out", "shutting_down"),
)
async def off(call: Call, params: Params) -> Forced:
    """Keeps messages on this machine from now on; what has gone out stays at the remote."""
    return await _shared(call, is_on=False)


async def _shared(call: Call, *, is_on: bool) -> Forced:
    sync = call.service(SyncService)
    await to_thread.run_sync(sync.share, is_on)
    return _forced(await sync.loop.force())


def _forced(now: SyncStatus) -> Forced:
    done = now.exchange
    return Forced(
        triggered=True,
        last_sync_at=now.last_sync_at,
        sync_state=now.sync_state,
        local_only=now.local_only,
        last_error=now.last_error,
        local_only_reason=now.local_only_reason,
        outcome=done.outcome.value if done else "",
        pushed=bool(done and done.pushed),
        fetched=bool(done and done.fetched),
        merged=bool(done and done.merged),
        processes=done.processes if done else 0,
        tip=now.tip,
        remote=now.remote,
        ahead=now.ahead,
        behind=now.behind,
        next_try_at=now.next_try_at,
        reads=now.reads,
        held=list(now.held),
    )
