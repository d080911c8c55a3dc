"""Who is told what, and when: after a commit that failed, and after the thread has ended."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Cursor, JournalError, Log
from tests.simulation.node import InlineWriter
from tests.thrum.daemon.conftest import eventually
from thrum import events
from thrum.daemon import writer
from thrum.daemon.hub import Hub, News
from thrum.daemon.notices import Moved
from thrum.daemon.projection.queries.agents import agent
from thrum.daemon.store import Store
from thrum.daemon.transaction import Transaction
from thrum.daemon.writer import Call, Cue
from thrum.errors import ThrumError
from thrum.ids import Ids

Opener = Callable[..., Store]


def registering(agent_id: str) -> Callable[[Transaction], object]:
    """A decision to register an agent."""
    return lambda transaction: transaction.emit(
        events.AgentRegister(agent_id=agent_id, role="dev", module="m")
    )


class Refusing:
    """The writer's connection, whose next commits fail."""

    def __init__(self, store: Store, times: int) -> None:
        self._db, self.left = store._writer.tables.db, times
        store._writer.tables.connection = self  # type: ignore[assignment]

    def __getattr__(self, name: str) -> object:
        return getattr(self._db, name)

    def execute(self, sql: str, *values: Any) -> object:
        if sql.startswith("COMMIT") and self.left:
            self.left -= 1
            raise sqlite3.OperationalError("database or disk is full")
        return self._db.execute(sql, *values)


def test_after_a_failed_commit_nobody_is_told_until_it_is_visible(open_store: Opener) -> None:
    told: list[tuple[str, bool]] = []

    def hear(news: Sequence[News]) -> None:
        for each, _ in news:
            assert isinstance(each, events.AgentRegister)
            told.append((each.agent_id, agent(store.reader(), each.agent_id) is not None))

    store = open_store(tell=hear)
    Refusing(store, 2)
    for name in ("ann", "bob"):
        store.transact_blocking(registering(name))
        assert agent(store.reader(), name) is None
    assert told == []
    store.transact_blocking(registering("cy"))
    assert told == [("ann", True), ("bob", True), ("cy", True)]
    store.transact_blocking(registering("dan"))
    assert told[3:] == [("dan", True)]


def test_reading_on_in_the_log_makes_it_visible_too_and_tells_once(open_store: Opener) -> None:
    """No further write need come: the next cycle of the exchange finds it in the journal."""
    told: list[News] = []
    store = open_store(tell=told.extend)
    Refusing(store, 1)
    store.transact_blocking(registering("ann"))
    assert told == []
    store.catch_up()
    assert [(type(event), is_local) for event, is_local in told] == [(events.AgentRegister, True)]
    assert agent(store.reader(), "ann") is not None


