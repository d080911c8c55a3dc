"""Which sessions are nearly full, so that each is acted upon once. Pure."""

from __future__ import annotations

from typing import Final

from thrum.daemon.delivery.given import Seat

SLACK: Final = 10.0
"""Percent below the threshold from which on a session counts as having room again: what it uses
goes up and down a little, and far down only by a compaction."""

MOST: Final = 1_000
"""Sessions that are kept in mind; of more, the latest."""


class Fullness:
    """The sessions that were acted upon."""

    def __init__(self) -> None:
        self._full: dict[Seat, None] = {}

    def is_due(self, seat: Seat, used: float, threshold: int) -> bool:
        """Whether a session has just become full.

        Args:
            seat: which session.
            used: percent of its context.
            threshold: percent from which on it is full; 0 if none ever is.
        """
        if used < threshold - SLACK:
            self._full.pop(seat, None)
        if not threshold or used < threshold or seat in self._full:
            return False
        self._full[seat] = None
        while len(self._full) > MOST:
            del self._full[next(iter(self._full))]
        return True
