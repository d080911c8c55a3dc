"""Looking at outputs takes a share of one processor, however much all monitors say together."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import anyio
from anyio import to_thread

T = TypeVar("T")

REST: Final = 4.0
"""How many times as long as it worked one rests, so that a fifth is the most that is taken."""

FREE_S: Final = 0.0005
"""Work after which nobody rests: usual output is a line now and then."""


@dataclass
class Pace:
    """Carries out work of all monitors in another thread, one after the other.

    Args:
        rest: how many times as long as it worked one rests.
    """

    rest: float = REST
    _turn: anyio.Lock = field(default_factory=anyio.Lock)
    _limiter: anyio.CapacityLimiter | None = None

    async def carry_out(self, work: Callable[[], T]) -> T:
        """The result of the work; it returns when others had their share as well.

        Raises:
            Exception: whatever the work raises.
        """
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(1)
        async with self._turn:
            result, took_s = await to_thread.run_sync(_timed, work, limiter=self._limiter)
            if took_s > FREE_S:
                await anyio.sleep(self.rest * took_s)
            return result


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """The result, and the seconds of a processor that it took."""
    began = time.thread_time()
    result = work()
    return result, time.thread_time() - began