def test_debts_that_are_paid_by_themselves_are_told(
    open_store: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_OWED", 0)
    told: list[News] = []
    store = open_store(tell=told.extend)
    Refusing(store, 1)
    store.transact_blocking(registering("ann"))
    with pytest.raises(ZeroDivisionError):
        store.transact_blocking(lambda transaction: 1 // 0)
    assert len(told) == 1
    assert agent(store.reader(), "ann") is not None


def test_a_notice_that_was_lost_with_its_commit_is_not_told(open_store: Opener) -> None:
    told: list[News] = []
    store = open_store(tell=told.extend)
    Refusing(store, 1)
    with pytest.raises(ThrumError) as refused:
        store.transact_blocking(lambda transaction: transaction.notice(Moved("ann")))
    assert refused.value.kind == "storage"
    store.transact_blocking(lambda transaction: transaction.notice(Moved("bob")))
    assert told == [(Moved("bob"), True)]


def test_what_a_decision_that_fails_emitted_is_not_told(open_store: Opener) -> None:
    told: list[News] = []
    store = open_store(tell=told.extend)

    def decide(transaction: Transaction) -> None:
        registering("ann")(transaction)
        transaction.notice(Moved("ann"))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.transact_blocking(decide)
    assert told == []


def test_everybody_has_heard_before_who_caused_it_goes_on(store: Store, hub: Hub) -> None:
    heard: list[str] = []

    def hear(news: Sequence[News]) -> None:
        heard.extend(event.agent_id for event, _ in news)  # type: ignore[attr-defined]

    async def run() -> None:
        hub.on((events.AgentRegister, Moved), hear)

        async def register(name: str) -> None:
            await store.transact(registering(name))
            assert name in heard
            await store.transact(lambda transaction: transaction.notice(Moved(f"{name} moved")))
            assert f"{name} moved" in heard

        async with anyio.create_task_group() as tasks:
            for number in range(50):
                tasks.start_soon(register, f"a{number}")

    anyio.run(run)
    assert len(heard) == 100


class Slow:
    """The writer's connection, whose commits wait to be let go on."""

    def __init__(self, store: Store) -> None:
        self._db, self.goes_on = store._writer.tables.db, threading.Event()
        store._writer.tables.connection = self  # type: ignore[assignment]

    def __getattr__(self, name: str) -> object:
        return getattr(self._db, name)

    def execute(self, sql: str, *values: Any) -> object:
        if sql.startswith("COMMIT"):
            assert self.goes_on.wait(60)
        return self._db.execute(sql, *values)


def test_who_need_not_wait_is_answered_before_readers_see_it(store: Store, hub: Hub) -> None:
    async def run() -> None:
        heard: list[object] = []
        hub.on([events.AgentRegister], lambda news: heard.extend(event for event, _ in news))
        slow, saw = Slow(store), []

        async def look() -> None:
            await store.seen()
            saw.append((agent(store.reader(), "ann") is not None, len(heard)))

        async def ask() -> None:
            saw.append((await store.ask(lambda db: agent(db, "ann")) is not None, len(heard)))

        with anyio.fail_after(60):
            await store.transact(registering("ann"), early=True)
            assert list(store.log.journal.records)
            assert store.is_behind
            assert agent(store.reader(), "ann") is None
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(look)
                tasks.start_soon(ask)
                await anyio.wait_all_tasks_blocked()
                assert saw == [] == heard
                slow.goes_on.set()
        assert saw == [(True, 1), (True, 1)]
        assert not store.is_behind

    anyio.run(run)


def test_who_waits_for_the_commit_has_the_others_of_the_batch_wait(store: Store) -> None:
    """They may have to be refused together, as long as nothing is in the journal."""

    async def run() -> None:
        slow = Slow(store)
        with anyio.fail_after(60):
            async with anyio.create_task_group() as tasks:
                await store.transact(registering("first"), early=True)
                # These come while the first is committed, so they are of one batch.
                tasks.start_soon(partial(store.transact, registering("ann"), early=True))
                tasks.start_soon(store.transact, registering("bob"))
                await anyio.wait_all_tasks_blocked()
                slow.goes_on.set()
        assert agent(store.reader(), "ann") is not None
        assert agent(store.reader(), "bob") is not None

    anyio.run(run)


def test_who_comes_together_is_of_one_batch_and_who_is_refused_hears_of_it(store: Store) -> None:
    """Where several came last, it is waited a moment for others."""
    sizes: list[int] = []
    carry_out = store._writer._carry_out

    def noting(batch: list[Call], *, may_linger: bool = False) -> None:
        sizes.append(len(batch))
        carry_out(batch, may_linger=may_linger)

    store._writer._carry_out = noting  # type: ignore[method-assign]

    async def run() -> None:
        store._writer.has_many = True
        async with anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(store.transact, registering(f"a{number}"))
        assert sum(sizes) == 8
        store._writer.has_many = True
        store._writer._closed = True
        try:
            with pytest.raises(ThrumError, match="closed"):
                await store.transact(registering("late"))
        finally:
            store._writer._closed = False

    anyio.run(run)
    assert len(sizes) < 8
    assert all(agent(store.reader(), f"a{number}") is not None for number in range(8))


def test_what_was_answered_early_and_not_committed_is_owed(open_store: Opener) -> None:
    async def run() -> None:
        told: list[object] = []
        store = open_store(tell=lambda news: told.extend(event.agent_id for event, _ in news))
        Refusing(store, 1)
        await store.transact(registering("ann"), early=True)
        await store.seen()
        assert agent(store.reader(), "ann") is None
        assert told == []
        await store.transact(registering("bob"), early=True)
        await store.seen()
        assert agent(store.reader(), "ann") is not None
        assert told == ["ann", "bob"]

    anyio.run(run)


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows is of one stream of batches that does not end by itself."""
    monkeypatch.setattr(writer, "LINGER_S", 600.0)
    monkeypatch.setattr(writer, "LONGEST_S", 600.0)


async def send(store: Store, *names: str) -> None:
    for name in names:
        await store.transact(registering(name), early=True)


def here(store: Store, *names: str) -> list[bool]:
    return [agent(store.reader(), name) is not None for name in names]


@pytest.mark.usefixtures("stream")
def test_batches_that_follow_one_another_are_committed_when_somebody_looks(
    store: Store, hub: Hub
) -> None:
    async def run() -> None:
        heard: list[object] = []
        hub.on([events.AgentRegister], lambda news: heard.extend(event for event, _ in news))
        with anyio.fail_after(60):
            await send(store, "ann", "bob")
            assert here(store, "ann", "bob") == [False, False]
            assert len(list(store.log.journal.records)) == 2
            assert store.is_behind
            async with anyio.create_task_group() as tasks:
                for _ in range(3):
                    tasks.start_soon(store.seen)
            assert here(store, "ann", "bob") == [True, True]
            assert len(heard) == 2
            assert not store.is_behind
            await send(store, "cat")
            assert await store.ask(lambda db: agent(db, "cat")) is not None

    anyio.run(run)


@pytest.mark.usefixtures("stream")
def test_who_waits_for_the_commit_has_those_before_seen_as_well(store: Store) -> None:
    async def run() -> None:
        await send(store, "ann", "bob")
        with anyio.fail_after(60):
            await store.transact(lambda transaction: None)
        assert here(store, "ann", "bob") == [True, True]

    anyio.run(run)


@pytest.mark.parametrize(("constant", "enough"), [("LONGEST_S", 0.0), ("MOST_UNSEEN", 1)])
@pytest.mark.usefixtures("stream")
def test_they_are_committed_after_a_time_and_after_so_many(
    store: Store, monkeypatch: pytest.MonkeyPatch, constant: str, enough: float
) -> None:
    async def run() -> None:
        await send(store, "ann")
        assert here(store, "ann") == [False]
        monkeypatch.setattr(writer, constant, enough)
        await store.seen()
        await send(store, "bob")
        eventually(lambda: here(store, "bob") == [True])

    anyio.run(run)


def test_one_that_nobody_follows_is_committed_and_told_by_itself(
    store: Store, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it came in the midst of others: then a moment later."""

    async def run() -> None:
        heard = anyio.Event()
        hub.on([events.AgentRegister], lambda news: heard.set())
        monkeypatch.setattr(writer, "LONGEST_S", 600.0)
        await send(store, "ann", "bob", "cat")
        with anyio.fail_after(60):
            await heard.wait()
        eventually(lambda: here(store, "ann", "bob", "cat") == [True] * 3)
        eventually(lambda: not store._writer._unseen)

    anyio.run(run)


@pytest.mark.usefixtures("stream")
def test_a_store_that_is_closed_commits_what_it_left(open_store: Opener) -> None:
    told: list[object] = []
    store = open_store(tell=lambda news: told.extend(event.agent_id for event, _ in news))
    anyio.run(send, store, "ann", "bob")
    assert told == []
    store._writer.close()
    assert here(store, "ann", "bob") == [True, True]
    assert told == ["ann", "bob"]


@pytest.mark.parametrize("breaks", ["commit", "journal", "decision"])
@pytest.mark.usefixtures("stream")
def test_what_was_left_and_could_not_be_committed_is_owed(
    open_store: Opener, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    """Whatever is in the way then: nobody who was answered loses anything."""

    def full(batches: object) -> None:
        raise JournalError("the disk is full")

    async def run() -> None:
        told: list[object] = []
        store = open_store(tell=lambda news: told.extend(event.agent_id for event, _ in news))
        await send(store, "ann", "bob")
        assert here(store, "ann", "bob") == [False, False]
        if breaks == "commit":
            Refusing(store, 1)
            await store.seen()
        elif breaks == "journal":
            with monkeypatch.context() as patched, pytest.raises(ThrumError, match="full"):
                patched.setattr(store.log, "append", full)
                await send(store, "nobody")
        else:
            with pytest.raises(ThrumError, match="refused"):
                # As SQLite does by itself where its disk is full in the midst of a statement.
                await store.transact(_rolled_back, early=True)
        is_paid = breaks != "commit"  # else the database refused, which it may do again
        await store.seen()
        assert here(store, "ann", "bob") == [is_paid, is_paid]
        assert told == (["ann", "bob"] if is_paid else [])
        await send(store, "cat")
        await store.seen()
        assert here(store, "ann", "bob", "cat", "nobody") == [True, True, True, False]
        assert told == ["ann", "bob", "cat"]

    anyio.run(run)


def _rolled_back(transaction: Transaction) -> None:
    transaction.db.execute("ROLLBACK")
    raise sqlite3.OperationalError("database or disk is full")


@pytest.mark.usefixtures("stream")
def test_who_is_refused_in_the_midst_of_others_hears_of_it_at_once(store: Store) -> None:
    async def run() -> None:
        def decide(transaction: Transaction) -> None:
            raise ValueError("no")

        await send(store, "ann")
        with anyio.fail_after(60):
            with pytest.raises(ValueError, match="no"):
                await store.transact(decide, early=True)
            await send(store, "bob")
            await store.seen()
        assert here(store, "ann", "bob") == [True, True]

    anyio.run(run)


@pytest.mark.usefixtures("stream")
def test_nobody_waits_for_a_thread_that_ended_to_show_what_it_left(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda *_: None)

    def append(batches: object) -> None:
        raise Killed

    async def run() -> None:
        await send(store, "ann")
        monkeypatch.setattr(store.log, "append", append)
        with anyio.fail_after(60):
            with pytest.raises(ThrumError, match="ended"):
                await send(store, "bob")
            await store.seen()

    anyio.run(run)


def test_what_is_refused_is_refused_however_early_others_are_answered(store: Store) -> None:
    async def run() -> None:
        def decide(transaction: Transaction) -> None:
            raise ValueError("no")

        slow = Slow(store)
        with anyio.fail_after(60):
            await store.transact(registering("first"), early=True)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(store.transact, registering("ann"), early=True))
                slow.goes_on.set()
                with pytest.raises(ValueError, match="no"):
                    await store.transact(decide, early=True)
        await store.seen()
        assert agent(store.reader(), "ann") is not None

    anyio.run(run)


class Killed(BaseException):
    """Nothing that is caught by accident."""


@pytest.mark.parametrize("error", [Killed, SystemExit, KeyboardInterrupt])
def test_a_decision_cannot_end_the_thread(store: Store, error: type[BaseException]) -> None:
    def decide(transaction: Transaction) -> None:
        raise error

    with pytest.raises(ThrumError, match=error.__name__) as refused:
        store.transact_blocking(decide)
    assert refused.value.kind == "internal"
    assert store.trouble == ""
    store.transact_blocking(registering("ann"))


def test_a_decision_that_stops_an_iteration_holds_up_nobody(store: Store) -> None:
    async def run() -> list[str]:
        found: list[object] = []

        async def ask(decide: Callable[[Transaction], object]) -> None:
            try:
                found.append(await store.transact(decide))
            except RuntimeError as error:
                found.append(str(error))

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                for number in range(5):
                    tasks.start_soon(ask, lambda transaction: next(iter(())))
                    tasks.start_soon(ask, lambda transaction, number=number: number)
        return sorted(map(str, found))

    assert anyio.run(run) == ["0", "1", "2", "3", "4", *["StopIteration"] * 5]


@pytest.fixture
def killed(
    store: Store, log: Log, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], list[object]]]:
    """Has the thread end in the middle of a batch while others wait; what all of them get."""
    unheard: list[object] = []
    monkeypatch.setattr(threading, "excepthook", unheard.append)

    def kill() -> list[object]:
        begun, release = threading.Event(), threading.Event()

        def append(batches: object) -> None:
            begun.set()
            assert release.wait(20)
            raise Killed

        monkeypatch.setattr(log, "append", append)
        calls = [Call(registering(f"a{n}"), done=threading.Event()) for n in range(4)]
        store._writer.submit(calls[0])
        assert begun.wait(20)
        for call in calls[1:]:
            store._writer.submit(call)
        release.set()
        for call in calls:
            assert call.done is not None
            assert call.done.wait(20)
        return [getattr(call.error, "kind", call.error) for call in calls]

    yield kill
    assert len(unheard) <= 1


