"""What crosses between threads and the event loop, and the lines of a socket."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from anyio import to_thread

from thrum import platform
from thrum.daemon.eventloop import (
    QUIET_TURNS,
    Answer,
    EqualDeadlines,
    EventLoop,
    Gathering,
    Glances,
    Stream,
    TooLong,
    beside,
    serving,
    settle_all,
)


def test_outside_of_a_loop_there_is_none() -> None:
    with pytest.raises(RuntimeError):
        EventLoop.here()


def test_calls_of_a_thread_come_in_their_order_and_on_the_loop() -> None:
    calls: list[tuple[int, str, int]] = []

    async def run() -> None:
        loop, over = EventLoop.here(), anyio.Event()

        def elsewhere() -> None:
            for number in range(100):
                assert loop.soon(note, number, word="x")
            loop.soon(over.set)

        def note(number: int, *, word: str) -> None:
            calls.append((number, word, threading.get_ident()))

        await to_thread.run_sync(elsewhere)
        await over.wait()

    anyio.run(run)
    assert calls == [(number, "x", threading.get_ident()) for number in range(100)]


def test_a_loop_that_is_closed_takes_no_calls_and_two_loops_are_told_apart() -> None:
    async def here() -> EventLoop:
        assert EventLoop.here() == EventLoop.here()
        return EventLoop.here()

    first, second = anyio.run(here), anyio.run(here)
    assert first != second
    assert first.soon(print) is False


def test_within_one_turn_it_is_looked_once() -> None:
    looks: list[str] = []

    async def run() -> None:
        glances = Glances()

        async def ask(what: str) -> str:
            return glances.at(what, partial(look, what))

        def look(what: str) -> str:
            looks.append(what)
            return f"{what} {len(looks)}"

        assert [await ask(each) for each in "aba"] == ["a 1", "b 2", "a 1"]
        await anyio.sleep(0)
        assert [await ask(each) for each in "aa"] == ["a 3", "a 3"]

        def fails() -> str:
            looks.append("c")
            raise OSError

        for _ in range(2):
            with pytest.raises(OSError):
                glances.at("c", fails)

    anyio.run(run)
    assert looks == ["a", "b", "a", "c", "c"]


def test_what_came_after_a_look_finds_more_than_it() -> None:
    """Who asks because of something that happened after another one had looked."""
    happened: list[int] = []

    async def run() -> None:
        glances = Glances()
        mine, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=mine)
        for number in range(50):
            assert glances.at("x", happened.__len__) == number
            happened.append(number)
            theirs.send(b"\n")
            await reader.readline()
            assert glances.at("x", happened.__len__) == number + 1
            await asyncio.sleep(0)
        writer.close()
        theirs.close()

    anyio.run(run)


def test_what_the_next_turns_bring_is_handed_over_together() -> None:
    handed: list[list[str]] = []

    async def run() -> None:
        gathering = Gathering(handed.append, 5)

        async def add(name: str, turns: int) -> None:
            for _ in range(turns):
                await anyio.lowlevel.checkpoint()
            gathering.add(name)

        async with anyio.create_task_group() as tasks:
            for name, turns in (("a", 0), ("b", 0), ("c", 1), ("d", 2)):
                tasks.start_soon(add, name, turns)
        await anyio.wait_all_tasks_blocked()
        for _ in range(QUIET_TURNS + 1):
            await anyio.lowlevel.checkpoint()
        assert handed == [["a", "b", "c", "d"]]
        gathering.add("e")
        assert len(handed) == 1
        for _ in range(QUIET_TURNS + 1):
            await anyio.lowlevel.checkpoint()
        assert handed[1:] == [["e"]]

    anyio.run(run)


def test_of_enough_it_is_not_waited_for_more() -> None:
    handed: list[list[int]] = []

    async def run() -> None:
        gathering = Gathering(handed.append, 3)
        for number in range(9):
            gathering.add(number)
            await anyio.lowlevel.checkpoint()
        assert [len(each) for each in handed[:2]] == [3, 3]

    anyio.run(run)
    gathered = [number for each in handed for number in each]
    assert gathered == list(range(len(gathered)))


def test_an_answer_is_what_another_thread_gives() -> None:
    async def run() -> tuple[int, str]:
        given: Answer[int] = Answer()
        refused: Answer[int] = Answer()
        assert not given.is_abandoned
        settled: list[Any] = [(given, 7, None), (refused, None, ValueError("no"))]
        assert await to_thread.run_sync(settle_all, settled) == 0
        with pytest.raises(ValueError, match="no") as caught:
            await refused
        return await given, str(caught.value)

    assert anyio.run(run) == (7, "no")


def test_who_gave_up_is_known_and_costs_the_others_nothing() -> None:
    async def run() -> int:
        abandoned: Answer[int] = Answer()
        other: Answer[int] = Answer()
        with anyio.move_on_after(0):
            await abandoned
        assert abandoned.is_abandoned
        settle_all([(abandoned, 1, None), (abandoned, None, ValueError()), (other, 2, None)])
        return await other

    assert anyio.run(run) == 2


def test_an_error_that_no_coroutine_can_raise_holds_up_nobody() -> None:
    """What an iterator without more raises where nobody looked for it."""

    async def run() -> int:
        broken: Answer[int] = Answer()
        other: Answer[int] = Answer()
        settle_all([(broken, None, StopIteration()), (other, 2, None)])
        with anyio.fail_after(20):
            found = await other
            with pytest.raises(RuntimeError, match="StopIteration"):
                await broken
        return found

    assert anyio.run(run) == 2


def test_answers_of_a_closed_loop_are_counted_and_the_others_arrive() -> None:
    async def made() -> Answer[int]:
        return Answer()

    late = anyio.run(made)

    async def run() -> tuple[int, int]:
        here: Answer[int] = Answer()
        again: Answer[int] = Answer()
        count = settle_all([(here, 1, None), (late, 2, None), (late, 2, None), (again, 3, None)])
        return count, await here + await again

    assert anyio.run(run) == (2, 4)


Course = Callable[[Path], Any]


def connected(
    tmp_path: Path, serve: Callable[[Stream], Awaitable[None]], course: Course, longest: int = 100
) -> Any:
    """Serves a socket, and runs in a thread what its client does."""
    path = tmp_path / "s"

    async def run() -> Any:
        listener = platform.bind_unix(path)
        async with serving(listener, serve, longest=longest, backlog=8, end_s=5):
            return await to_thread.run_sync(course, path)

    return anyio.run(run)


def test_of_equal_deadlines_each_ends_by_its_own_time() -> None:
    ends = list[str]()

    async def last(name: str, seconds: float, row: EqualDeadlines) -> None:
        try:
            with row.begin() as mine:
                await asyncio.sleep(seconds)
            ends.append(f"{name} was done")
        except TimeoutError:
            assert mine.expired()
            ends.append(f"{name} was too late")

    async def run() -> None:
        row = EqualDeadlines(0.2)
        first = asyncio.create_task(last("first", 60, row))
        await asyncio.sleep(0.1)
        await asyncio.gather(last("second", 60, row), last("third", 0, row), first)
        await last("fourth", 60, row)  # after a time in which nothing was waited for

    asyncio.run(run())
    assert ends == [
        "third was done",
        "first was too late",
        "second was too late",
        "fourth was too late",
    ]


def test_what_ends_by_itself_or_by_others_is_not_called_late() -> None:
    async def fails(row: EqualDeadlines) -> None:
        with row.begin() as mine:
            try:
                raise TimeoutError("its own")
            finally:
                assert not mine.expired()

    async def sleeps(row: EqualDeadlines) -> None:
        with row.begin():
            await asyncio.sleep(60)

    async def run() -> None:
        row = EqualDeadlines(30)
        with pytest.raises(TimeoutError, match="its own"):
            await fails(row)
        task = asyncio.create_task(sleeps(row))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # A cancellation that meets the deadline in one turn counts more than it.
        task = asyncio.create_task(sleeps(row))
        await asyncio.sleep(0)
        task.cancel()
        next(iter(row._row)).pass_()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_two_things_are_done_at_once_and_who_fails_ends_the_other() -> None:
    async def run() -> None:
        first, ended = asyncio.Event(), list[str]()

        async def opens() -> str:
            first.set()
            return "other"

        async def lasts() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("other")

        async def fails(error: Exception) -> None:
            raise error

        assert await beside(first.wait(), opens()) == (True, "other")
        with pytest.raises(KeyError):
            await beside(fails(KeyError()), lasts())
        with pytest.raises(KeyError):
            await beside(fails(KeyError()), fails(ValueError()))
        with pytest.raises(ValueError, match="its own"):
            await beside(asyncio.sleep(0), fails(ValueError("its own")))
        with anyio.move_on_after(0.01):
            await beside(asyncio.sleep(60), lasts())
        assert ended == ["other"]

    asyncio.run(run())


def test_lines_come_whole_and_the_end_is_empty(tmp_path: Path) -> None:
    lines: list[bytes] = []

    async def serve(stream: Stream) -> None:
        while line := await stream.line(20):
            lines.append(line)
        stream.write(b"bye\n")
        await stream.drain()
        stream.close()

    def course(path: Path) -> bytes:
        with platform.connect_unix(path, 20) as client:
            for piece in (b"on", b"e\ntwo\n", b"torn"):
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
            return client.makefile("rb").read()

    assert connected(tmp_path, serve, course) == b"bye\n"
    assert lines == [b"one\n", b"two\n"]


def test_a_line_above_the_bound_is_told_apart(tmp_path: Path) -> None:
    found: list[str] = []

    async def serve(stream: Stream) -> None:
        try:
            await stream.line(20)
        except TooLong:
            found.append("too long")
        stream.abort()

    def course(path: Path) -> bytes:
        with platform.connect_unix(path, 20) as client:
            client.sendall(b"x" * 1000)
            try:
                return client.recv(10)
            except ConnectionError:
                return b""

    assert connected(tmp_path, serve, course) == b""
    assert found == ["too long"]


@pytest.mark.parametrize(
    ("end", "gone"), [("nothing", False), ("half", False), ("client", True), ("abort", True)]
)
def test_it_is_known_whether_somebody_is_there(tmp_path: Path, end: str, gone: bool) -> None:
    """Who only closed its own direction still reads; whom we hung up on is gone as well."""
    found: list[bool] = []
    ended, looked = threading.Event(), threading.Event()

    async def serve(stream: Stream) -> None:
        assert await stream.line(20) == b"hello\n"
        await to_thread.run_sync(ended.wait)
        if end == "abort":
            stream.abort()
        if end != "nothing":
            assert await stream.line(20) == b""
        found.append(stream.is_hung_up())
        looked.set()

    def course(path: Path) -> None:
        with platform.connect_unix(path, 20) as client:
            client.sendall(b"hello\n")
            if end == "half":
                client.shutdown(socket.SHUT_WR)
            if end == "client":
                client.close()
            ended.set()
            assert looked.wait(20)

    connected(tmp_path, serve, course)
    assert found == [gone]


def test_what_the_other_end_does_not_take_is_counted(tmp_path: Path) -> None:
    found: list[int] = []

    async def serve(stream: Stream) -> None:
        stream.write(b"x" * 5_000_000)
        found.append(stream.unsent)
        await stream.drain()

    def course(path: Path) -> None:
        with platform.connect_unix(path, 20) as client, client.makefile("rb") as lines:
            while sum(found) == 0 or len(lines.read(1_000_000)) == 1_000_000:
                pass

    connected(tmp_path, serve, course)
    assert found[0] > 0


def test_the_end_of_the_server_ends_its_connections(tmp_path: Path) -> None:
    ended: list[str] = []
    serving_one = threading.Event()

    async def serve(stream: Stream) -> None:
        assert await stream.line(20) == b"hello\n"
        serving_one.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cancelled")

    def course(path: Path) -> socket.socket:
        client = platform.connect_unix(path, 20)
        client.sendall(b"hello\n")
        assert serving_one.wait(20)
        return client

    with connected(tmp_path, serve, course) as client:
        assert client.recv(10) == b""
    assert ended == ["cancelled"]
