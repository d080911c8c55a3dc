"""The one thread that writes: journal and database, a batch of decisions at a time.

A batch is whatever was waiting. Each decision runs inside a savepoint and sees what earlier ones
did; then all lines go to the journal in one write and one sync; then SQLite commits; then
everybody is answered. So nobody is told of an event that a crash could undo, and the database is
never ahead of the journal.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from gitstore import JournalError, Line, Log
from thrum.clock import format_ns
from thrum.daemon.projection.facts import Event
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables
from thrum.daemon.transaction import Entry, Origin, Transaction
from thrum.errors import ThrumError

logger = logging.getLogger(__name__)

MOST_WAITING: Final = 1024
"""Decisions that may wait; the next caller is told that the store is busy."""

MOST_AT_ONCE: Final = 256
"""Decisions in one batch."""

MOST_OWED: Final = 1024
"""Events that the journal may hold and the database refuse; then requests are refused, too."""

Decide = Callable[[Transaction], Any]

_DAMAGE: Final = ("malformed", "not a database")
"""What SQLite's words for a damaged file have in them."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What one batch made visible: events, each with whether it was made on this node."""

    events: list[tuple[Event, bool]]


@dataclass(slots=True, eq=False)
class Call:
    """A decision that waits for its turn, and then its result or error.

    Attributes:
        loop: the event loop whose `future` is to be resolved; ``None``: `done` is set instead.
    """

    decide: Decide
    loop: asyncio.AbstractEventLoop | None = None
    future: asyncio.Future[Any] | None = None
    done: threading.Event | None = None
    result: Any = None
    error: BaseException | None = None

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits any more."""
        return self.future is not None and self.future.cancelled()

    def settle(self) -> None:
        """Hands result or error to who waits; on the loop's thread if there is a loop."""
        if self.done is not None:
            self.done.set()
        elif self.future is not None and not self.future.done():
            if self.error is not None:
                self.future.set_exception(self.error)
            else:
                self.future.set_result(self.result)


def _settle_all(calls: list[Call]) -> None:
    for call in calls:
        call.settle()


