"""A share of one processor."""

from __future__ import annotations

import threading
import time

import anyio
import pytest

from thrum.daemon.monitors.pace import Pace


def busy(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_one_after_the_other_with_rests_between(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    async def sleep(seconds: float) -> None:
        assert seconds >= 4 * 0.01
        seen.append("rest")

    async def one(number: int) -> None:
        def work() -> int:
            assert threading.current_thread() is not threading.main_thread()
            seen.append(f"begin {number}")
            busy(0.01)
            seen.append(f"end {number}")
            return number

        assert await pace.carry_out(work) == number

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(6):
                tasks.start_soon(one, number)

    pace = Pace(rest=4)
    monkeypatch.setattr(anyio, "sleep", sleep)
    anyio.run(run)
    expected = [(f"begin {n}", f"end {n}", "rest") for n in range(6)]
    assert seen == [each for group in expected for each in group]


def test_who_works_little_does_not_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(anyio, "sleep")
    assert anyio.run(Pace().carry_out, lambda: 7) == 7


def test_what_goes_wrong_is_the_askers() -> None:
    async def run() -> None:
        pace = Pace()
        with pytest.raises(ZeroDivisionError):
            await pace.carry_out(lambda: 1 // 0)
        assert await pace.carry_out(lambda: 1) == 1

    anyio.run(run)
