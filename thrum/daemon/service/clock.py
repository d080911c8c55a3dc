"""The daemon's clock, handed in wherever time matters, so that tests may let hours pass at once."""

from __future__ import annotations

import time
from typing import Protocol

import anyio

from thrum import platform


class Clock(Protocol):
    """What tells the time and lets it pass."""

    def now_ns(self) -> int:
        """The wall clock, nanoseconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        ...

    def uptime_ns(self) -> int:
        """Nanoseconds since the machine began, its sleep included; nothing sets it."""
        ...

    async def wait(self, event: anyio.Event, seconds: float) -> bool:
        """Waits until the event is set or so many seconds are over; whether it was set."""
        ...


class SystemClock:
    """The machine's own clock; what is asked many times for each request is no call of ours."""

    now_ns = staticmethod(time.time_ns)
    monotonic = staticmethod(time.monotonic)

    def uptime_ns(self) -> int:
        """See `Clock`."""
        return platform.uptime_ns()

    async def wait(self, event: anyio.Event, seconds: float) -> bool:
        """See `Clock`."""
        with anyio.move_on_after(seconds):
            await event.wait()
        return event.is_set()
