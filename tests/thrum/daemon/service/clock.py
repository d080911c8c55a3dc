"""A clock that stands still until a test has it go on, so that hours pass at once."""

from __future__ import annotations

import anyio
import anyio.lowlevel

START_NS = 1_767_323_045_000_000_000  # 2026-01-02T03:04:05Z

STEPS = 40
"""How often others get their turn before it counts as done what they had to do."""


async def settle() -> None:
    """Lets every task go on until it waits for the clock or for another thread."""
    for _ in range(STEPS):
        await anyio.lowlevel.checkpoint()


class FakeClock:
    """See `thrum.daemon.service.clock.Clock`.

    Attributes:
        seconds: what the monotonic clock says.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._alarms: dict[anyio.Event, float] = {}

    def now_ns(self) -> int:
        return START_NS + round(self.seconds * 1_000_000_000)

    def monotonic(self) -> float:
        return self.seconds

    def uptime_ns(self) -> int:
        return round(self.seconds * 1_000_000_000)

    async def wait(self, event: anyio.Event, seconds: float) -> bool:
        over = anyio.Event()
        self._alarms[over] = self.seconds + seconds

        async def heed() -> None:
            await event.wait()
            over.set()

        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(heed)
                await over.wait()
                tasks.cancel_scope.cancel()
        finally:
            self._alarms.pop(over, None)
        return event.is_set()

    async def sleep(self, seconds: float) -> None:
        """Waits for so many seconds of this clock."""
        await self.wait(anyio.Event(), seconds)

    async def advance(self, seconds: float) -> None:
        """Lets time pass; whoever waits goes on at its own moment, one after the other."""
        end = self.seconds + seconds
        await settle()
        while (moment := min(self._alarms.values(), default=end + 1)) <= end:
            self.seconds = max(self.seconds, moment)
            for over in [each for each, due in self._alarms.items() if due <= self.seconds]:
                del self._alarms[over]
                over.set()
            await settle()
        self.seconds = end
        await settle()
