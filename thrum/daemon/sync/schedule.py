"""When the sync loop is due next: a pure decision over a monotonic clock, in seconds.

A write that others should see is due after a short delay. Between writes the remote is asked by
the clock: every few seconds while somebody waits for mail or mail has lately crossed between
clones, then with growing pauses, until only the plain interval is left. A remote that does not
answer is asked more and more seldom, whoever waits.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Final

from msgspec import Struct

DEBOUNCE_S: Final = 0.3
"""From a write that others should see to the cycle that shows it to them."""
ALONE_S: Final = 3.0
"""The same where the remote is off limits and only people look at the branch."""
QUICK_S: Final = 3.0
"""Between two looks at the remote while it matters, unless configured."""
LATELY_S: Final = 60.0
"""How long mail that crossed lets the next be expected soon."""
LOOKED_S: Final = 10.0
"""How long somebody who looked for mail is taken to look again soon, as polling clients do."""
GROWTH: Final = 1.5
"""From one pause to the next while nothing comes; twice that where nobody answers."""


class Found(Enum):
    """What a cycle found out, as far as the next one is concerned."""

    ALONE = "there is no remote to ask"
    NOTHING = "nothing crossed"
    MAIL = "something went over or came in"
    TROUBLE = "the remote did not answer as it should"


class Schedule(Struct):
    """When the next cycle is due.

    A burst of writes is one cycle: the first write sets the moment, later ones do not move it.

    Args:
        interval: the longest time between two cycles.
        quick: the time between two cycles while mail is expected; not above the interval.
        due: when the next cycle is due.
    """

    interval: float
    quick: float = QUICK_S
    due: float = 0.0
    _found: Found = Found.NOTHING
    _pause: float = 0.0
    _waiting: int = 0
    _ended_at: float = -math.inf
    _crossed_at: float = -math.inf
    _looked_at: float = -math.inf

    def wrote(self, now: float, delay: float = DEBOUNCE_S) -> None:
        """A write was acknowledged that is to be in the branch after so many seconds."""
        self.due = min(self.due, now + delay)

    def ended(self, now: float, found: Found = Found.ALONE) -> None:
        """A cycle ended."""
        self._found, self._ended_at = found, now
        if found is Found.MAIL:
            self._crossed_at = now
        self._pause = self._next_pause(now)
        self.due = now + self._pause

    def waits(self, now: float) -> bool:
        """Somebody waits for mail from now on, until `left`; whether a cycle is due sooner."""
        self._waiting += 1
        return self._hasten()

    def left(self) -> None:
        """Somebody who waited does no longer."""
        self._waiting -= 1

    def looked(self, now: float) -> bool:
        """Somebody looked for mail; whether a cycle is due sooner."""
        self._looked_at = now
        return self._hasten()

    def _hasten(self) -> bool:
        if self._found in {Found.ALONE, Found.TROUBLE}:
            return False
        due = min(self.due, self._ended_at + self._quick)
        sooner, self.due = due < self.due, due
        return sooner

    @property
    def _quick(self) -> float:
        return min(self.quick, self.interval) if self.quick > 0 else self.interval

    def _next_pause(self, now: float) -> float:
        if self._found is Found.ALONE:
            return self.interval
        before = max(self._pause, self._quick)
        if self._found is Found.TROUBLE:
            return min(before * GROWTH * 2, self.interval)
        crossed, looked = now - self._crossed_at < LATELY_S, now - self._looked_at < LOOKED_S
        if self._waiting or crossed or looked:
            return self._quick
        return min(before * GROWTH, self.interval)
