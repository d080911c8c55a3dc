"""Places that do not answer: what lies on a mount whose server is gone is not asked for again.

A question to such a place never ends, and nothing ends who asks. So the first one is left waiting
on its thread, and until it returns everybody else goes without an answer, at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from msgspec import Struct, field

T = TypeVar("T")

SILENT_S: Final = 0.2
"""Seconds after which a place that has not answered is one that does not answer."""


class Silence(Struct):
    """Which places are being asked, since when. Any thread.

    Args:
        monotonic: the clock.
    """

    monotonic: Callable[[], float] = time.monotonic
    _asked: dict[str, list[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def broken(self, place: str, question: Callable[[], T], otherwise: T) -> T:
        """The answer to a question about the place; `otherwise` where it does not answer."""
        now = self.monotonic()
        with self._lock:
            asked = self._asked.setdefault(place, [])
            if asked and now - asked[0] > SILENT_S:
                return otherwise
            asked.append(now)
        try:
            return question()
        finally:
            with self._lock:
                asked.remove(now)
                if not asked:
                    self._asked.pop(place, None)

    def within(
        self, place: str, question: Callable[[], T], otherwise: T, limit_s: float = SILENT_S
    ) -> T:
        """As `broken`, and whoever asks is held no longer than the limit.

        For what is asked seldom: a thread is begun for it.

        Raises:
            Exception: what the question raises.
        """
        told: list[T] = []
        failed: list[Exception] = []

        def ask() -> None:
            try:
                told.append(self.broken(place, question, otherwise))
            except Exception as error:  # noqa: BLE001 -- raised by whoever asked
                failed.append(error)

        thread = threading.Thread(target=ask, name="thrum-ask", daemon=True)
        thread.start()
        thread.join(limit_s)
        if failed:
            raise failed[0]
        return told[0] if told else otherwise

    def is_kept(self) -> bool:
        """Whether some place does not answer at this moment."""
        now = self.monotonic()
        with self._lock:
            return any(asked and now - asked[0] > SILENT_S for asked in self._asked.values())
