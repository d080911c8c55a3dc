"""Writing and asking, from the event loop and from threads."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from tests.thrum.daemon.state.conftest import Opener, column, jobs, put
from thrum.daemon.state import State, Tables
from thrum.daemon.state.turn import Bound, Turn
from thrum.errors import ThrumError

COUNT = column("SELECT count(*) FROM queue_jobs")


@pytest.fixture
def state(open_state: Opener) -> State:
    return open_state()


@pytest.fixture
def queue(state: State) -> Tables:
    return state.of("queue")


def add(text: str):
    return lambda db: db.execute("INSERT INTO queue_jobs (text) VALUES (?)", (text,)).lastrowid


def test_writers_that_come_together_all_get_their_turn(queue: Tables) -> None:
    ids: list[object] = []

    async def one(number: int) -> None:
        ids.append(await queue.write(add(str(number))))

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(60):
                tasks.start_soon(one, number)
            for number in range(60, 70):
                tasks.start_soon(anyio.to_thread.run_sync, queue.write_now, add(str(number)))

    anyio.run(run)
    assert len(set(ids)) == 60
    assert queue.ask_now(COUNT) == [70]


def test_what_is_answered_is_there_for_another_program(queue: Tables, path: Path) -> None:
    anyio.run(queue.write, add("a"))
    with closing(sqlite3.connect(path)) as other, other:
        assert other.execute("SELECT text FROM queue_jobs").fetchall() == [("a",)]
    other.close()


def test_an_exception_undoes_everything_and_comes_out_as_it_is(queue: Tables) -> None:
    def decide(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO queue_jobs (text) VALUES ('a')")
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        anyio.run(queue.write, decide)
    with pytest.raises(sqlite3.IntegrityError):
        queue.write_now(lambda db: db.execute("INSERT INTO queue_jobs (text) VALUES (NULL)"))
    assert anyio.run(queue.ask, COUNT) == [0]


def test_a_question_sees_one_state_and_waits_for_no_write(state: State, queue: Tables) -> None:
    put(state, "a")
    inside, go_on = threading.Event(), threading.Event()

    def slow(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM queue_jobs")
        inside.set()
        assert go_on.wait(20)

    async def run() -> object:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(queue.write, slow)
            await anyio.to_thread.run_sync(inside.wait)
            during = await queue.ask(COUNT)
            go_on.set()
        return during, await queue.ask(COUNT)

    assert anyio.run(run) == ([1], [0])


def test_a_decision_that_does_not_end_is_named(state: State, queue: Tables) -> None:
    assert state._file is not None
    state._file.turn = Turn(patience_s=0.05)
    inside, go_on = threading.Event(), threading.Event()

    def hang(db: sqlite3.Connection) -> None:
        inside.set()
        assert go_on.wait(20)

    thread = threading.Thread(target=queue.write_now, args=(hang,))
    thread.start()
    assert inside.wait(20)
    with pytest.raises(ThrumError) as caught:
        anyio.run(state.of("peers").write, lambda db: None)
    assert (caught.value.kind, caught.value.details) == ("busy", {"holder": "queue"})
    assert state.of("peers").ask_now(column("SELECT count(*) FROM peers_seen")) == [0]
    go_on.set()
    thread.join()
    state.of("peers").write_now(lambda db: None)


@pytest.mark.parametrize("kind", ["write", "ask"])
def test_at_the_bound_of_waiting_calls_the_next_one_is_refused(
    state: State, queue: Tables, kind: str
) -> None:
    assert state._file is not None
    setattr(state._file, f"{kind}s", Bound(most=0))
    with pytest.raises(ThrumError) as caught:
        anyio.run(getattr(queue, kind), COUNT)
    assert caught.value.kind == "busy"
    with pytest.raises(ThrumError):
        getattr(queue, f"{kind}_now")(COUNT)


def test_a_caller_that_is_cancelled_leaves_a_whole_decision(queue: Tables) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def decide(db: sqlite3.Connection) -> None:
        add("a")(db)
        inside.set()
        assert go_on.wait(20)
        add("b")(db)

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(queue.write, decide)
            await anyio.to_thread.run_sync(inside.wait)
            tasks.cancel_scope.cancel()
            go_on.set()

    anyio.run(run)
    assert queue.ask_now(COUNT) == [2]


def test_another_program_that_keeps_the_file_locked_is_a_clear_refusal(
    state: State, queue: Tables, path: Path
) -> None:
    assert state._file is not None
    state._file.db.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ThrumError, match="another program") as caught:
        queue.write_now(add("a"))
    assert caught.value.kind == "busy"
    other.execute("ROLLBACK")
    other.close()
    queue.write_now(add("a"))
    assert jobs(state) == ["a"]


def test_a_closed_state_refuses_and_closing_twice_does_no_harm(state: State, path: Path) -> None:
    put(state, "a")
    queue = state.of("queue")
    state.close()
    state.close()
    assert state.closed
    for call in (queue.write_now, queue.ask_now):
        with pytest.raises(ThrumError) as caught:
            call(COUNT)
        assert caught.value.kind == "shutting_down"
    assert [each.name for each in path.parent.iterdir()] == ["state.db"]


WRITER = """
import sys, time
from pathlib import Path
from tests.thrum.daemon.state.conftest import BOTH
from thrum.daemon.state import State

queue = State.open(Path(sys.argv[1]), BOTH, time.time_ns).of("queue")
while True:
    print(queue.write_now(lambda db: [
        db.execute("INSERT INTO queue_jobs (text) VALUES (hex(randomblob(9)))").lastrowid
        for _ in range(2)
    ][-1]), flush=True)
"""


def test_what_was_acknowledged_before_a_kill_is_there_and_whole(
    open_state: Opener, path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(40)]
    process.kill()
    acknowledged += [int(line) for line in process.stdout.readlines() if line.endswith("\n")]
    process.stdout.close()
    process.wait()
    state = open_state()
    (count,) = state.of("queue").ask_now(COUNT)
    assert isinstance(count, int)
    assert count % 2 == 0
    assert acknowledged[-1] <= count <= acknowledged[-1] + 2
    assert state.trouble() == {}
