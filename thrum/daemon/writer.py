"""The one thread that writes: journal and database, a batch of decisions at a time.

A batch is whatever was waiting. Each decision can be taken back by itself and sees what earlier
ones did; then all lines go to the journal in one write and one sync; then SQLite commits; then
listeners are told and everybody is answered, in this order. So nobody is told of an event that a
crash could undo, the database is never ahead of the journal, and who has an answer finds that
everybody has heard of it.

Who asks for no more than that nothing can be lost is answered as soon as the journal holds it, and
SQLite commits after that. Whoever reads then waits for that commit (`Writer.seen`), which waits for
no disk, so that nobody with an answer finds less than what it says. While one batch of such follows
the other, the transaction stays open for some of them (`MOST_UNSEEN`, `LONGEST_S`): a commit costs
more than a decision, and would be in the way of the next. It ends as soon as somebody looks.

Where SQLite does not commit what the journal holds, the callers are answered, for nothing is lost;
listeners hear of it with the batch that makes it visible.
"""

from __future__ import annotations

import logging
import math
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from time import monotonic
from typing import Any, Final

from msgspec import Struct, field

from gitstore import JournalError, Line, Log
from thrum.daemon.eventloop import Answer, EventLoop, settle_all, together
from thrum.daemon.hub import News
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

REST_S: Final = 1.0
"""For so long nobody writes before what is gone is taken out of the database's files."""

LINGER_S: Final = 0.002
"""A batch that comes so soon after another follows it; for so long the next one is waited for."""

LONGEST_S: Final = 0.01
"""For so long batches that follow one another are not committed, unless somebody looks."""

MOST_UNSEEN: Final = 64
"""Of so many decisions the commit is not put off any more."""

Decide = Callable[[Transaction], Any]

_DAMAGE: Final = ("malformed", "not a database")
"""What SQLite's words for a damaged file have in them."""


class Call(Struct, eq=False):
    """A decision that waits for its turn, and then its result or error.

    Attributes:
        answer: whom to tell on an event loop; ``None``: `done` is set instead.
        early: whether it is told once the journal holds what it emitted, before others see it.
    """

    decide: Decide
    answer: Answer[Any] | None = None
    done: threading.Event | None = None
    early: bool = False
    result: Any = None
    error: BaseException | None = None

    @property
    def is_abandoned(self) -> bool:
        """Whether nobody waits any more."""
        return self.answer is not None and self.answer.is_abandoned


Made = tuple[Call, Transaction]
"""A decision that stands, and what it did."""


class Cue(Enum):
    """What the thread is told beside calls."""

    LOOK = "somebody wants to see what was answered"
    END = "there will be no more"


