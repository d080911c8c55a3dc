"""Our ends of pipes: everything comes through, and nothing ever waits for the other side."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import anyio
import pytest

from tests.thrum.daemon.children.conftest import LONG_S
from thrum.daemon.children import pipes

pytestmark = pytest.mark.anyio

Ends = Callable[..., tuple[int, int]]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Makes pipes, and closes what is left of them."""
    made: list[int] = []

    def make(*, ours_reads: bool) -> tuple[int, int]:
        pair = pipes.pipe(ours_reads=ours_reads)
        made.extend(pair)
        return pair

    yield make
    for handle in made:
        with suppress(OSError):
            os.close(handle)


@pytest.mark.parametrize("ours_reads", [True, False])
def test_only_our_end_does_not_block_and_no_child_inherits_either(
    ends: Ends, ours_reads: bool
) -> None:
    ours, theirs = ends(ours_reads=ours_reads)
    assert (os.get_blocking(ours), os.get_blocking(theirs)) == (False, True)
    assert not os.get_inheritable(ours)
    assert not os.get_inheritable(theirs)
    source, target = (theirs, ours) if ours_reads else (ours, theirs)
    os.write(source, b"x")
    assert os.read(target, 9) == b"x"


async def test_all_that_is_written_is_read_however_much(ends: Ends) -> None:
    """Both at once, for far more than a pipe holds."""
    reading, writing = ends(ours_reads=True)
    os.set_blocking(writing, False)
    data = os.urandom(5 * pipes.CHUNK + 7)
    heard = bytearray()

    async def write() -> None:
        await pipes.feed(writing, data)
        os.close(writing)

    with anyio.fail_after(LONG_S):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write)
            await pipes.drain(reading, heard.extend)
    assert heard == data


async def test_draining_ends_only_when_nobody_holds_the_other_end(ends: Ends) -> None:
    reading, writing = ends(ours_reads=True)
    second = os.dup(writing)
    heard, over = list[bytes](), list[bool]()

    async def drain() -> None:
        await pipes.drain(reading, heard.append)
        over.append(True)

    with anyio.fail_after(LONG_S):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(drain)
            os.write(writing, b"one")
            os.close(writing)
            while not heard:
                await anyio.sleep(0)
            for _ in range(20):
                await anyio.sleep(0)
            assert (heard, over) == ([b"one"], [])
            os.write(second, b"two")
            os.close(second)
    assert (b"".join(heard), over) == (b"onetwo", [True])


async def test_feeding_ends_when_nobody_reads_any_more(ends: Ends) -> None:
    reading, writing = ends(ours_reads=False)[::-1]
    data = b"x" * (5 * pipes.CHUNK)

    with anyio.fail_after(LONG_S):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pipes.feed, writing, data)
            await anyio.wait_readable(reading)
            assert os.read(reading, 10) == b"x" * 10
            os.close(reading)


async def test_nothing_to_feed_waits_for_nobody(ends: Ends) -> None:
    ours, theirs = ends(ours_reads=False)
    filler = b"x" * pipes.CHUNK
    with suppress(BlockingIOError):
        while True:
            os.write(ours, filler)
    with anyio.fail_after(LONG_S):
        await pipes.feed(ours, b"")
    assert os.read(theirs, 1) == b"x"


def test_the_rest_is_what_is_there(ends: Ends) -> None:
    reading, writing = ends(ours_reads=True)
    heard = bytearray()
    pipes.read_rest(reading, heard.extend)
    assert heard == b"", "nobody has written, and somebody still may"
    os.write(writing, b"one")
    pipes.read_rest(reading, heard.extend)
    os.write(writing, b"two")
    os.close(writing)
    for _ in range(2):
        pipes.read_rest(reading, heard.extend)
    assert heard == b"onetwo"


def test_who_never_stops_writing_is_left_alone(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = ends(ours_reads=True)
    monkeypatch.setattr(pipes, "CHUNK", 4)
    monkeypatch.setattr(pipes, "MOST_REST", 10)
    os.write(writing, b"x" * 100)
    heard = bytearray()
    pipes.read_rest(reading, heard.extend)
    assert len(heard) == 12
    assert len(os.read(reading, 999)) == 88


def test_the_bound_of_the_rest_holds_against_a_flood(ends: Ends) -> None:
    reading, writing = ends(ours_reads=True)

    def flood() -> None:
        with suppress(BrokenPipeError):
            while True:
                os.write(writing, b"x" * pipes.CHUNK)

    writer = threading.Thread(target=flood)
    writer.start()
    count = 0

    def take(data: bytes) -> None:
        nonlocal count
        count += len(data)

    try:
        pipes.read_rest(reading, take)
    finally:
        os.close(reading)
        writer.join(LONG_S)
    assert not writer.is_alive()
    assert count < pipes.MOST_REST + pipes.CHUNK
