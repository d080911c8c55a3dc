"""Pauses between looks: short at first, then longer and longer."""

from __future__ import annotations

from typing import Final

import anyio
from msgspec import Struct

_GROWTH: Final = 1.5


class Pauses(Struct):
    """One row of pauses.

    Args:
        next_s: the first.
        longest_s: none is longer.
    """

    next_s: float
    longest_s: float

    async def pause(self) -> None:
        """Waits for the next one."""
        await anyio.sleep(self.next_s)
        self.next_s = min(self.next_s * _GROWTH, self.longest_s)
