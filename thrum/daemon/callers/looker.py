"""Questions to the file system about callers, off the event loop and with a deadline.

Where a caller stands may be a mount whose server is gone: whoever asks for anything there waits for
ever, and cannot be ended. So threads ask. One that is held by its question is replaced, and the
question is asked a second time, for it may have been another place that held the first: that one
is known by now (`silence`). A place that holds both is not asked about until it answers, and who
stands there is refused in time.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec import Struct, field

from thrum.daemon.callers.silence import SILENT_S
from thrum.daemon.eventloop import Answer, deadline, settle_all
from thrum.errors import ThrumError

T = TypeVar("T")

LIMIT_S: Final = 2.0
"""Seconds for the answer to a question."""

AGAIN_S: Final = 0.5
"""Seconds after which a question is asked a second time."""

MOST: Final = 64
"""Threads at most; all but a few of them are held by places that do not answer."""

FREE: Final = 2
"""Threads that are not held."""


class _Job(Struct, eq=False):
    place: str
    question: Callable[[], Any]
    answer: Answer[Any]


class Looker(Struct, eq=False):
    """Owns the threads. Questions are asked on the event loop.

    Args:
        monotonic: the clock.
    """

    monotonic: Callable[[], float] = time.monotonic
    _jobs: queue.SimpleQueue[_Job | None] = field(default_factory=queue.SimpleQueue)
    _busy: dict[int, tuple[str, float]] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)

    async def ask(self, place: str, question: Callable[[], T], limit_s: float = LIMIT_S) -> T:
        """The answer, found on another thread.

        Args:
            place: what it is about; a place that holds two threads is not asked about.
            question: may touch the file system and ask the store.
            limit_s: seconds that the answer may take.

        Raises:
            ThrumError: ``timed_out``, the place does not answer.
            Exception: whatever the question raises.
        """
        for patience_s in (min(AGAIN_S, limit_s), max(limit_s - AGAIN_S, 0)):
            if self._held().count(place) > 1:
                break
            answer: Answer[T] = Answer()
            self._jobs.put(_Job(place, question, answer))
            self._have_enough()
            try:
                async with deadline(patience_s) as over:
                    return await answer
            except TimeoutError:
                if not over.expired():
                    raise
        raise silent(place)

    def close(self) -> None:
        """Ends the threads that are not held by anything."""
        for _ in self._threads:
            self._jobs.put(None)

    def _held(self) -> list[str]:
        """The places that hold a thread at this moment, once for each."""
        now = self.monotonic()
        return [place for place, since in self._busy.copy().values() if now - since > SILENT_S]

    def _have_enough(self) -> None:
        """Begins a thread where too few are free for what waits."""
        free = len(self._threads) - len(self._held())
        if len(self._threads) < MOST and (free < 1 or (free < FREE and self._jobs.qsize() > 1)):
            thread = threading.Thread(target=self._run, name="thrum-look", daemon=True)
            self._threads.append(thread)
            thread.start()

    # -- the threads --

    def _run(self) -> None:
        me = threading.get_ident()
        while (job := self._jobs.get()) is not None:
            if job.answer.is_abandoned:
                continue
            self._busy[me] = (job.place, self.monotonic())
            result, failure = None, None
            try:
                result = job.question()
            except Exception as error:  # noqa: BLE001 -- it belongs to whoever asked
                failure = error
            self._busy.pop(me, None)
            settle_all([(job.answer, result, failure)])


def silent(place: str) -> ThrumError:
    """The refusal of somebody who stands where nothing answers."""
    return ThrumError(
        "timed_out",
        f"the file system at {place} does not answer, so nobody can tell who calls from there",
        "call from a directory that answers, or see to the mount",
    )
