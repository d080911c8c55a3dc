"""Who waits to begin a turn of which session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from thrum.daemon.delivery.given import Seat

if TYPE_CHECKING:
    from thrum.daemon.waiting.waiter import Waiter


class Waker(Struct, eq=False):
    """Somebody who waits.

    Attributes:
        waiter: is told of what arrives, and woken by whatever else may end the waiting.
        since: when it came, by the clock that only goes forward.
        is_spare: whether it is given nothing while another one waits, and supersedes no such one.
        is_superseded: whether a newer one waits in its place.
    """

    waiter: Waiter
    since: float = 0.0
    is_spare: bool = False
    is_superseded: bool = False


class Wakers:
    """One for each session, and one to spare."""

    def __init__(self) -> None:
        self._wakers: Final[dict[tuple[Seat, bool], Waker]] = {}

    @contextmanager
    def joined(self, seat: Seat, waker: Waker) -> Iterator[None]:
        """Has somebody wait for the length of the context; the newest supersedes."""
        key = (seat, waker.is_spare)
        before = self._wakers.get(key)
        if before is not None:
            before.is_superseded = True
            before.waiter.wake.set()
        self._wakers[key] = waker
        try:
            yield
        finally:
            if self._wakers.get(key) is waker:
                del self._wakers[key]
                self.stir(seat)

    def stir(self, seat: Seat) -> None:
        """Has who waits for a session look at it again."""
        for is_spare in (False, True):
            found = self._wakers.get((seat, is_spare))
            if found is not None:
                found.waiter.wake.set()

    def is_next(self, seat: Seat, waker: Waker) -> bool:
        """Whether it is the one that mail is handed to."""
        first = self._wakers.get((seat, False)) or self._wakers.get((seat, True))
        return first is waker

    def seats(self, agent_id: str) -> set[Seat]:
        """The sessions of an agent that can be woken now."""
        return {seat for seat, _ in self._wakers if seat.agent_id == agent_id}
