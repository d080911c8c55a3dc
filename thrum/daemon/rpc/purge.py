"""``purge.execute``: forgetting what is old, here and in every clone.

A purge is an event with a cutoff. Every clone that knows it keeps older messages out, so a clone
that slept through it brings nothing back. The lines stay in the branch's files and in its history.
"""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec

from thrum import events
from thrum.clock import format_ns, normalize
from thrum.daemon.projection.queries import purges
from thrum.daemon.projection.queries.purges import Purge
from thrum.daemon.rpc import rights
from thrum.daemon.rpc.registry import Call, Params, Rights, Transport, method
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError

ABOUT: Final = "purging"


class PurgeParams(Params):
    """Everything made before that RFC 3339 time; with `dry_run` it is only counted."""

    needs: ClassVar = ("before",)
    before: str = ""
    dry_run: bool = False


class Purged(Purge, kw_only=True):
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
    transports=Transport.UNIX,
    long_poll=True,
    exact=True,
    errors=("not_allowed",),
)
async def execute(call: Call, params: PurgeParams) -> Purged:
    """Deletes messages made and sessions ended before a time, in every clone; for good.

    For people and coordinators. Open sessions, agents and groups stay.
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
        return _answer(params, await store.ask(lambda db: purges.preview(db, until)))

    def decide(transaction: Transaction) -> Purge:
        rights.demand_charge(call, transaction.db, ABOUT)
        until = min(cutoff, transaction.now)
        if until <= purges.purged_until(transaction.db):
            return Purge(0, 0, 0)
        counted = purges.preview(transaction.db, until)
        transaction.emit(events.PurgeExecuted(cutoff=until))
        return counted

    return _answer(params, await call.transact(decide))


def _answer(params: PurgeParams, counted: Purge) -> Purged:
    about = msgspec.structs.asdict(counted)
    return Purged(**about, before=params.before, dry_run=params.dry_run)
