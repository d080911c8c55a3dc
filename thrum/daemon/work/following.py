"""When worktrees are looked at again while somebody watches.

Commits, checkouts and what is staged show in files that git writes, which cost next to nothing to
look at; so they are seen within a second. Files that are only saved show in nothing but a walk over
all of them: that is done every few seconds, and the more seldom the longer it takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final

import anyio

from thrum.daemon.callers.looker import Looker
from thrum.daemon.work import records
from thrum.errors import ThrumError

FILES_S: Final = 2.0
"""Seconds between two looks at all files, at least."""

SHARE: Final = 50
"""Of so many seconds one may go into such looks."""


class Following:
    """Knows which worktrees are to be looked at. On the event loop.

    Args:
        looker: asks the file system, where a place may not answer.
        monotonic: the clock.
        stamp: what of a worktree is another thing after a commit or a checkout.
    """

    def __init__(
        self,
        looker: Looker,
        monotonic: Callable[[], float],
        stamp: Callable[[str], records.Stamp] = records.of_worktree,
    ) -> None:
        self._looker = looker
        self._monotonic = monotonic
        self._stamp = stamp
        self._stamps: dict[str, records.Stamp] = {}
        self._began = -math.inf
        self._again = -math.inf

    @property
    def worktrees(self) -> list[str]:
        """Those that are followed."""
        return list(self._stamps)

    def is_time(self) -> bool:
        """Whether all files are to be looked at; `looked` tells that this was done."""
        self._began = self._monotonic()
        return self._began >= self._again

    def looked(self) -> None:
        """All files were looked at since `is_time` was asked."""
        ended = self._monotonic()
        self._again = ended + max(FILES_S, SHARE * (ended - self._began))

    async def moved(self, worktrees: Iterable[str]) -> set[str]:
        """Those of the worktrees, which are followed from now on, that moved since the last time.

        One that was not followed before has not moved, nor has one that does not answer.
        """
        before, self._stamps = self._stamps, {}
        async with anyio.create_task_group() as tasks:
            for worktree in dict.fromkeys(worktrees):
                tasks.start_soon(self._ask, worktree, before.get(worktree))
        return {
            worktree
            for worktree, stamp in self._stamps.items()
            if before.get(worktree, stamp) != stamp
        }

    async def _ask(self, worktree: str, before: records.Stamp | None) -> None:
        try:
            stamp = await self._looker.ask(worktree, lambda: self._stamp(worktree))
        except ThrumError:
            stamp = before or ()
        self._stamps[worktree] = stamp
