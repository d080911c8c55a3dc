"""The store: the only way to write, and where questions get their connections.

Three owners: the event loop asks and waits, the writer thread (`writer.Writer`) writes, the git
thread calls `catch_up`. What is new in the log is computed from a cursor that the database keeps
in the transaction that applied it, so nothing can be missed or has to be remembered.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection, Hashable, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import anyio
import pygit2
from anyio import to_thread
from msgspec import Struct

from gitstore import Cursor, Line, Log, LogError
from thrum.clock import NowNs, Ticker
from thrum.daemon.eventloop import Answer, Gathering, Glances
from thrum.daemon.hub import News
from thrum.daemon.projection import connection, given_ids, numbering
from thrum.daemon.projection.answers import Answers
from thrum.daemon.projection.apply import withholding
from thrum.daemon.projection.checkpoints import Checkpoints
from thrum.daemon.projection.gate import Gate
from thrum.daemon.projection.given_ids import GivenIds
from thrum.daemon.projection.numbering import Promise
from thrum.daemon.projection.opening import damage_mark, open_database
from thrum.daemon.projection.reading import Outcome, take, unknown
from thrum.daemon.projection.rebuild import Progress, read_cursor, store_cursor
from thrum.daemon.projection.sorting import in_order
from thrum.daemon.projection.tables import Tables
from thrum.daemon.readers import Readers
from thrum.daemon.transaction import Origin, Signs, Transaction
from thrum.daemon.writer import Call, Writer
from thrum.errors import ThrumError
from thrum.ids import Ids

__all__ = ["CaughtUp", "Store", "Transaction"]

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)

AT_ONCE: Final = 1000
"""Lines that are applied in one transaction while requests are served: some 50 ms."""

MOST_GATHERED: Final = 64
"""Decisions that are handed to the writer at once; of more it saves nothing."""

ASKING: Final = 2
"""Threads for questions that cost more than the event loop can spare."""


class CaughtUp(Struct, frozen=True):
    """What reading on in the log brought: events that were new, lines that were set aside."""

    applied: int = 0
    bad: int = 0


def _nobody(news: Sequence[News]) -> None:
    """Nobody listens."""


class Store:
    """An open store. Use `Store.open`.

    Attributes:
        rebuilt: why the database was built anew at opening; empty when it was usable.
        aside: where the unusable database was moved.
        behind: why opening could not read on to the end of the log; empty when it could.
        daemon_id: what our events are marked with.
        gate: says which events count; None: all of them do.
    """

    def __init__(
        self,
        log: Log,
        database: Path,
        db: sqlite3.Connection,
        origin: Origin,
        tell: Callable[[Sequence[News]], None],
        writer: type[Writer],
        numbers: Promise,
        given: GivenIds,
        gate: Gate | None = None,
    ) -> None:
        self.log = log
        self.database = database
        self.daemon_id = origin.daemon
        self.gate = gate
        self.rebuilt = self.behind = ""
        self.aside: tuple[Path, ...] = ()
        self._readers = threading.local()
        self._open_readers: list[sqlite3.Connection] = []
        self._lending = Readers(lambda: connection.reader(database))
        self._readers_lock = threading.Lock()
        self._closed = False
        self._glances = Glances()
        self._gathering = Gathering(self._submit, MOST_GATHERED)
        self._people = Answers()
        self._limiter: anyio.CapacityLimiter | None = None
        self._db = db
        self._numbers, self._given = numbers, given
        self._checkpoints = Checkpoints(database)
        self._tables = tables = Tables.read(db)
        tables.gate = gate
        self._writer = writer(
            tables,
            log,
            origin,
            tell,
            lambda: damage_mark(database).touch(),
            self._before_commit,
            self._checkpoints.empty,
        )

    @classmethod
    def open(
        cls,
        *,
        log: Log,
        database: Path,
        origin_daemon: str,
        now_ns: NowNs,
        ids: Ids,
        progress: Progress | None = None,
        tell: Callable[[Sequence[News]], None] = _nobody,
        boot: str = "",
        writer: type[Writer] = Writer,
        signer: Signs | None = None,
        gate: Gate | None = None,
    ) -> Store:
        """Opens the database, whatever state it is in, and reads on to the end of the log.

        Args:
            log: the open log.
            database: the file; its directory is made if need be.
            origin_daemon: what our events are marked with.
            now_ns: the clock.
            ids: the source of event ids.
            progress: told of a rebuild's progress, see `rebuild.Progress`.
            tell: given what each commit made visible, on the writer thread (`Hub.tell`).
            boot: which start of the machine this is, or anything that never was before.
            writer: what carries decisions out.
            signer: vouches for what we write; None: nobody does.
            gate: says which events count; None: all of them do.

        Raises:
            ThrumError: ``database``, a newer program wrote the file; ``storage``, the disk.
        """
        numbers = Promise(database.with_name(numbering.FILE))
        opened = open_database(
            database, log, now_ns(), progress, promised=numbers.highest, gate=gate
        )
        numbering.go_on(opened.db, boot, numbers.highest)
        numbers.cover(opened.db)
        origin = Origin(origin_daemon, Ticker(now_ns), ids, signer)
        given = GivenIds(database.with_name(given_ids.FILE), ids, opened.db)
        origin.is_after(given.last)
        store = cls(log, database, opened.db, origin, tell, writer, numbers, given, gate)
        store.rebuilt, store.aside = opened.reason, opened.aside
        # Before what is read on takes events of ours, and after what it brings.
        store.transact_blocking(lambda transaction: origin.go_on(transaction.tables))
        if withholding.rule(opened.db) != (gate.rule if gate else ""):
            store.transact_blocking(lambda transaction: transaction.regate(gate))
        try:
            store.catch_up()
        except (LogError, OSError, KeyError, pygit2.GitError) as error:
            # What it holds can be served meanwhile; the next cycle of sync tries again.
            store.behind = str(log.explained(error))
        store.transact_blocking(lambda transaction: origin.go_on(transaction.tables))
        return store

    async def transact(self, decide: Callable[[Transaction], T], *, early: bool = False) -> T:
        """Runs a decision on the writer thread and returns once what it emitted is on disk.

        Args:
            decide: the decision.
            early: whether to return before readers see it; whoever then reads awaits `seen`.

        Raises:
            ThrumError: ``storage``, the disk refused and nothing was recorded; ``busy``, too much
                waits; ``shutting_down``.
            Exception: whatever `decide` raised; nothing of it was written.
        """
        answer: Answer[T] = Answer()
        call = Call(decide, answer, early=early)
        if self._writer.has_many:
            self._gathering.add(call)
        else:
            self._writer.submit(call)
        return await answer

    def _submit(self, calls: list[Call]) -> None:
        for call in calls:
            try:
                self._writer.submit(call)
            except ThrumError as error:
                assert call.answer is not None
                call.answer.refuse(error)

    @property
    def is_behind(self) -> bool:
        """Whether somebody was answered of what readers do not see yet."""
        return self._writer.is_behind

    async def seen(self) -> None:
        """Returns once readers see all that anybody was answered of; mostly at once.

        It waits for the end of one transaction of SQLite at most, and for no sync of the disk.
        """
        await self._writer.seen()

    async def regate(self, gate: Gate | None, daemons: Collection[str] | None = None) -> None:
        """Has another gate say which events count; see `Transaction.regate`.

        Raises:
            ThrumError: as `transact`; the one before goes on.
        """
        await self.transact(lambda transaction: transaction.regate(gate, daemons))
        self.gate = gate

    def transact_blocking(self, decide: Callable[[Transaction], T]) -> T:
        """As `transact`, from a thread without an event loop (not the writer thread)."""
        return self._wait(decide, bounded=True)

    def _wait(self, decide: Callable[[Transaction], T], *, bounded: bool) -> T:
        call = Call(decide, done=threading.Event())
        self._writer.submit(call, bounded=bounded)
        assert call.done is not None
        call.done.wait()
        if call.error is not None:
            raise call.error
        result: T = call.result
        return result

    def catch_up(self) -> CaughtUp:
        """Applies what the log holds and the database does not. Belongs to the git thread.

        What the branch lost since the last time comes back first. The cursor moves with the last
        portion: who was interrupted reads all of it again and finds most of it known.

        Raises:
            LogError, KeyError, pygit2.GitError: the log cannot be read, see `Log.explained`.
            ThrumError: ``storage``, the disk refuses.
        """
        before = read_cursor(self.reader())
        self.log.rejoin(before)
        since = self.log.since(before)
        lines = in_order(unknown(self.reader(), since.lines))
        applied = bad = 0
        while True:
            portion = list(islice(lines, AT_ONCE))
            is_last = len(portion) < AT_ONCE
            if not portion and since.cursor == before:
                return CaughtUp(applied, bad)
            cursor = since.cursor if is_last else None
            outcome = self._wait(_taking(portion, cursor), bounded=False)
            applied, bad = applied + len(outcome.events), bad + outcome.bad
            if is_last:
                return CaughtUp(applied, bad)

    def reader(self) -> sqlite3.Connection:
        """The calling thread's read-only connection."""
        found: sqlite3.Connection | None = getattr(self._readers, "db", None)
        if found is None:
            found = connection.reader(self.database)
            self._readers.db = found
            with self._readers_lock:
                self._open_readers.append(found)
        return found

    def lent(self) -> AbstractContextManager[sqlite3.Connection]:
        """A read-only connection for a thread that nobody waits for when the store is closed.

        What `close` closes while a thread reads from it brings the process down. This one it leaves
        to whoever has it.
        """
        return self._lending.lent()

    def glance(self, question: Callable[[sqlite3.Connection, H], T], about: H) -> T:
        """Answers a question that costs less than a millisecond, on the event loop.

        Whoever asks the same in one turn of the loop gets the same answer.

        Raises:
            Exception: whatever the question raised.
        """
        return self._glances.at((question, about), lambda: question(self.reader(), about))

    def people(self, question: Callable[[sqlite3.Connection, H], T], about: H) -> T:
        """Answers a question about nothing but agents, sessions and groups, on the event loop.

        While none of them changes, what was answered once is not looked up again.

        Raises:
            Exception: whatever the question raised.
        """
        return self._people.of(self._writer.version, self.reader(), question, about)

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Answers a question that may cost more than a millisecond, off the event loop.

        Raises:
            ThrumError: ``shutting_down``.
            Exception: whatever the question raised.
        """

        await self.seen()

        def answered() -> T:
            if self._closed:
                raise ThrumError("shutting_down", "the store is closed")
            with self._lending.lent() as db:
                return question(db)

        return await to_thread.run_sync(answered, abandon_on_cancel=True, limiter=self._asking)

    @property
    def _asking(self) -> anyio.CapacityLimiter:
        """Bounds the questions that are asked at once. It belongs to the running loop."""
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(ASKING)
        return self._limiter

    @property
    def trouble(self) -> str:
        """Why nothing can be written; empty while it can."""
        return self._writer.trouble

    def close(self) -> None:
        """Finishes what was accepted and closes every connection; the log stays open."""
        self._writer.close()
        with self._readers_lock:
            self._closed = True
            for reader in self._open_readers:
                reader.close()
            self._open_readers.clear()
        self._lending.close()
        self._checkpoints.close()
        self._db.close()

    def _before_commit(self, db: sqlite3.Connection) -> None:
        """On the thread that writes: has what the files beside the database promise hold.

        Raises:
            ThrumError: ``storage``, the disk refuses; nothing may be committed then.
        """
        self._numbers.cover(db)
        if self._tables.lacks_events:
            self._given.cover(db)
            self._tables.lacks_events = False
        self._checkpoints.grows(db.total_changes)


def _taking(lines: list[Line], cursor: Cursor | None) -> Callable[[Transaction], Outcome]:
    """A decision to apply the lines, and to note that the log has been read up to a cursor."""

    def decide(transaction: Transaction) -> Outcome:
        outcome = take(transaction.tables, lines)
        if cursor is not None:
            store_cursor(transaction.db, cursor)
        transaction.news += [(event, False) for event in outcome.events]
        _go_on(transaction, outcome)
        return outcome

    return decide


def _go_on(transaction: Transaction, outcome: Outcome) -> None:
    """Ids of ours that came back from elsewhere are not given again, nor any that are below."""
    origin = transaction.origin
    for event in outcome.events:
        if event.origin_daemon == origin.daemon:
            origin.is_after(event.event_id)
    origin.go_on_after_marks(transaction.tables)
