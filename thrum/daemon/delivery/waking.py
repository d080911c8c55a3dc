"""``delivery.wait``: mail for a session that is idle, as soon as there is any.

Whoever is told begins a turn with it. A session that is busy gets its mail at its own boundary;
only when it gave no sign for a while it is woken all the same.
"""

from __future__ import annotations

import math

import anyio

from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.methods import (
    MOST,
    Asked,
    Handed,
    SeatParams,
    handed,
    is_another,
    seat_of,
)
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.sitting import BEGINS_S, Doing
from thrum.daemon.delivery.wakers import Waker
from thrum.daemon.rpc.registry import Call, Rights, method
from thrum.daemon.waiting.methods import LONGEST_MS, refuse_who_left
from thrum.daemon.waiting.service import Waiting
from thrum.daemon.waiting.waiter import Waiter, Wanted
from thrum.errors import ThrumError


class WaitParams(SeatParams):
    """For how long in milliseconds.

    One waits for each session, the newest. One that is spare waits besides, and is given something
    only while no other one waits.
    """

    timeout_ms: int = LONGEST_MS
    is_spare: bool = False


class Woken(Asked, omit_defaults=True):
    """What begins a turn, as `delivery.ask` hands it; or why there is no use in waiting on."""

    superseded: bool = False
    ended: bool = False


@method("delivery.wait", rights=Rights.READS, long_poll=True)
async def wait(call: Call, params: WaitParams) -> Woken:
    """Waits until something is to be given to a session that is idle, or the time is over."""
    if not 0 <= params.timeout_ms <= LONGEST_MS:
        raise ThrumError("invalid_params", f"timeout_ms must be from 0 to {LONGEST_MS:,}")
    seat = seat_of(call, params)
    if is_another(call):
        return Woken("", 0, ended=True)
    delivery = call.service(Delivery)
    came = call.node.setting.clock.monotonic()
    waker = Waker(Waiter(Wanted(seat.agent_id)), came, params.is_spare)
    wait_for = call.node.setting.clock.wait
    with delivery.wakers.joined(seat, waker), call.service(Waiting).joined(waker.waiter):
        found = await _look(call, seat, waker)
        with anyio.move_on_after(params.timeout_ms / 1000):
            while not isinstance(found, Woken):
                await wait_for(waker.waiter.wake, found)
                found = await _look(call, seat, waker)
    return found if isinstance(found, Woken) else Woken(seat.agent_id, 0)


async def _look(call: Call, seat: Seat, waker: Waker) -> Woken | float:
    """What ends the waiting; else the seconds after which, or sooner if something happens, it is
    to be looked again."""
    delivery, waiter = call.service(Delivery), waker.waiter
    waiter.take()  # whatever happens from here on has it look again
    if waiter.is_behind:
        waiter.is_behind = False
        await refuse_who_left(call)
    if waker.is_superseded:
        return Woken(seat.agent_id, 0, superseded=True)
    sitting = delivery.sitting(seat)
    if sitting.doing is Doing.ENDED:
        return Woken(seat.agent_id, 0, ended=True)
    now = call.node.setting.clock.monotonic()
    if not sitting.heard_ns and now < waker.since + BEGINS_S:
        return waker.since + BEGINS_S - now
    fresh = [each for each in await delivery.fresh(seat, MOST) if each not in sitting.lay]
    for begin in range(0, len(fresh), MOST):
        pause = _pause(call, seat, waker)
        if pause:
            return pause
        rows = await _hand(call, seat, fresh[begin : begin + MOST])
        if rows:
            return Woken(seat.agent_id, len(fresh) - begin, rows)
    return math.inf


def _pause(call: Call, seat: Seat, waker: Waker) -> float:
    """Seconds until something may be handed; infinite until something else happens."""
    delivery = call.service(Delivery)
    if waker.is_superseded or not delivery.wakers.is_next(seat, waker):
        return math.inf
    return delivery.sitting(seat).pause(call.node.setting.clock.monotonic())


async def _hand(call: Call, seat: Seat, wanted: list[str]) -> list[Handed]:
    """Hands messages, so that a turn begins; none if they were all read meanwhile."""
    delivery = call.service(Delivery)
    release = delivery.hand(seat, wanted, call.connection)
    # Time that is over now must not take away what is handed already.
    with anyio.CancelScope(shield=True):
        rows = await handed(call, seat, wanted)
    if rows:
        delivery.goes_on(seat)
    else:
        release()
    return rows
