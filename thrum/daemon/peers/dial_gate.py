"""When a peer is called again that does not answer, or from which nothing comes. Pure.

The pause begins with a second and doubles, half of it by chance, so that many who lost one peer do
not call it in step. From the fifth failure in a row on there is one call a minute: a dead peer
costs a bounded number of calls an hour. So does one that says all the time that it is there, and
cannot be called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

FIRST_S: Final = 1.0
ENOUGH: Final = 5
"""Failures in a row after which a peer counts as away."""
PROBE_S: Final = 60.0
OPEN_S: Final = 15.0
"""From one time that word of a peer ends a pause to the next."""


class DialGate:
    """Failures of one peer in a row, and what follows from them.

    Args:
        monotonic: the clock.
        chance: gives numbers from 0 up to 1.
    """

    def __init__(self, monotonic: Callable[[], float], chance: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._chance = chance
        self.failures = 0
        self._until = 0.0
        self._opened: float | None = None

    @property
    def wait_s(self) -> float:
        """Seconds until it may be called; 0 if it may be now."""
        return max(self._until - self._monotonic(), 0.0)

    def failed(self) -> None:
        """It could not be reached, or nothing came of it."""
        self.failures += 1
        if self.failures >= ENOUGH:
            pause = PROBE_S
        else:
            full = FIRST_S * 2 ** (self.failures - 1)
            pause = full / 2 + self._chance() * full / 2
        self._until = self._monotonic() + pause

    def answered(self) -> None:
        """It answered, and all that was to be came of it, or some more than before."""
        self.failures, self._until, self._opened = 0, 0.0, None

    def open(self) -> None:
        """Somebody has reason to think that it is back, so it may be called at once, once."""
        now = self._monotonic()
        if self._opened is None or now >= self._opened + OPEN_S:
            self._opened, self._until = now, 0.0
