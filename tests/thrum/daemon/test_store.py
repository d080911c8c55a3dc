from __future__ import annotations

import asyncio
import errno
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from gitstore import JournalError, Line, Log, canonical
from tests.thrum.daemon.conftest import eventually
from thrum import events
from thrum.clock import format_ns
from thrum.daemon import writer
from thrum.daemon.hub import News
from thrum.daemon.projection import connection, rebuild
from thrum.daemon.projection.facts import Fact, interpret
from thrum.daemon.projection.opening import damage_mark
from thrum.daemon.projection.queries.agents import agent
from thrum.daemon.projection.queries.messages import message
from thrum.daemon.projection.queries.tallies import inbox_counts
from thrum.daemon.projection.reading import Outcome, take
from thrum.daemon.projection.rebuild import read_cursor
from thrum.daemon.projection.search import index
from thrum.daemon.projection.tables import Tables
from thrum.daemon.store import AT_ONCE, Store, Transaction, _taking
from thrum.daemon.writer import MOST_WAITING, Call
from thrum.errors import ThrumError

Opener = Callable[..., Store]


def registering(agent_id: str, **fields: Any) -> Callable[[Transaction], events.AgentRegister]:
    return lambda transaction: transaction.emit(
        events.AgentRegister(agent_id=agent_id, role="dev", module="m", **fields)
    )


def sending(message_id: str, author: str, *to: str) -> Callable[[Transaction], str]:
    def decide(transaction: Transaction) -> str:
        transaction.emit(
            events.MessageCreate(
                message_id=message_id,
                agent_id=author,
                session_id="ses_1",
                body=events.Body("hello", format="markdown"),
                refs=[events.Pair("mention", name) for name in to],
                recipients=list(to),
            )
        )
        return message_id

    return decide


def dump(database: Path) -> list[str]:
    """Rows of the tables that people see, whatever connection wrote them."""
    db = sqlite3.connect(database)
    try:
        return [
            repr(row)
            for table in ("agents", "messages", "message_deliveries", "inbox_counts", "events")
            for row in db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
        ]
    finally:
        db.close()


def test_an_event_is_filled_applied_and_in_the_journal(store: Store, log: Log) -> None:
    event = store.transact_blocking(registering("ann"))
    assert event.event_id.startswith("evt_")
    assert len(event.timestamp) == 30
    assert (event.v, event.origin_daemon) == (1, "d_here")
    found = agent(store.reader(), "ann")
    assert found is not None
    assert found.registered_at == event.timestamp
    lines = list(log.since(None).lines)
    assert [(line.path, line.raw) for line in lines] == [("events.jsonl", canonical(event))]


def test_every_event_has_its_own_later_time(open_store: Opener) -> None:
    store = open_store(now_ns=lambda: 1_700_000_000_000_000_000)
    times = [store.transact_blocking(registering("ann")).timestamp for _ in range(3)]
    assert times == sorted(set(times))


def test_what_a_decision_raises_comes_out_and_leaves_nothing(store: Store, log: Log) -> None:
    def decide(transaction: Transaction) -> None:
        transaction.emit(events.AgentRegister(agent_id="ann", role="dev", module="m"))
        raise ThrumError("conflict", "no")

    with pytest.raises(ThrumError, match="no"):
        store.transact_blocking(decide)
    assert agent(store.reader(), "ann") is None
    assert list(log.since(None).lines) == []
    # The memory part forgot it too: a broadcast reaches nobody.
    store.transact_blocking(registering("bob"))
    store.transact_blocking(sending("msg_1", "bob"))
    found = message(store.reader(), "msg_1")
    assert found is not None
    assert not found.recipients


def test_a_decision_sees_what_earlier_ones_of_its_batch_did(store: Store) -> None:
    async def main() -> list[int]:
        def decide(transaction: Transaction) -> int:
            transaction.db.execute(
                "INSERT INTO session_scopes (session_id, scope_type, scope_value, added_at)"
                " VALUES ('s', 'x', ?, '')",
                (str(threading.get_ident()) + transaction.now,),
            )
            row = transaction.db.execute("SELECT count(*) FROM session_scopes").fetchone()
            return int(row[0])

        return await asyncio.gather(*(store.transact(decide) for _ in range(50)))

    assert sorted(asyncio.run(main())) == list(range(1, 51))


