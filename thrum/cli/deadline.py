"""The time that a hook of a runtime or of git has, from our first line on; it is waited for."""

from __future__ import annotations

import os
import time
from typing import Final

_VARIABLE: Final = "THRUM_HOOK_MS"
_DELAYS: Final = "/proc/self/schedstat"


class Deadline:
    """Counts from now on; time for which the machine ran others does not count.

    Args:
        otherwise: seconds, where the environment does not say how many.

    Attributes:
        allowed: how many it is.
    """

    def __init__(self, otherwise: float) -> None:
        self._began, self._delayed = time.monotonic(), delayed_s()
        self.allowed = allowed_s(otherwise)

    def left(self) -> float:
        """Seconds that are left."""
        spent = time.monotonic() - self._began - (delayed_s() - self._delayed)
        return self.allowed - spent

    def prolong(self, seconds: float) -> None:
        """Lets it take so long: the daemon answers, and has more to do than at a boundary."""
        self.allowed = max(self.allowed, seconds)

    def pass_by(self) -> None:
        """Returns when no time is left."""
        while (left := self.left()) > 0:
            time.sleep(left)


def allowed_s(otherwise: float) -> float:
    """Seconds that a hook may take: what the environment says, else that many."""
    text = os.environ.get(_VARIABLE, "")
    return int(text) / 1000 if text.isascii() and text.isdigit() and text else otherwise


def delayed_s() -> float:
    """Seconds for which this process could have run and others did; 0 where nobody counts them."""
    try:
        handle = os.open(_DELAYS, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return int(os.read(handle, 100).split()[1]) / 1e9
        finally:
            os.close(handle)
    except (OSError, ValueError, IndexError):
        return 0.0
