"""The thread that looks at worktrees, and how others ask it to.

libgit2's handles belong to one thread, and a look takes milliseconds or, where a disk is slow or a
repository huge, seconds. Who asks waits without holding up anybody, and not for ever.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import anyio

from thrum.daemon.eventloop import Answer, settle_all
from thrum.daemon.work.deadline import Deadline, Expired
from thrum.daemon.work.reading import GitWork, Reader

logger = logging.getLogger("thrum.work")

LOOK_LIMIT_S: Final = 5.0
"""Seconds for one look."""

WAIT_LIMIT_S: Final = 8.0
"""Seconds that somebody waits for an answer, its turn included."""

MOST_WAITING: Final = 256
"""Worktrees that wait for their turn; for the next one nobody looks."""

Found = GitWork | None


class Observer:
    """Looks at the worktrees of one repository.

    A worktree waits for its turn once, however many ask for it: they all get what is found when
    its turn comes, which is after the last of them asked. While it is being looked at, who asks
    starts another turn.

    Args:
        repository: the checkout that the daemon serves.
        monotonic: the clock of the deadlines.
        make: makes what looks, on the thread itself.
    """

    def __init__(
        self,
        repository: Path,
        monotonic: Callable[[], float] = time.monotonic,
        make: Callable[[Path], Reader] = Reader,
    ) -> None:
        self._repository = repository
        self._monotonic = monotonic
        self._make = make
        self._wake = threading.Condition()
        self._waiting: dict[str, list[Answer[Found]]] = {}
        self._closed = False
        self._thread: threading.Thread | None = None

    async def look(self, worktree: str, limit_s: float = WAIT_LIMIT_S) -> Found:
        """What the worktree says now; None if it was not looked at in time.

        Args:
            worktree: its root. One of another repository has nothing to say.
            limit_s: seconds to wait at most.
        """
        answer = self._ask(worktree)
        if answer is None:
            return None
        with anyio.move_on_after(limit_s):
            return await answer
        return None

    @property
    def trouble(self) -> str:
        """Why nobody looks; empty while somebody does, or could begin to."""
        if self._closed or self._thread is None or self._thread.is_alive():
            return ""
        return "the thread that looks at worktrees has ended"

    def close(self, limit_s: float) -> bool:
        """Ends the thread; whether it ended within the limit. Who waits gets nothing."""
        with self._wake:
            self._closed = True
            waiting, self._waiting = self._waiting, {}
            self._wake.notify()
        settle_all((answer, None, None) for each in waiting.values() for answer in each)
        if self._thread is None:
            return True
        self._thread.join(limit_s)
        return not self._thread.is_alive()

    def _ask(self, worktree: str) -> Answer[Found] | None:
        answer: Answer[Found] = Answer()
        with self._wake:
            together = self._waiting.get(worktree)
            if together is not None:
                together.append(answer)
                return answer
            if self._closed or len(self._waiting) >= MOST_WAITING:
                logger.warning("%s is not looked at: too many wait", worktree)
                return None
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="thrum-work", daemon=True)
                self._thread.start()
            self._waiting[worktree] = [answer]
            self._wake.notify()
            return answer

    # -- the thread --

    def _run(self) -> None:
        reader = self._make(self._repository)
        while True:
            with self._wake:
                while not self._waiting:
                    if self._closed:
                        return
                    self._wake.wait()
                worktree = next(iter(self._waiting))
                together = self._waiting.pop(worktree)
            found = self._look(reader, worktree)
            settle_all((answer, found, None) for answer in together)

    def _look(self, reader: Reader, worktree: str) -> Found:
        deadline = Deadline(self._monotonic() + LOOK_LIMIT_S, self._monotonic)
        try:
            return reader.read(worktree, deadline)
        except Expired:
            logger.warning("looking at %s takes longer than %g s", worktree, LOOK_LIMIT_S)
        except Exception:
            # A defect of ours ends this look and not the thread.
            logger.exception("looking at %s failed in an unforeseen way", worktree)
        return None
