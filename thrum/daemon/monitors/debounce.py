"""What is reported of many matches: the first at once, then no more than one in a while. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class Debounce:
    """The matches of one monitor, through all its runs.

    What is reported opens a window in which the rest is counted, and the first of it kept. At the
    end of the window that is reported, which opens the next one.

    Attributes:
        window_s: how long a window is.
        until: when the last one ends, in seconds of the clock that moments are told by.
    """

    window_s: float
    until: float = -math.inf
    _held: str = ""
    _count: int = 0

    @property
    def due(self) -> float:
        """When what is held is to be reported; never where nothing is."""
        return self.until if self._count else math.inf

    def take(self, text: str, now: float) -> str:
        """Takes a match; what is to be reported now, or nothing."""
        if not self._count:
            if now >= self.until:
                self.until = now + self.window_s
                return text
            self._held = text
        self._count += 1
        return self.flush(now) if now >= self.until else ""

    def flush(self, now: float) -> str:
        """What is held, to be reported now; nothing where nothing is."""
        if not self._count:
            return ""
        others = self._count - 1
        more = f"+{others:,} more match{'es' if others > 1 else ''}" if others else "held back"
        text = f"{self._held}\n({more} in the last {span(self.window_s)})"
        self._held, self._count, self.until = "", 0, now + self.window_s
        return text

    def put_back(self, text: str) -> None:
        """Keeps what could not be reported; what came meanwhile counts as behind it."""
        self._held, self._count = text, self._count + 1


def span(seconds: float) -> str:
    """Seconds for people, as in ``1m30s``."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
