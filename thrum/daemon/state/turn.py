"""Who may write: one at a time, in the order of asking, and nobody waits without an end."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct, field

from thrum.errors import ThrumError

MOST_WAITING: Final = 256
"""Calls that may be under way or wait; the next one is told that state.db is busy."""

PATIENCE_S: Final = 10.0
"""How long a call waits for its turn."""


class Turn(Struct, eq=False):
    """The right to write, handed on to whoever has waited longest.

    Attributes:
        holder: the owner whose decision runs; empty while none does.
    """

    patience_s: float = PATIENCE_S
    holder: str = ""
    _queue: deque[tuple[str, threading.Event]] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def taken(self, owner: str) -> Iterator[None]:
        """Holds the turn until the end of the block.

        Raises:
            ThrumError: ``busy``, somebody, who is named, keeps it for longer than the patience.
        """
        self._take(owner)
        try:
            yield
        finally:
            self._pass_on()

    def _take(self, owner: str) -> None:
        with self._lock:
            if not self.holder:
                self.holder = owner
                return
            place = (owner, threading.Event())
            self._queue.append(place)
        if place[1].wait(self.patience_s):
            return
        with self._lock:
            if place not in self._queue:
                return  # it came in this very moment
            self._queue.remove(place)
            holder = self.holder
        text = f"{owner} waited {self.patience_s:g} s for state.db, which {holder} still writes to"
        raise ThrumError("busy", text, "try again soon", {"holder": holder})

    def _pass_on(self) -> None:
        with self._lock:
            self.holder, event = self._queue.popleft() if self._queue else ("", None)
        if event is not None:
            event.set()


class Bound(Struct, eq=False):
    """Counts calls that are under way or wait, and lets in only so many."""

    most: int = MOST_WAITING
    count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Counts as one until the end of the block.

        Raises:
            ThrumError: ``busy``, as many as may are in.
        """
        with self._lock:
            if self.count >= self.most:
                raise ThrumError("busy", "too many calls wait for state.db", "try again soon")
            self.count += 1
        try:
            yield
        finally:
            with self._lock:
                self.count -= 1