def test_one_failure_in_a_batch_is_nobody_elses(store: Store) -> None:
    async def main() -> list[object]:
        def failing(transaction: Transaction) -> None:
            sending("msg_bad", "ann")(transaction)
            raise ValueError("mine")

        calls = [failing if n % 3 == 0 else sending(f"msg_{n}", "ann") for n in range(30)]
        return await asyncio.gather(*map(store.transact, calls), return_exceptions=True)

    answers = asyncio.run(main())
    assert [isinstance(each, ValueError) for each in answers] == [n % 3 == 0 for n in range(30)]
    count = store.reader().execute("SELECT count(*) FROM messages").fetchone()[0]
    assert count == 20


def test_a_refused_journal_leaves_nothing(store: Store, log: Log, monkeypatch) -> None:
    def refuse(batches: object) -> None:
        raise JournalError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(log, "append", refuse)
        with pytest.raises(ThrumError) as caught:
            store.transact_blocking(registering("ann"))
    assert caught.value.kind == "storage"
    assert agent(store.reader(), "ann") is None
    store.transact_blocking(registering("ann"))
    assert agent(store.reader(), "ann") is not None


def test_the_writer_frees_the_index_of_what_has_left_it(store: Store, database: Path) -> None:
    for number in range(40):
        store.transact_blocking(sending(f"msg_{number}", "ann", "bob"))

    def delete(transaction: Transaction) -> bool:
        for number in range(40):
            transaction.emit(events.MessageDelete(message_id=f"msg_{number}"))
        return transaction.tables.owes_index

    assert store.transact_blocking(delete)
    # Each decision that comes between is served first, and a bit more is done after it.
    owes = [store.transact_blocking(lambda t: t.tables.owes_index) for _ in range(50)]
    assert not owes[-1]
    db = connection.reader(database)
    kept = b"".join(block for (block,) in db.execute("SELECT block FROM message_search_data"))
    db.close()
    assert b"hello" not in kept


