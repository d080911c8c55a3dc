"""A child that runs on: its lines, its end, and the end of its group."""

from __future__ import annotations

import signal
import sys
from typing import Any

import anyio
import pytest

from tests.sleepers import marked
from tests.thrum.daemon.children.conftest import ENVIRONMENT, LONG_S, until, zombies
from thrum.daemon.children.output import Line
from thrum.errors import ThrumError

pytestmark = pytest.mark.anyio
DEAF = 'trap "" TERM; echo up; while :; do sleep {0}; done # {0}'


async def test_lines_come_while_it_runs(start: Any) -> None:
    child = start("sh", "-c", "echo one; echo two >&2; sleep 600")
    assert [await anext(child.lines), await anext(child.lines)] == [Line(b"one"), Line(b"two")]
    assert child.code is None
    assert await child.stop()
    assert [line async for line in child.lines] == []


async def test_its_last_words_are_heard(start: Any) -> None:
    child = start("sh", "-c", "echo one; printf two; exit 5")
    assert [line async for line in child.lines] == [Line(b"one"), Line(b"two")]
    assert await child.wait() == 5
    assert await child.wait() == 5


async def test_who_is_not_listened_to_does_not_wait(start: Any) -> None:
    script = "for number in range(100_000): print(number)"
    child = start(sys.executable, "-I", "-S", "-c", script, most_lines=3)
    assert await child.wait() == 0
    assert [line.said async for line in child.lines] == [b"99997", b"99998", b"99999"]
    assert child.lines.dropped == 99_997


async def test_an_endless_line_is_cut(start: Any) -> None:
    script = "print('x' * 50_000_000); print('next')"
    child = start(sys.executable, "-I", "-S", "-c", script, most_line=4)
    assert [line async for line in child.lines] == [Line(b"xxxx", was_cut=True), Line(b"next")]


async def test_stop_asks_first(start: Any) -> None:
    child = start("sh", "-c", 'trap "echo bye; exit 4" TERM; echo up; while :; do sleep 0.01; done')
    assert await anext(child.lines) == Line(b"up")
    assert await child.stop(LONG_S)
    # Some shells also tell what became of the `sleep`.
    assert (child.code, [line.said async for line in child.lines][-1]) == (4, b"bye")
    assert await child.stop()


async def test_stop_kills_after_the_grace(start: Any, mark: str) -> None:
    child = start("sh", "-c", DEAF.format(mark))
    assert await anext(child.lines) == Line(b"up")
    assert await child.stop(0.1)
    assert (child.code, zombies()) == (-signal.SIGKILL, [])
    await until(lambda: marked(mark) == [])


async def test_others_of_the_group_have_the_grace_too(start: Any, tmp_path: Any) -> None:
    last = 'trap "sleep 0.3; touch tidied; exit" TERM; echo up; while :; do sleep 0.01; done'
    child = start("sh", "-c", f"({last}) & wait")
    assert await anext(child.lines) == Line(b"up")
    assert await child.stop(LONG_S)
    assert child.code == -signal.SIGTERM
    assert (tmp_path / "tidied").exists()


async def test_a_request_goes_on_when_who_made_it_is_cancelled(start: Any, mark: str) -> None:
    child = start("sh", "-c", DEAF.format(mark))
    assert await anext(child.lines) == Line(b"up")
    with anyio.CancelScope() as scope:
        scope.cancel()
        await child.stop(0.1)
    assert await child.wait() == -signal.SIGKILL


async def test_a_second_request_shortens_the_grace(start: Any, mark: str) -> None:
    child = start("sh", "-c", DEAF.format(mark))
    assert await anext(child.lines) == Line(b"up")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(child.stop, 10 * LONG_S)
        await anyio.sleep(0.05)
        assert child.code is None
        assert await child.stop(0.1)
    assert child.code == -signal.SIGKILL


async def test_a_second_request_cannot_lengthen_it(start: Any, mark: str) -> None:
    child = start("sh", "-c", DEAF.format(mark))
    assert await anext(child.lines) == Line(b"up")
    with anyio.fail_after(LONG_S):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(child.stop, 0.2)
            await anyio.wait_all_tasks_blocked()
            assert await child.stop(10 * LONG_S)


async def test_killed_by_somebody_it_takes_what_it_started_along(start: Any, mark: str) -> None:
    child = start("sh", "-c", f"sleep {mark} & echo up; kill -9 $$")
    assert await child.wait() == -signal.SIGKILL
    await until(lambda: marked(mark) == [])


async def test_it_reads_what_it_is_told(children: Any, tmp_path: Any) -> None:
    said, over = bytearray(), anyio.Event()
    child = children.converse(
        ["cat"],
        owner="test",
        cwd=tmp_path,
        environment=ENVIRONMENT,
        take=said.extend,
        ended=over.set,
    )
    child.speech.outbox.put(b"one\n")
    await until(lambda: said == b"one\n")
    whole = b"x" * 500_000
    child.speech.outbox.put(whole)
    await until(lambda: said == b"one\n" + whole)
    assert not over.is_set()
    assert await child.stop()
    assert over.is_set()


async def test_who_does_not_read_is_told_no_more_than_so_much(children: Any, tmp_path: Any) -> None:
    child = children.converse(
        ["sleep", "600"],
        owner="test",
        cwd=tmp_path,
        environment=ENVIRONMENT,
        take=bytearray,
        ended=bool,
        most_bytes=100_000,
    )
    with pytest.raises(ThrumError, match="does not read"):
        for _ in range(100):
            child.speech.outbox.put(b"x" * 50_000)
    assert await child.stop()


async def test_who_is_told_something_may_close_its_ears(children: Any, tmp_path: Any) -> None:
    said = bytearray()
    child = children.converse(
        ["sh", "-c", "exec <&-; echo deaf; sleep 600"],
        owner="test",
        cwd=tmp_path,
        environment=ENVIRONMENT,
        take=said.extend,
        ended=bool,
    )
    await until(lambda: said)
    child.speech.outbox.put(b"anybody?")
    assert await child.stop()
