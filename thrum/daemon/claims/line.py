"""Who waits for what others have: first come, first served, on each node by itself.

Whoever tries, first has those try who came before and may find theirs free by now. So what becomes
free goes to who waits for it longest, and not to whoever asks at that moment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import anyio
from msgspec import Struct

from thrum.clock import parse
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.claims.taking import Outcome, Wish
    from thrum.daemon.rpc.registry import Call

RETURNS_S: Final = 3.0
"""Who asks again so soon after waiting in vain has the place that he had."""


MOST_WAITING: Final = 256
"""Who may wait; each change has all of them look again."""


class Waiting(Struct, eq=False):
    """One who waits.

    Attributes:
        call: by which he asks.
        wish: what for.
        found: what came of it the last time.
        wake: set when something may be free.
        error: with what he was refused when he was called; None if he was not.
        left_at: when his call ended in vain; 0 while it lasts.
    """

    call: Call
    wish: Wish
    found: Outcome
    wake: anyio.Event
    error: ThrumError | None = None
    left_at: float = 0.0


class Line:
    """Those who wait.

    Args:
        now_ns: the wall clock, by which claims end.
        monotonic: the clock by which places are kept.
    """

    def __init__(self, now_ns: Callable[[], int], monotonic: Callable[[], float]) -> None:
        self._now_ns = now_ns
        self._monotonic = monotonic
        self._waiting: list[Waiting] = []
        self._turn = anyio.Lock()

    def stir(self) -> None:
        """Has all look again: something ended, or may have."""
        for each in self._waiting:
            each.wake.set()

    async def take(self, call: Call, wish: Wish, wait_s: float) -> Outcome:
        """Takes what is wanted, as soon as it is free.

        Raises:
            ThrumError: as `taking.take` and `Store.transact`; ``busy``, too many wait.
        """
        async with self._turn:
            await self._serve()
            found = await _try(call, wish)
        if not found.refused or not wait_s:
            return found
        me = self._join(call, wish, found)
        stays = False
        try:
            with anyio.move_on_after(wait_s):
                while me.found.refused and me.error is None:
                    await self._stirred(me)
                    async with self._turn:
                        await self._serve()
            if me.error is not None:
                raise me.error
            stays = bool(me.found.refused)
        finally:
            if stays:
                me.left_at = self._monotonic()
            else:
                self._waiting.remove(me)
        return me.found

    def _join(self, call: Call, wish: Wish, found: Outcome) -> Waiting:
        """A place in the line: the one that is kept for the same wish, or the last.

        Raises:
            ThrumError: ``busy``, too many wait.
        """
        self._forget()
        for kept in self._waiting:
            if kept.left_at and kept.wish == wish:
                kept.call, kept.found, kept.left_at = call, found, 0.0
                return kept
        if len(self._waiting) >= MOST_WAITING:
            raise ThrumError("busy", f"{MOST_WAITING} wait for claims already", "try again soon")
        made = Waiting(call, wish, found, anyio.Event())
        self._waiting.append(made)
        return made

    def _forget(self) -> None:
        """Gives up the places of those who did not come back."""
        before = self._monotonic() - RETURNS_S
        self._waiting = [each for each in self._waiting if not 0 < each.left_at < before]

    async def _stirred(self, me: Waiting) -> None:
        """Until something ended, or is to end by its time."""
        from thrum.daemon.claims.taking import SECOND_NS

        first = min(parse(known.claim.until) for _, known in me.found.refused)
        with anyio.move_on_after(max(first - self._now_ns(), SECOND_NS // 20) / SECOND_NS):
            await me.wake.wait()
        me.wake.set()

    async def _serve(self) -> None:
        """Has those try who were woken, in the order in which they came."""
        for each in tuple(self._waiting):
            waits = each.found.refused and each.error is None and not each.left_at
            if waits and each.wake.is_set():
                each.wake = anyio.Event()
                try:
                    each.found = await _try(each.call, each.wish)
                except ThrumError as error:
                    each.error = error  # his, and not of whoever has him try
                    each.wake.set()


async def _try(call: Call, wish: Wish) -> Outcome:
    from thrum.daemon.claims import taking

    ids = [call.node.ids.make("clm") for _ in wish.whats]
    return await call.transact(lambda transaction: taking.take(transaction, wish, ids))
