"""The open file: one connection that writes in turn, some that read, and no others' tables."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from anyio import CapacityLimiter
from msgspec import Struct, field

from thrum.daemon.readers import Readers
from thrum.daemon.state import connection, faults
from thrum.daemon.state.fence import Fence, others_than
from thrum.daemon.state.opening import damage_mark
from thrum.daemon.state.turn import MOST_WAITING, Bound, Turn
from thrum.errors import ThrumError
from thrum.paths import PRIVATE_FILE

logger = logging.getLogger(__name__)

T = TypeVar("T")


class File(Struct, eq=False, dict=True):
    """An open ``state.db``.

    Args:
        path: where it is.
        db: the connection that writes; closed with the file.

    Attributes:
        trouble: by owner, what was met in use.
    """

    path: Path
    db: sqlite3.Connection
    turn: Turn = field(default_factory=Turn)
    writes: Bound = field(default_factory=Bound)
    asks: Bound = field(default_factory=Bound)
    trouble: dict[str, str] = field(default_factory=dict)
    closed: bool = False
    _fences: dict[str, frozenset[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._readers = Readers(lambda: connection.reader(self.path), faults.is_damage)

    @cached_property
    def threads(self) -> CapacityLimiter:
        """Threads for calls of the event loop; never the bottleneck, for `Bound` is narrower."""
        return CapacityLimiter(2 * MOST_WAITING)

    def admit(self, owner: str) -> None:
        """Learns what is not an owner's. Tables do not come and go after the migrations."""
        self._fences[owner] = others_than(owner, self.db)

    def write(self, owner: str, decide: Callable[[sqlite3.Connection], T]) -> T:
        """Runs a decision in a transaction; what it wrote is on disk when this returns.

        Raises:
            ThrumError: ``busy``, ``storage``, ``state`` or ``shutting_down``; nothing was written.
            Exception: whatever the decision raised; nothing was written.
        """
        with self.turn.taken(owner), self._told(owner):
            self._must_be_open()
            self.db.execute("BEGIN IMMEDIATE")
            try:
                with Fence(owner, self._fences[owner], writing=True).around(self.db):
                    result = decide(self.db)
                self.db.execute("COMMIT")
            finally:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
            return result

    def ask(self, owner: str, question: Callable[[sqlite3.Connection], T]) -> T:
        """Answers a question about one state of the tables; writes do not hold it up.

        Raises:
            ThrumError: ``storage``, ``state`` or ``shutting_down``.
            Exception: whatever the question raised.
        """
        self._must_be_open()
        with self._told(owner), self._readers.lent() as db:
            db.execute("BEGIN")
            try:
                with Fence(owner, self._fences[owner]).around(db):
                    return question(db)
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    def _must_be_open(self) -> None:
        if self.closed:
            raise ThrumError("shutting_down", "state.db is closed")

    @contextmanager
    def _told(self, owner: str) -> Iterator[None]:
        """Says in our words what SQLite says of file and disk; the rest is the owner's affair."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if faults.is_damage(error):
                raise self._damaged(owner, error).error() from error
            refusal = faults.in_use(owner, error)
            if refusal is None:
                raise
            raise refusal.error() from error

    def _damaged(self, owner: str, error: Exception) -> faults.Refusal:
        """Has the next start mend the file."""
        refusal = faults.damage(self.path, error)
        self.trouble[owner] = f"{refusal.message}; {refusal.hint}"
        logger.error("%s met damage: %s", owner, refusal.message)
        try:
            damage_mark(self.path).touch(PRIVATE_FILE)
        except OSError:
            logger.exception("the next start is not told that state.db is damaged")
        return refusal

    def close(self) -> None:
        """Ends what is under way, empties the write-ahead log and closes; twice does no harm."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
        self._readers.close()
        try:
            with self.turn.taken("the end"):
                self._checkpoint()
                self.db.close()
        except ThrumError as error:
            logger.warning("state.db stays open: %s", error)

    def _checkpoint(self) -> None:
        try:
            self.db.execute("PRAGMA busy_timeout = 1000")
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            logger.warning("what state.db was told stays in its write-ahead log: %s", error)
