"""How long a look at a worktree may take."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct, field


class Expired(Exception):
    """The time for a look is over; what was found so far is not the whole truth."""


class Deadline(Struct, frozen=True):
    """A moment after which nobody waits any more.

    Attributes:
        at: seconds on the clock `monotonic`.
    """

    at: float = float("inf")
    monotonic: Callable[[], float] = field(default=time.monotonic)

    def check(self) -> None:
        """Goes on, or not.

        Raises:
            Expired: the moment is past.
        """
        if self.monotonic() > self.at:
            raise Expired
