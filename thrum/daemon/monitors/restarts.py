"""When a program that ended is run again, and when it is given up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
STEADY_S: Final = 10.0
"""A run that lasts so long is none that counts against a program."""
MOST: Final = 10
"""Short runs in a row that are forgiven; with the pauses between them some five minutes."""


@dataclass
class Restarts:
    """What is known of the runs of one program.

    Attributes:
        short: how many short ones there were in a row.
    """

    short: int = 0
    _pause_s: float = FIRST_PAUSE_S

    def ended(self, lasted_s: float) -> float | None:
        """A run ended; seconds until the next one, None if there is to be none."""
        if lasted_s >= STEADY_S:
            self.short, self._pause_s = 0, FIRST_PAUSE_S
        else:
            self.short += 1
        if self.short > MOST:
            return None
        pause_s, self._pause_s = self._pause_s, min(2 * self._pause_s, LONGEST_PAUSE_S)
        return pause_s
