"""``purge.execute``: forgetting what is old, here and in every clone.

A purge is an event with a cutoff and what this node had seen (see `thrum.purges`). Every clone that
knows it keeps out what it covers, so a clone that slept through it brings nothing back, and loses
nothing that it wrote meanwhile. The branch's history keeps the text.
"""

from __future__ import annotations

import sqlite3
from typing import ClassVar, Final

import msgspec

from thrum import events
from thrum.clock import format_ns, format_seconds, normalize
from thrum.daemon.projection.queries import clocks, purges
from thrum.daemon.projection.queries.purges import Going
from thrum.daemon.rpc import rights
from thrum.daemon.rpc.registry import Call, Params, Rights, Transport, method
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError
from thrum.purges import Purge

ABOUT: Final = "purging"


class PurgeParams(Params):
    """Everything made before that RFC 3339 time; with `dry_run` it is only counted."""

    needs: ClassVar = ("before",)
    before: str = ""
    dry_run: bool = False


class Purged(Going, kw_only=True):
    """How much is gone, or would be.

    Queued commands and lines of the log are never removed; their counts are there for clients that
    expect them.
    """

    before: str
    dry_run: bool
    command_queue_deleted: int = 0
    sync_message_files: int = 0
    sync_events_filtered: int = 0


@method(
    "purge.execute",
    rights=Rights.CHARGE,
    about=ABOUT,
    looks="dry_run",
    transports=Transport.UNIX,
    long_poll=True,
    exact=True,
    errors=("not_allowed", "conflict"),
)
async def execute(call: Call, params: PurgeParams) -> Purged:
    """Deletes messages sent and sessions ended before a time, in every clone; for good.

    For people and coordinators; everybody may count what it would be. Takes what this clone has
    seen. Open sessions, agents and groups stay, and the text stays in the branch's history.
    """
    try:
        cutoff = normalize(params.before)
    except ValueError:
        raise ThrumError(
            "invalid_params", f"before is no RFC 3339 time: {params.before!r}"
        ) from None
    store = call.node.store
    if params.dry_run:
        until = min(cutoff, format_ns(call.node.now_ns()))
        return _answer(params, await store.ask(lambda db: _counted(call, db, until)[1]))

    def decide(transaction: Transaction) -> Going:
        rights.demand_charge(call, transaction.db, ABOUT)
        purge, going = _counted(call, transaction.db, min(cutoff, transaction.now))
        if going:
            marks = dict(purge.marks or {})
            event = events.PurgeExecuted(cutoff=purge.cutoff, marks=marks)
            event.executed_by = call.agent_id
            transaction.emit(event)
        return going

    return _answer(params, await call.transact(decide))


def _counted(call: Call, db: sqlite3.Connection, cutoff: str) -> tuple[Purge, Going]:
    """The purge, and what it takes; a second one takes nothing.

    Raises:
        ThrumError: ``conflict``, that time has not come yet by the clocks of others.
    """
    _demand_past(call, db, cutoff)
    purge = purges.purge_of(db, cutoff)
    return purge, purges.preview(db, purge)


def _demand_past(call: Call, db: sqlite3.Connection, cutoff: str) -> None:
    """Refuses a time that others have not come to yet: it would take what they say is new."""
    own, now_ns = call.node.identity.daemon_id, call.node.now_ns()
    slowest = min((skew.ahead_ns for skew in clocks.skews(db, own, now_ns)), default=0)
    if slowest < 0 and cutoff > format_ns(now_ns + slowest):
        raise ThrumError(
            "conflict",
            f"{cutoff} has not come yet by other clocks: {'; '.join(clocks.told(db, own, now_ns))}",
            "set the clock that is wrong right, or name a time before"
            f" {format_seconds(now_ns + slowest)}",
        )


def _answer(params: PurgeParams, going: Going) -> Purged:
    about = msgspec.structs.asdict(going)
    return Purged(**about, before=params.before, dry_run=params.dry_run)
