"""``message.wait``: an answer as soon as there is mail, however it came."""

from __future__ import annotations

import anyio
import msgspec

from thrum.clock import format_ns
from thrum.daemon.callers import departure
from thrum.daemon.projection.queries import arrivals
from thrum.daemon.projection.queries.rows import Row
from thrum.daemon.rpc.listing import moment
from thrum.daemon.rpc.message import whole_id
from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.daemon.signing.service import Signing
from thrum.daemon.sync.service import SyncService
from thrum.daemon.waiting import waiter as waiters
from thrum.daemon.waiting.service import Waiting
from thrum.daemon.waiting.waiter import Waiter, Wanted
from thrum.errors import ThrumError
from thrum.events import Pair
from thrum.names import bare

LONGEST_MS = 300_000
"""Milliseconds that one may wait."""


class WaitParams(Params):
    """For how long in milliseconds, and for what.

    What lies unread in the caller's inbox counts at once; with `created_after` only what was made
    since, with the cursor `after` only what arrived here since. After that every message that
    arrives counts, whenever another clone made it. What the caller has read never counts, but with
    `also_read` whatever arrives does: where several wait for one agent, none reads it away from
    another.

    `scope` and `mention_role` mean what they mean in `message.list`: with a scope whatever bears
    it, in whose inbox ever; a mention counts besides the inbox, and narrows a scope.

    With `answers`, the id of a message or its ending, only what others answered to it counts,
    whoever it is for and whether it was read or not; what is here already counts at once.
    """

    timeout_ms: int = 30_000
    after: str = ""
    created_after: str = ""
    mention_role: str = ""
    scope: Pair | None = None
    also_read: bool = False
    answers: str = ""


class Waited(msgspec.Struct):
    """Whether mail came, the first of it, and the cursor to go on from.

    `count` says how many count now, also those that are not shown. Whoever goes on from the cursor
    misses nothing that arrives.
    """

    received: bool
    messages: list[Row]
    cursor: str
    count: int = 0


@method(
    "message.wait",
    rights=Rights.READS,
    long_poll=True,
    errors=("not_found", "ambiguous_id"),
)
async def wait(call: Call, params: WaitParams) -> Waited:
    """Waits until something by others is unread in the caller's inbox, or the time is over.

    Who connects by WebSocket is told without asking, and has no need of it.
    """
    if not 0 <= params.timeout_ms <= LONGEST_MS:
        raise ThrumError("invalid_params", f"timeout_ms must be from 0 to {LONGEST_MS:,}")
    if params.after and not (params.after.isascii() and params.after.isdigit()):
        raise ThrumError("invalid_params", "after is no cursor that message.wait gave")
    question = params.answers and await whole_id(call, params.answers)
    waiter = Waiter(_wanted(call, params, question))
    # Listen first, look then: what comes in between is seen at least once.
    with call.service(Waiting).joined(waiter, is_reader=True):
        found = await _at_once(call, waiter, params.after)
        if not found.received and params.timeout_ms:
            with (
                call.service(SyncService).loop.awaited(),
                anyio.move_on_after(params.timeout_ms / 1000),
            ):
                found = await _later(call, waiter)
    found.cursor = found.cursor or str(waiter.position)
    await call.service(Signing).mark(found.messages)
    return found


def _wanted(call: Call, params: WaitParams, question: str) -> Wanted:
    after = moment(params.created_after, "created_after")
    # A time to come is one before which nothing counts, however it arrives.
    floor = after if after > format_ns(call.node.now_ns()) else ""
    role, also_read = bare(params.mention_role), params.also_read
    return Wanted(call.agent_id, params.scope, role, after, floor, also_read, question)


async def _at_once(call: Call, waiter: Waiter, after: str) -> Waited:
    """What counts of what is here already; the waiter goes to the present."""
    wanted, ask = waiter.wanted, call.node.store.ask
    if not after:
        listed, number = await ask(lambda db: waiters.here(db, wanted))
        waiter.position = max(waiter.position, number)
        return Waited(bool(listed.messages), listed.messages, "", listed.total)
    # A database that was built anew numbers otherwise; an old cursor may lie beyond it.
    begin = min(int(after), await ask(arrivals.last))
    return await _caught_up(call, waiter, begin)


async def _caught_up(call: Call, waiter: Waiter, number: int) -> Waited:
    """What counts of what arrived after that number, a portion at a time."""
    more = True
    while more:
        rows, number, more = await call.node.store.ask(
            lambda db, since=number: waiters.since(db, waiter.wanted, since)  # type: ignore[misc]
        )
        if rows:
            return Waited(True, rows, str(number), len(rows))
    waiter.position = max(waiter.position, number)
    return Waited(False, [], "")


async def refuse_who_left(call: Call) -> None:
    """Raises `ThrumError`, ``moved``, if the caller's agent lives in another clone now."""
    me, daemon_id = call.agent_id, call.node.store.daemon_id
    gone = await call.node.store.ask(lambda db: departure.of(db, me, daemon_id))
    if gone is not None:
        raise gone.refusal()


async def _later(call: Call, waiter: Waiter) -> Waited:
    """The first of what arrives and counts."""
    while True:
        await waiter.wake.wait()
        came, position = waiter.take(), waiter.position
        is_behind, waiter.is_behind = waiter.is_behind, False
        rows, number = await call.node.store.ask(
            lambda db, came=came, upto=position: waiters.still(db, waiter.wanted, came, upto)  # type: ignore[misc]
        )
        if rows:
            return Waited(True, rows, str(number), len(rows))
        if is_behind:
            await refuse_who_left(call)
            found = await _caught_up(call, waiter, position)
            if found.received:
                return found
