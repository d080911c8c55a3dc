"""Reading connections that are lent to whichever thread asks, for one question each."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct, field

MOST_IDLE: Final = 4
"""Connections that are kept open."""


def _nothing(error: BaseException) -> bool:
    """No error speaks against the connection."""
    return False


class Readers(Struct, eq=False):
    """Connections lent out one at a time; a further one is opened when all are out.

    Args:
        open: opens one, for one thread at a time.
        spoils: whether after this error of who asked a connection is not to be lent again.
    """

    open: Callable[[], sqlite3.Connection]
    spoils: Callable[[BaseException], bool] = _nothing
    _idle: list[sqlite3.Connection] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """A connection, until the end of the block; one that an error spoiled is closed."""
        with self._lock:
            db = self._idle.pop() if self._idle else None
        db = db or self.open()
        try:
            yield db
        except BaseException as error:
            if self.spoils(error):
                db.close()
            else:
                self._take_back(db)
            raise
        self._take_back(db)

    def _take_back(self, db: sqlite3.Connection) -> None:
        with self._lock:
            kept = not self._closed and len(self._idle) < MOST_IDLE
            if kept:
                self._idle.append(db)
        if not kept:
            db.close()

    def close(self) -> None:
        """Closes what is not lent out; the rest follows when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()
