"""When worktrees are looked at again while somebody watches.

Commits, checkouts and what is staged show in files that git writes, which cost next to nothing to
look at; so they are seen within a second, of hundreds of worktrees within a few. Files that are
only saved show in nothing but a walk over all of them: that is done every few seconds, and the more
seldom the longer it takes.
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

AT_ONCE: Final = 8
"""Worktrees that are asked for at once: of more the last ones would wait in vain for their turn."""

SHARE: Final = 50
"""Of so many seconds one may go into such looks."""

RECORDS_SHARE: Final = 20
"""The same, of looks at what git writes: of hundreds of worktrees, or where a disk is slow."""


class Pace:
    """When something is done again: the more seldom the longer it takes.

    Args:
        monotonic: the clock.
        least_s: seconds from one end to the next beginning, at least.
        share: of so many seconds one may go into it.
    """

    def __init__(self, monotonic: Callable[[], float], least_s: float, share: float) -> None:
        self._monotonic = monotonic
        self._least_s = least_s
        self._share = share
        self._began = -math.inf
        self._again = -math.inf

    def is_time(self) -> bool:
        """Whether it is to be done; `done` tells that it was."""
        self._began = self._monotonic()
        return self._began >= self._again

    @property
    def again(self) -> float:
        """The moment from which on it is time."""
        return self._again

    def done(self) -> None:
        """It was done since `is_time` was asked."""
        ended = self._monotonic()
        self._again = ended + max(self._least_s, self._share * (ended - self._began))


class Following:
    """Knows which worktrees are to be looked at. On the event loop.

    Attributes:
        files: when all files are looked at.
        records: when what git writes is.

    Args:
        looker: asks the file system, where a place may not answer. Nobody else may need it: many
            worktrees on one mount may hold all of its threads.
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
        self._stamp = stamp
        self._stamps: dict[str, records.Stamp] = {}
        self.files = Pace(monotonic, FILES_S, SHARE)
        self.records = Pace(monotonic, 0, RECORDS_SHARE)

    @property
    def worktrees(self) -> list[str]:
        """Those that are followed."""
        return list(self._stamps)

    def close(self) -> None:
        """Nobody is asked any more."""
        self._looker.close()

    async def moved(self, worktrees: Iterable[str]) -> set[str]:
        """Those of the worktrees, which are followed from now on, that moved since the last time.

        One that was not followed before has not moved, nor has one that does not answer.
        """
        before, self._stamps = self._stamps, {}
        turns = anyio.Semaphore(AT_ONCE)
        async with anyio.create_task_group() as tasks:
            for worktree in dict.fromkeys(worktrees):
                tasks.start_soon(self._ask, worktree, before.get(worktree), turns)
        return {
            worktree
            for worktree, stamp in self._stamps.items()
            if before.get(worktree, stamp) != stamp
        }

    async def _ask(
        self, worktree: str, before: records.Stamp | None, turns: anyio.Semaphore
    ) -> None:
        async with turns:
            try:
                stamp = await self._looker.ask(worktree, lambda: self._stamp(worktree))
            except ThrumError:
                stamp = before or ()
        self._stamps[worktree] = stamp