@dataclass(eq=False)
class Writer:
    """Owns the writable connection and the journal's writing side.

    Args:
        on_applied: called on this thread after each batch that made events visible.
        on_damage: called once when SQLite finds its file damaged.
    """

    tables: Tables
    log: Log
    origin: Origin
    on_applied: list[Callable[[Applied], None]]
    on_damage: Callable[[], None]
    _calls: queue.SimpleQueue[Call | None] = field(default_factory=queue.SimpleQueue)
    _owed: list[Entry] = field(default_factory=list)
    _torn: bool = False
    _closed: bool = False

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, call: Call, *, bounded: bool = True) -> None:
        """Queues a decision.

        Raises:
            ThrumError: ``busy``, too many wait; ``shutting_down``, the store is closed.
        """
        if self._closed:
            raise ThrumError("shutting_down", "the store is closed")
        if bounded and self._calls.qsize() >= MOST_WAITING:
            raise ThrumError("busy", "too many requests wait for the disk", "try again soon")
        self._calls.put(call)

    def close(self) -> None:
        """Finishes what was queued and ends the thread."""
        if not self._closed:
            self._closed = True
            self._calls.put(None)
            self._thread.join()

    def _run(self) -> None:
        while True:
            batch, more = self._next_batch()
            if batch:
                self._carry_out(batch)
            if not more:
                return

    def _next_batch(self) -> tuple[list[Call], bool]:
        """Everything that waits, up to a bound; and whether the thread goes on."""
        batch: list[Call] = []
        call = self._calls.get()
        while call is not None:
            if not call.abandoned:
                batch.append(call)
            if len(batch) >= MOST_AT_ONCE:
                return batch, True
            try:
                call = self._calls.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _carry_out(self, batch: list[Call]) -> None:
        applied: list[tuple[Event, bool]] = []
        try:
            applied = self._write(batch)
        except Exception as error:
            logger.exception("a batch of %d decisions failed", len(batch))
            refusal = self._refusal(error)
            for call in batch:
                call.error = call.error or refusal
            self._undo()
        self._answer(batch)
        if applied:
            self._tell(Applied(applied))

    def _write(self, batch: list[Call]) -> list[tuple[Event, bool]]:
        """One transaction: decisions, journal, commit; returns what became visible."""
        if self._torn:
            self._restore()
        if len(self._owed) > MOST_OWED:
            self._pay()
        self.tables.db.execute("BEGIN IMMEDIATE")
        self._take_owed()
        made = [(call, done) for call in batch if (done := self._decide(call)) is not None]
        lines = [transaction.lines for _, transaction in made if transaction.lines]
        if lines:
            self.log.append(lines)
        return [each for kept in self._commit(made) for each in kept.applied]

    def _take_owed(self) -> None:
        if self._owed:
            take(self.tables, [Line(path, -1, raw) for path, raw in self._owed])

    def _pay(self) -> None:
        """Commits what is owed by itself; nothing new is accepted until that is done.

        Raises:
            sqlite3.Error: the database still does not take it.
        """
        self.tables.db.execute("BEGIN IMMEDIATE")
        self._take_owed()
        self.tables.db.execute("COMMIT")
        self._owed.clear()

    def _decide(self, call: Call) -> Transaction | None:
        """Runs one decision; ``None`` and the call's error when it raised."""
        tables = self.tables
        transaction = Transaction(tables, self.origin, format_ns(self.origin.tick()))
        tables.changed = False
        tables.db.execute("SAVEPOINT decision")
        try:
            call.result = call.decide(transaction)
            tables.write()
        except BaseException as error:
            if isinstance(error, sqlite3.DatabaseError) and not tables.connection.in_transaction:
                raise
            tables.undo("ROLLBACK TO decision")
            tables.db.execute("RELEASE decision")
            if tables.changed:
                tables.reload()
            call.error = self._refusal(error) if isinstance(error, sqlite3.Error) else error
            return None
        tables.db.execute("RELEASE decision")
        return transaction

    def _commit(self, made: list[tuple[Call, Transaction]]) -> list[Transaction]:
        """Commits; the transactions that count.

        What the journal holds counts, so a failure is made up for by the next batch. What stands
        in the database alone, such as how far the log was read, is lost with it, and is refused.
        """
        try:
            self.tables.db.execute("COMMIT")
        except sqlite3.Error as error:
            kept = [transaction for _, transaction in made if transaction.lines]
            if not kept:
                raise
            logger.exception("the database did not take a batch that the journal holds")
            refusal = self._refusal(error)
            for call, transaction in made:
                if not transaction.lines:
                    call.error = refusal
            self._undo()
            self._owed += [entry for transaction in kept for entry in transaction.lines]
            return kept
        self._owed.clear()
        return [transaction for _, transaction in made]

    def _undo(self) -> None:
        """Takes back what is not committed; if the disk does not let it, the next batch does."""
        self._torn = True
        try:
            self._restore()
        except sqlite3.Error:
            logger.exception("the database cannot be read; it is tried again with the next batch")

    def _restore(self) -> None:
        """Rolls back, and reads what is kept in memory anew.

        Raises:
            sqlite3.Error: the database cannot be read.
        """
        if self.tables.connection.in_transaction:
            self.tables.undo("ROLLBACK")
        self.tables.reload()
        self._torn = False

    def _refusal(self, error: BaseException) -> ThrumError:
        if isinstance(error, JournalError):
            return ThrumError("storage", str(error), "make room or mend the disk, then try again")
        if isinstance(error, sqlite3.OperationalError):
            return ThrumError("storage", f"the database refused: {error}", "look at the disk")
        if isinstance(error, sqlite3.DatabaseError) and any(sign in str(error) for sign in _DAMAGE):
            self._mark_damage()
            return ThrumError(
                "database",
                "the database file is damaged",
                "run 'thrum daemon restart': it is rebuilt from the log",
            )
        return ThrumError("internal", f"the write failed: {error}", "see the daemon's log")

    def _mark_damage(self) -> None:
        try:
            self.on_damage()
        except OSError:
            logger.exception("the next start is not told that the database is damaged")

    def _answer(self, batch: list[Call]) -> None:
        for loop, calls in groupby(batch, key=lambda call: call.loop):
            waiting = list(calls)
            if loop is None:
                _settle_all(waiting)
                continue
            try:
                loop.call_soon_threadsafe(_settle_all, waiting)
            except RuntimeError:
                logger.info("%d answers came after their loop was closed", len(waiting))

    def _tell(self, applied: Applied) -> None:
        for hook in self.on_applied:
            try:
                hook(applied)
            except Exception:
                logger.exception("a subscriber of the store failed")