def test_soon_no_file_of_the_database_has_what_was_purged(
    store: Store, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads prevents it for as long as that lasts, and is not cut off."""

    def files_have(text: bytes) -> bool:
        return any(text in part.read_bytes() for part in rebuild.parts(database) if part.exists())

    monkeypatch.setattr(writer, "REST_S", 0.02)
    store.transact_blocking(sending("msg_1", "ann", "bob"))
    assert files_have(b"hello")
    reader = connection.reader(database)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM messages").fetchone()
    before = format_ns(2**62)
    store.transact_blocking(
        lambda transaction: transaction.emit(events.PurgeExecuted(cutoff=before))
    )
    time.sleep(10 * writer.REST_S)
    assert files_have(b"hello")
    reader.close()
    eventually(lambda: not files_have(b"hello"))


def test_an_index_that_cannot_be_freed_is_no_end_of_writing(store: Store, monkeypatch) -> None:
    store.transact_blocking(sending("msg_1", "ann", "bob"))
    calls = []

    def refuse(db: sqlite3.Connection) -> bool:
        calls.append(db)
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(index, "forget_some", refuse)
        store.transact_blocking(
            lambda transaction: transaction.emit(events.MessageDelete(message_id="msg_1"))
        )
        store.transact_blocking(registering("ann"))
        assert calls
    for _ in range(5):
        store.transact_blocking(registering("bob"))
    assert not store.transact_blocking(lambda transaction: transaction.tables.owes_index)


def test_without_an_event_there_is_no_journal_line(store: Store, log: Log) -> None:
    store.transact_blocking(
        lambda transaction: (
            transaction.db.execute(
                "INSERT INTO session_refs VALUES ('ses_1', 'worktree', '/w', '')"
            ).rowcount
        )
    )
    assert list(log.since(None).lines) == []
    assert store.reader().execute("SELECT count(*) FROM session_refs").fetchone()[0] == 1


class Stubborn:
    """The writer's connection, of which statements of one kind fail for a while.

    Args:
        start: how the statements begin.
        times: how many of them fail.
    """

    def __init__(self, store: Store, start: str, times: int, error: sqlite3.Error) -> None:
        self._db = store._writer.tables.db
        self._start, self.left, self._error = start, times, error
        store._writer.tables.connection = self  # type: ignore[assignment]

    def __getattr__(self, name: str) -> object:
        return getattr(self._db, name)

    def execute(self, sql: str, *values: Any) -> object:
        if sql.startswith(self._start) and self.left:
            self.left -= 1
            raise self._error
        return self._db.execute(sql, *values)


FULL = sqlite3.OperationalError("database or disk is full")


def test_a_commit_that_fails_is_made_up_for(store: Store, log: Log, database: Path) -> None:
    blocker = sqlite3.connect(database, isolation_level=None)
    Stubborn(store, "COMMIT", 1, FULL)
    store.transact_blocking(sending("msg_1", "ann"))
    assert blocker.execute("SELECT count(*) FROM messages").fetchone()[0] == 0
    store.transact_blocking(sending("msg_2", "ann"))
    rows = blocker.execute("SELECT message_id FROM messages ORDER BY 1").fetchall()
    blocker.close()
    assert rows == [("msg_1",), ("msg_2",)]


def test_what_a_database_owes_is_bounded(
    store: Store, log: Log, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that takes nothing more for long must not fill the memory, nor grow the debt."""
    monkeypatch.setattr(writer, "MOST_OWED", 2)
    refusing = Stubborn(store, "COMMIT", 5, FULL)
    for number in range(3):
        assert store.transact_blocking(sending(f"msg_{number}", "ann")) == f"msg_{number}"
    for number in (3, 4):
        with pytest.raises(ThrumError) as refused:
            store.transact_blocking(sending(f"msg_{number}", "ann"))
        assert refused.value.kind == "storage"
    assert (refusing.left, len(log.journal.records)) == (0, 3)
    store.transact_blocking(sending("msg_5", "ann"))
    rows = store.reader().execute("SELECT message_id FROM messages ORDER BY 1").fetchall()
    assert rows == [("msg_0",), ("msg_1",), ("msg_2",), ("msg_5",)]


def together(store: Store, *decisions: Callable[[Transaction], object]) -> list[object]:
    """Has the writer carry out decisions as one batch; the result or error of each."""
    calls = [Call(decide, done=threading.Event()) for decide in decisions]
    holding, release = threading.Event(), threading.Event()

    def hold(transaction: Transaction) -> None:
        holding.set()
        assert release.wait(60)

    first = Call(hold, done=threading.Event())
    store._writer.submit(first)
    assert holding.wait(60)
    for call in calls:
        store._writer.submit(call)
    release.set()
    for call in calls:
        assert call.done is not None
        assert call.done.wait(60)
    return [call.error or call.result for call in calls]


def test_what_was_read_of_the_log_is_not_lost_with_a_commit_that_fails(
    store: Store, log: Log
) -> None:
    """It stands in the database alone, whatever else was in its batch."""
    raw = canonical(
        events.AgentRegister(
            agent_id="bob",
            role="dev",
            module="m",
            event_id="evt_BOB",
            timestamp="2026-01-01T00:00:00.000000000Z",
        )
    )
    log.append([[("events.jsonl", raw)]])
    since = log.since(read_cursor(store.reader()))
    reading = _taking(list(since.lines), since.cursor)
    Stubborn(store, "COMMIT", 2, FULL)  # the first is of what keeps the writer busy
    sent, read = together(store, sending("msg_1", "ann"), reading)
    assert sent == "msg_1"
    assert isinstance(read, ThrumError)
    assert read.kind == "storage"
    assert store.catch_up().applied == 1
    assert agent(store.reader(), "bob") is not None
    assert message(store.reader(), "msg_1") is not None


def test_a_database_that_cannot_be_read_is_no_end_of_writing(store: Store) -> None:
    """After a failure the memory is read again, and that may fail as well, more than once."""
    store.transact_blocking(registering("ann"))
    db = Stubborn(store, "SELECT", 3, sqlite3.OperationalError("disk I/O error"))
    with pytest.raises(ThrumError):
        store.transact_blocking(lambda transaction: transaction.db.execute("ROLLBACK"))
    assert db.left
    with pytest.raises(ThrumError, match="disk I/O error"):
        store.transact_blocking(registering("bob"))
    assert not db.left
    store.transact_blocking(registering("bob"))
    assert {"ann", "bob"} <= set(store._writer.tables.register.agents)


@pytest.mark.parametrize("words", ["database disk image is malformed", "file is not a database"])
def test_damage_is_marked_for_the_next_start(store: Store, database: Path, words: str) -> None:
    Stubborn(store, "BEGIN", 1, sqlite3.DatabaseError(words))
    with pytest.raises(ThrumError) as caught:
        store.transact_blocking(registering("ann"))
    assert caught.value.kind == "database"
    assert damage_mark(database).exists()
    store.transact_blocking(registering("ann"))


def test_damage_that_cannot_be_marked_is_no_end_of_writing(store: Store) -> None:
    def refuse() -> None:
        raise OSError("read-only")

    store._writer.on_damage = refuse
    Stubborn(store, "BEGIN", 1, sqlite3.DatabaseError("database disk image is malformed"))
    with pytest.raises(ThrumError):
        store.transact_blocking(registering("ann"))
    store.transact_blocking(registering("ann"))


def test_too_many_waiting_are_told_so(store: Store) -> None:
    holding, release = threading.Event(), threading.Event()

    async def main() -> list[object]:
        def hold(transaction: Transaction) -> None:
            holding.set()
            assert release.wait(60)

        first = asyncio.ensure_future(store.transact(hold))
        while not holding.is_set():
            await asyncio.sleep(0.001)
        calls = [
            asyncio.ensure_future(store.transact(lambda transaction: None))
            for _ in range(MOST_WAITING + 1)
        ]
        await asyncio.sleep(0)
        release.set()
        await first
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(main())
    kinds = [each.kind for each in answers if isinstance(each, ThrumError)]
    assert kinds == ["busy"]


def test_an_abandoned_decision_is_not_carried_out(store: Store) -> None:
    holding, release = threading.Event(), threading.Event()

    async def main() -> None:
        def hold(transaction: Transaction) -> None:
            holding.set()
            assert release.wait(60)

        first = asyncio.ensure_future(store.transact(hold))
        while not holding.is_set():
            await asyncio.sleep(0.001)
        second = asyncio.ensure_future(store.transact(sending("msg_1", "ann")))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        release.set()
        await first
        await store.transact(lambda transaction: None)

    asyncio.run(main())
    assert message(store.reader(), "msg_1") is None


def test_whoever_is_told_hears_of_events_once_and_whether_they_are_ours(
    log: Log, open_store: Opener
) -> None:
    heard: list[tuple[str, bool]] = []

    def hear(news: Sequence[News]) -> None:
        heard.extend((event.event_id, local) for event, local in news)  # type: ignore[attr-defined]
        raise RuntimeError("a broken listener")

    store = open_store(tell=hear)
    ours = store.transact_blocking(registering("ann"))
    theirs = events.AgentRegister(
        agent_id="zoe", role="r", module="m", event_id="evt_x", timestamp="2026-01-01T00:00:00Z"
    )
    log.append([[("events.jsonl", canonical(theirs))]])
    assert store.catch_up().applied == 1
    assert store.catch_up().applied == 0
    log.commit()
    assert store.catch_up().applied == 0
    assert heard == [(ours.event_id, True), ("evt_x", False)]


def test_what_the_branch_lost_since_comes_back(store: Store, log: Log) -> None:
    store.transact_blocking(registering("ann"))
    log.commit()
    store.catch_up()
    before = [line.raw for line in log.read()]
    log.repository.references.delete("refs/heads/a-sync")
    assert [line.raw for line in log.read()] == []
    store.catch_up()
    assert [line.raw for line in log.read()] == before


def test_a_disk_that_refuses_what_comes_back_is_no_reason_not_to_start(
    open_store: Opener, log: Log, monkeypatch
) -> None:
    def refuse(cursor: object) -> bool:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(log, "rejoin", refuse)
    opened = open_store()
    assert "no space left" in opened.behind
    assert opened.transact_blocking(registering("nux")).agent_id == "nux"


def test_lines_that_are_known_do_not_bother_the_writer(store: Store, log: Log, monkeypatch) -> None:
    store.catch_up()
    for number in range(9):
        store.transact_blocking(sending(f"msg_{number}", "ann"))
    given: list[object] = []

    def count(tables: object, lines: list[object]) -> Outcome:
        given.extend(lines)
        return Outcome()

    monkeypatch.setattr("thrum.daemon.store.take", count)
    store.catch_up()
    log.commit()
    store.catch_up()
    assert given == []


def messages_of_three(numbers: range) -> list[tuple[str, bytes]]:
    return [
        (
            f"messages/a{n % 3}.jsonl",
            canonical(
                events.MessageCreate(
                    message_id=f"msg_{n}",
                    agent_id=f"a{n % 3}",
                    body=events.Body("x"),
                    timestamp=f"2026-01-01T00:00:00.{n:09d}Z",
                    event_id=f"evt_{n}",
                )
            ),
        )
        for n in numbers
    ]


def test_of_a_long_log_only_the_new_event_is_decoded(store: Store, log: Log, monkeypatch) -> None:
    log.append([messages_of_three(range(2500))])
    log.commit()
    store.catch_up()
    decoded: list[bytes] = []

    def count(path: str, raw: bytes) -> Fact:
        decoded.append(raw)
        return interpret(path, raw)

    monkeypatch.setattr("thrum.daemon.projection.reading.interpret", count)
    news = messages_of_three(range(2500, 2501))
    log.append([news])
    log.commit()
    assert store.catch_up().applied == 1
    assert decoded == [news[0][1]]


def test_a_long_catch_up_goes_in_portions(open_store: Opener, log: Log) -> None:
    portions: list[int] = []
    store = open_store(tell=lambda news: portions.append(len(news)))
    log.append([[*messages_of_three(range(2500)), ("events.jsonl", b'"no event"')]])
    outcome = store.catch_up()
    assert (outcome.applied, outcome.bad) == (2500, 1)
    assert sum(portions) == 2500
    assert max(portions) <= AT_ONCE
    assert store.reader().execute("SELECT count(*) FROM messages").fetchone()[0] == 2500
    assert store.catch_up().applied == 0


@pytest.mark.parametrize("count", [AT_ONCE, 2 * AT_ONCE])
def test_whole_portions_move_the_cursor_too(store: Store, log: Log, count: int) -> None:
    log.append([messages_of_three(range(count))])
    assert store.catch_up().applied == count
    assert read_cursor(store.reader()) == log.since(None).cursor


def test_what_an_interrupted_catch_up_left_comes_at_the_next(
    open_store: Opener, log: Log, monkeypatch
) -> None:
    store = open_store()
    log.append([messages_of_three(range(2500))])
    before = read_cursor(store.reader())
    portions: list[int] = []

    def fails_at_the_second(tables: Tables, lines: list[Line]) -> Outcome:
        portions.append(len(lines))
        if len(portions) == 2:
            raise ThrumError("storage", "the disk is full")
        return take(tables, lines)

    with monkeypatch.context() as patch:
        patch.setattr("thrum.daemon.store.take", fails_at_the_second)
        with pytest.raises(ThrumError, match="the disk is full"):
            store.catch_up()
    assert store.reader().execute("SELECT count(*) FROM messages").fetchone()[0] == AT_ONCE
    assert read_cursor(store.reader()) == before
    assert store.catch_up().applied == 2500 - AT_ONCE
    store.close()
    again = open_store()
    assert again.reader().execute("SELECT count(*) FROM messages").fetchone()[0] == 2500


def test_a_rebuilt_database_is_the_same(open_store: Opener, database: Path, log: Log) -> None:
    store = open_store()
    for name in ("ann", "bob", "cy"):
        store.transact_blocking(registering(name))
    for n in range(30):
        store.transact_blocking(sending(f"msg_{n}", "ann", *(["bob"] if n % 2 else [])))
        if n == 10:
            log.commit()
            store.catch_up()
    store.transact_blocking(
        lambda transaction: transaction.emit(
            events.MessageReceipt(message_id="msg_1", agent_id="bob", receipt_type="read")
        )
    )
    store.close()
    before = [row for row in dump(database) if "evt_" not in row]
    counts = sqlite3.connect(database)
    expected = inbox_counts(counts, "bob")
    counts.close()
    assert expected.unread == 29
    database.unlink()
    again = open_store()
    assert again.rebuilt == "missing"
    assert inbox_counts(again.reader(), "bob") == expected
    again.close()
    assert [row for row in dump(database) if "evt_" not in row] == before


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.reader().execute("DELETE FROM agents")


def test_readers_belong_to_their_thread(store: Store) -> None:
    found: list[sqlite3.Connection] = []
    thread = threading.Thread(target=lambda: found.append(store.reader()))
    thread.start()
    thread.join()
    assert found[0] is not store.reader()
    assert store.reader() is store.reader()


def test_a_closed_store_refuses(store: Store) -> None:
    store.close()
    with pytest.raises(ThrumError) as caught:
        store.transact_blocking(lambda transaction: None)
    assert caught.value.kind == "shutting_down"
    store.close()


def test_a_question_is_answered_off_the_event_loop(store: Store) -> None:
    """While it takes its time, the loop and the writer serve others."""
    begun, may_end = threading.Event(), threading.Event()

    def slow(db: sqlite3.Connection) -> tuple[int, int]:
        begun.set()
        assert may_end.wait(20)
        (count,) = db.execute("SELECT count(*) FROM agents").fetchone()
        return threading.get_ident(), count

    async def ask() -> tuple[int, int]:
        asked = asyncio.create_task(store.ask(slow))
        while not begun.is_set():
            await asyncio.sleep(0)
        await store.transact(registering("ann"))
        may_end.set()
        return await asked

    thread, count = asyncio.run(ask())
    assert thread != threading.get_ident()
    assert count == 1


def test_a_question_raises_what_it_raises_and_writes_nothing(store: Store) -> None:
    def wrong(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM agents")

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        asyncio.run(store.ask(wrong))
    with pytest.raises(ZeroDivisionError):
        asyncio.run(store.ask(lambda db: 1 // 0))


def test_a_closed_store_answers_no_question(open_store: Opener) -> None:
    store = open_store()
    store.close()
    with pytest.raises(ThrumError) as caught:
        asyncio.run(store.ask(lambda db: None))
    assert caught.value.kind == "shutting_down"