def test_who_waits_for_a_thread_that_ends_is_told(
    store: Store, killed: Callable[[], list[object]], caplog: pytest.LogCaptureFixture
) -> None:
    assert killed() == ["internal", "storage", "storage", "storage"]
    assert "the thread that writes ends" in caplog.text


def test_a_thread_that_ended_refuses_and_says_so(
    store: Store, killed: Callable[[], list[object]]
) -> None:
    assert store.trouble == ""
    killed()
    store._writer._thread.join(20)
    assert "the thread that writes has ended" in store.trouble
    for ask in (
        lambda: store.transact_blocking(registering("ann")),
        lambda: anyio.run(store.transact, registering("ann")),
    ):
        with pytest.raises(ThrumError, match="has ended") as refused:
            ask()
        assert refused.value.kind == "storage"
    store.close()
    assert store.trouble == ""


def test_who_asks_in_the_very_moment_of_the_end_is_told_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question passed the door before the end and was queued after it."""
    submitted = Call(registering("ann"), done=threading.Event())
    queued = store._writer._calls.put

    class Late:
        """The queue as one sees it who is held up in front of it."""

        def __getattr__(self, name: str) -> object:
            return getattr(calls, name)

        def put(self, call: Call | Cue) -> None:
            if call is submitted:
                store._writer.close()
            queued(call)

    calls = store._writer._calls
    monkeypatch.setattr(store._writer, "_calls", Late())
    store._writer.submit(submitted)
    assert submitted.done is not None
    assert submitted.done.is_set()
    assert isinstance(submitted.error, ThrumError)
    assert submitted.error.kind == "shutting_down"


def test_a_listener_that_fails_costs_nobody_the_answer(
    open_store: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    def hear(news: Sequence[News]) -> None:
        raise OSError("no")

    store = open_store(tell=hear)
    store.transact_blocking(registering("ann"))
    assert "listeners of the store could not be told" in caplog.text


STEPS = st.sampled_from(["send", "answer", "look", "register", "fail"])
START_NS = 1_790_000_000_000_000_000


def decided(steps: Sequence[str], number: int, transaction: Transaction) -> list[object]:
    """A decision that does one thing after the other; what it saw and made."""
    made: list[object] = [transaction.people(agent, f"agent{number}") is not None]
    for place, step in enumerate(steps):
        message_id = f"msg_{number}{place}"
        if step == "fail":
            raise ValueError(f"{number} fails")
        if step == "look":
            found = transaction.db.execute("SELECT message_id, thread_id FROM messages ORDER BY 1")
            made.append(found.fetchall())
        elif step == "register":
            made.append(registering(f"agent{number + place}")(transaction))
        else:
            refs = [events.Pair("reply_to", f"msg_{number - 1}{place}")]
            body = events.Body(format="markdown", content=step)
            made.append(
                transaction.emit(
                    events.MessageCreate(
                        message_id=message_id,
                        agent_id="ann",
                        body=body,
                        refs=refs if step == "answer" else None,
                    )
                )
            )
    return made


def carried_out(
    folder: Path, decisions: Sequence[Sequence[str]], at_once: int, *, is_early: bool = False
) -> list[Any]:
    """What the decisions answered, and tables and log after them.

    Args:
        folder: where.
        decisions: the steps of each.
        at_once: so many in a batch.
        is_early: whether nobody waits for the commits, which are put off.
    """
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    with closing(Log.open(folder, journal=folder / "journal.jsonl")) as log:
        store = Store.open(
            log=log,
            database=folder / "messages.db",
            origin_daemon="d_1",
            now_ns=lambda: START_NS,
            ids=Ids(lambda: START_NS, lambda count: b"x" * count),
            writer=InlineWriter,
        )
        calls = [
            Call(partial(decided, steps, n), early=is_early) for n, steps in enumerate(decisions)
        ]
        for begin in range(0, len(calls), at_once):
            store._writer._carry_out(calls[begin : begin + at_once], may_linger=is_early)
        store._writer._carry_out([])
        tables = [
            store.reader().execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in ("events", "messages", "message_refs", "message_deliveries", "agents")
        ]
        lines = [line.raw for line in log.since(Cursor("", "", 0)).lines]
        store.close()
    return [[call.result or repr(call.error) for call in calls], tables, lines]


@given(decisions=st.lists(st.lists(STEPS, max_size=4), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_decisions_of_one_batch_do_what_each_would_do_alone(
    tmp_path_factory: pytest.TempPathFactory, decisions: list[list[str]]
) -> None:
    """Whichever of them look at the tables, and whichever fail."""
    alone = carried_out(tmp_path_factory.mktemp("alone"), decisions, 1)
    assert carried_out(tmp_path_factory.mktemp("together"), decisions, len(decisions)) == alone
    left = carried_out(tmp_path_factory.mktemp("left"), decisions, 2, is_early=True)
    assert left == alone