class Writer(Struct, eq=False, dict=True):
    """Owns the writable connection and the journal's writing side.

    Args:
        tell: called on this thread with what each batch made visible, before anybody is answered.
        on_damage: called once when SQLite finds its file damaged.
        before_commit: given the database before the journal or it is written for good; refuses by
            a `ThrumError`.
        empty_log: has the database's file take over its write-ahead log; whether it did.

    Attributes:
        answered: how many batches were answered before their commit.
        visible: of how many of these everybody has heard, and readers see them. The loop's.
        has_asked: whether the queue has a cue that somebody waits to see them.
        has_many: whether the last batch was of several decisions, so that the next ones may be.
        version: of agents, sessions and groups as readers see them, see `Tables.version`.
    """

    tables: Tables
    log: Log
    origin: Origin
    tell: Callable[[Sequence[News]], None]
    on_damage: Callable[[], None]
    before_commit: Callable[[sqlite3.Connection], None]
    empty_log: Callable[[], bool]
    answered: int = 0
    visible: int = 0
    has_asked: bool = False
    has_many: bool = False
    version: int = 0
    _waiting: deque[tuple[int, Answer[None]]] = field(default_factory=deque)
    _calls: queue.SimpleQueue[Call | Cue] = field(default_factory=queue.SimpleQueue)
    _unseen: list[Made] = field(default_factory=list)
    _loop: EventLoop | None = None
    _ended_at: float = -math.inf
    _until: float = 0.0
    _owed: list[Entry] = field(default_factory=list)
    _untold: list[News] = field(default_factory=list)
    _torn: bool = False
    _closed: bool = False
    _ended: bool = False
    _has_traces: bool = True

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, call: Call, *, bounded: bool = True) -> None:
        """Queues a decision.

        Raises:
            ThrumError: ``busy``, too many wait; ``shutting_down``, the store is closed;
                ``storage``, the thread has ended.
        """
        if self._closed or self._ended:
            raise self._closing()
        if bounded and self._calls.qsize() >= MOST_WAITING:
            raise ThrumError("busy", "too many requests wait for the disk", "try again soon")
        self._calls.put(call)
        self._look_again()

    @property
    def is_behind(self) -> bool:
        """Whether somebody was answered whose events not everybody sees yet."""
        return self.visible < self.answered

    async def seen(self) -> None:
        """Returns once everybody has heard of the events of all who were answered before, and
        readers see them. On a loop.

        Where the database does not take them (see `_commit`) nobody waits for them.
        """
        if not self.is_behind:
            return
        waiting: Answer[None] = Answer()
        self._waiting.append((self.answered, waiting))
        if self.is_behind:  # else another loop may not have known of this one
            if not self.has_asked:
                self.has_asked = True
                self._calls.put(Cue.LOOK)
            await waiting

    def _is_visible(self, number: int) -> None:
        """On the loop, after the listeners: lets those go on who waited for a batch."""
        self.visible = number
        waiting = []
        while self._waiting and self._waiting[0][0] <= number:
            waiting.append((self._waiting.popleft()[1], None, None))
        settle_all(waiting)

    def _look_again(self) -> None:
        """Answers who was queued just after the thread looked for the last time."""
        if self._ended:
            self._answer(self._rest(), self._closing())

    def _closing(self) -> ThrumError:
        """Why nothing is taken any more."""
        if self._closed:
            return ThrumError("shutting_down", "the store is closed")
        return ThrumError("storage", self.trouble, "run `thrum daemon restart`")

    @property
    def trouble(self) -> str:
        """Why nothing can be written any more; empty while it can."""
        if self._closed or not self._ended:
            return ""
        return "the thread that writes has ended, which is a defect; its log says why"

    def close(self) -> None:
        """Finishes what was queued and ends the thread."""
        if not self._closed:
            self._closed = True
            self._calls.put(Cue.END)
            self._thread.join()

    def _run(self) -> None:
        batch: list[Call] = []
        cue = None
        try:
            while cue is not Cue.END:
                batch, cue = self._next_batch()
                if batch or self._unseen:
                    self._carry_out(batch, may_linger=cue is None)
                if not self._unseen:
                    self._forget()
        except BaseException:
            logger.critical("the thread that writes ends", exc_info=True)
            self._answer(batch, ThrumError("internal", "the writer has ended"))
            raise
        finally:
            self._ended = True
            self._end([], [])
            self._answer(self._rest(), self._closing())

    def _forget(self) -> None:
        """Frees the index of what has left it, a bit at a time, while nobody waits.

        A bit is done where many wait, too: it takes a few milliseconds, and never stops coming.
        """
        if not self.tables.owes_index or self._torn:
            return
        try:
            while self.tables.forget_some() and self._calls.empty():
                pass
            self._has_traces = True
        except sqlite3.Error:
            logger.exception("the index is not freed of what has left it; it is tried again")
            self._undo()

    def _settle(self) -> None:
        """Has the file hold what its write-ahead log does: until then each has what is gone."""
        try:
            self._has_traces = not self.empty_log()
        except sqlite3.Error as error:  # a full disk, say: the log holds it still
            logger.warning("pages of what is gone stay in the write-ahead log: %s", error)
            self._has_traces = False

    def _rest(self) -> list[Call]:
        """Everything that still waits for its turn."""
        rest: list[Call] = []
        while True:
            try:
                call = self._calls.get_nowait()
            except queue.Empty:
                return rest
            if isinstance(call, Call):
                rest.append(call)

    def _next_batch(self) -> tuple[list[Call], Cue | None]:
        """Everything that waits, up to a bound or a cue, and that cue."""
        batch: list[Call] = []
        found = self._first()
        while isinstance(found, Call):
            if not found.is_abandoned:
                batch.append(found)
            if len(batch) >= MOST_AT_ONCE:
                return batch, None
            try:
                found = self._calls.get_nowait()
            except queue.Empty:
                return batch, None
        if found is Cue.LOOK:
            self.has_asked = False
        return batch, found

    def _first(self) -> Call | Cue:
        """The next that comes; where nobody comes for a moment, files are tidied meanwhile."""
        if self._unseen:
            try:
                return self._calls.get(timeout=LINGER_S)
            except queue.Empty:
                return Cue.LOOK  # nobody follows, so it is as if somebody looked
        while self._has_traces and not self._torn:
            try:
                return self._calls.get(timeout=REST_S)
            except queue.Empty:
                self._settle()
        return self._calls.get()

    def _carry_out(self, batch: list[Call], *, may_linger: bool = False) -> None:
        """Decides, journals, commits, tells and answers.

        Args:
            batch: what waited; empty: what was left to a later batch is committed.
            may_linger: whether that may be left to one after this.
        """
        visible: list[News] = []
        rest = batch
        if batch:
            self.has_many = len(batch) > 1
        begun_at = monotonic()
        try:
            made = self._journal(batch)
            is_early = _is_early(made)
            if is_early:
                self._answer_early(made)
                rest = [call for call in batch if call.error is not None]
            if is_early and may_linger and self._lingers(len(made), begun_at):
                self._unseen += made
                self._answer(rest)
                return
            visible = self._commit(made)
        except Exception as error:
            logger.exception("a batch of %d decisions failed", len(batch))
            refusal = self._refusal(error)
            for call in rest:
                call.error = call.error or refusal
            was_put_off = bool(self._unseen)
            self._undo()
            if was_put_off and not self._torn:
                self._pay_at_once()
        finally:
            self._ended_at = monotonic()
        together(self._end, visible, rest)

    def _lingers(self, count: int, begun_at: float) -> bool:
        """Whether the commit of so many decisions is left to a later batch."""
        if not self._unseen:
            self._until = begun_at + LONGEST_S
        follows = begun_at - self._ended_at < LINGER_S
        return follows and begun_at < self._until and len(self._unseen) + count < MOST_UNSEEN

    def _answer_early(self, made: list[Made]) -> None:
        """Answers who does not wait for the commit of what the journal holds."""
        self.answered += 1
        self._answer([call for call, _ in made])
        answer = made[-1][0].answer
        self._loop = answer.loop if answer is not None else None

    def _end(self, visible: list[News], batch: list[Call]) -> None:
        """Has everybody hear of what a batch brought, and then whoever asked or waits to look."""
        self._tell(visible)
        self._answer(batch)
        if self._loop is not None:
            self._loop.soon(self._is_visible, self.answered)
            self._loop = None

    def _journal(self, batch: list[Call]) -> list[Made]:
        """Decisions and their rows in a transaction, and their lines in the journal."""
        if not self._unseen:
            self._begin()
        made = [(call, done) for call in batch if (done := self._decide(call)) is not None]
        if not _is_early(made):
            self._write_rows()
        lines = [transaction.lines for _, transaction in made if transaction.lines]
        if lines:
            self.log.append(lines)
        return made

    def _begin(self) -> None:
        """Begins the transaction of a batch, upon what can be built on.

        Raises:
            sqlite3.Error, ThrumError: the database is not to be used; see `_restore`, `_pay`.
        """
        if self._torn:
            self._restore()
        if len(self._owed) > MOST_OWED:
            self._pay()
        self._open()

    def _open(self) -> None:
        """Begins a transaction, with what is owed to the database."""
        self.tables.db.execute("BEGIN IMMEDIATE")
        if self._owed:
            take(self.tables, [Line(path, -1, raw) for path, raw in self._owed])

    def _write_rows(self) -> None:
        """Has the rows of the transaction in the database, and has it be one that may be kept."""
        self.tables.write()
        self.before_commit(self.tables.connection)

    def _keep(self) -> None:
        """Commits, and says which version of `Tables.people` readers see now."""
        self.tables.commit()
        self.version = self.tables.version

    def _pay(self) -> None:
        """Commits what is owed by itself; nothing new is accepted until that is done.

        Raises:
            sqlite3.Error: the database still does not take it.
        """
        self._open()
        self._write_rows()
        self._keep()
        self._tell(self._now_visible())

    def _pay_at_once(self) -> None:
        """Has readers see what others were answered of before a batch that failed, if that can be.

        The journal may refuse what comes for long, and each such batch is taken back with all that
        was owed before it.
        """
        try:
            self._pay()
        except (sqlite3.Error, ThrumError) as error:
            logger.warning("what the journal holds is not to be seen yet: %s", error)
            self._undo()

    def _decide(self, call: Call) -> Transaction | None:
        """Runs one decision; ``None`` and the call's error when it raised."""
        tables = self.tables
        transaction = Transaction(tables, self.origin, self.origin.present(tables))
        tables.changed = False
        tables.begin()
        try:
            call.result = call.decide(transaction)
        except BaseException as error:
            if isinstance(error, sqlite3.DatabaseError) and not tables.connection.in_transaction:
                raise
            tables.take_back()
            if tables.changed:
                tables.reload()
            own = isinstance(error, Exception) and not isinstance(error, sqlite3.Error)
            call.error = error if own else self._refusal(error)
            return None
        tables.keep()
        return transaction

    def _commit(self, made: list[Made]) -> list[News]:
        """Commits these and what was left to them; what became visible by it.

        What the journal holds counts, so a failure is made up for by the next batch. What stands
        in the database alone, such as how far the log was read, is lost with it, and is refused.
        """
        kept = [*self._unseen, *(each for each in made if each[1].lines)]
        try:
            if _is_early(made):
                self._write_rows()
            self._keep()
        except (sqlite3.Error, ThrumError) as error:
            if not kept:
                raise
            logger.exception("the database did not take a batch that the journal holds")
            refusal = self._refusal(error)
            for call, transaction in made:
                if not transaction.lines:
                    call.error = refusal
            self._unseen = kept
            self._undo()
            return []
        made, self._unseen = [*self._unseen, *made], []
        return [*self._now_visible(), *(fact for _, each in made for fact in each.news)]

    def _now_visible(self) -> list[News]:
        """What was owed to the database and is committed now."""
        news, self._untold = self._untold, []
        self._owed.clear()
        return news

    def _undo(self) -> None:
        """Takes back what is not committed; if the disk does not let it, the next batch does.

        The journal holds what was to be seen later: that is owed to the database.
        """
        self._torn = True
        unseen, self._unseen = self._unseen, []
        self._owed += [entry for _, transaction in unseen for entry in transaction.lines]
        self._untold += [fact for _, transaction in unseen for fact in transaction.news]
        if self.origin.signer is not None:
            self.origin.signer.forget()
        try:
            self._restore()
        except sqlite3.Error:
            logger.exception("the database cannot be read; it is tried again with the next batch")

    def _restore(self) -> None:
        """Rolls back, and reads what is kept in memory anew.

        Raises:
            sqlite3.Error: the database cannot be read.
        """
        self.tables.undo()
        self.tables.reload()
        self._torn = False

    def _refusal(self, error: BaseException) -> ThrumError:
        if isinstance(error, ThrumError):
            return error
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
        logger.error("a write failed", exc_info=error)
        return ThrumError("internal", f"the write failed: {error!r}", "see the daemon's log")

    def _mark_damage(self) -> None:
        try:
            self.on_damage()
        except OSError:
            logger.exception("the next start is not told that the database is damaged")

    def _answer(self, batch: list[Call], error: BaseException | None = None) -> None:
        settled = []
        for call in batch:
            call.error = call.error or error
            if call.done is not None:
                call.done.set()
            elif call.answer is not None:
                settled.append((call.answer, call.result, call.error))
        late = settle_all(settled)
        if late:
            logger.info("%d answers came after their loop was closed", late)

    def _tell(self, news: list[News]) -> None:
        if not news:
            return
        try:
            self.tell(news)
        except Exception:
            logger.exception("listeners of the store could not be told")


def _is_early(made: list[Made]) -> bool:
    """Whether nobody waits for the database to have these, and the journal has all of them."""
    return bool(made) and all(call.early and transaction.lines for call, transaction in made)
