"""The machine's clock, and that the one of the tests keeps the same promises."""

from __future__ import annotations

import math
from collections.abc import Callable

import anyio
import pytest

from tests.thrum.daemon.service.clock import FakeClock, settle
from thrum.daemon.service.clock import Clock, SystemClock

CLOCKS = pytest.mark.parametrize("clock", [SystemClock, FakeClock])


@CLOCKS
def test_it_only_goes_forward_and_tells_nanoseconds_of_our_days(clock: Callable[[], Clock]) -> None:
    made = clock()
    assert made.monotonic() <= made.monotonic()
    assert made.now_ns() > 1_700_000_000 * 10**9


@CLOCKS
def test_who_waits_goes_on_when_the_event_comes(clock: Callable[[], Clock]) -> None:
    async def run() -> bool:
        event = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.lowlevel.checkpoint)
            tasks.start_soon(_set, event)
            return await clock().wait(event, math.inf)
        raise AssertionError("the group ends by the return")

    assert anyio.run(run) is True


async def _set(event: anyio.Event) -> None:
    await settle()
    event.set()


@CLOCKS
def test_an_event_that_is_there_already_is_not_waited_for(clock: Callable[[], Clock]) -> None:
    async def run() -> bool:
        event = anyio.Event()
        event.set()
        return await clock().wait(event, math.inf)

    assert anyio.run(run) is True


@pytest.mark.parametrize("seconds", [-1, 0, 0.001])
def test_where_no_event_comes_the_time_ends_it(seconds: float) -> None:
    async def run() -> bool:
        return await SystemClock().wait(anyio.Event(), seconds)

    assert anyio.run(run) is False


def test_hours_pass_at_once_and_everybody_wakes_at_its_own_moment() -> None:
    clock, woken = FakeClock(), list[tuple[str, float]]()

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sleeper, "late", 7200)
            tasks.start_soon(sleeper, "early", 60)
            await clock.advance(3600)
            assert woken == [("early", 60)]
            await clock.advance(3600)

    anyio.run(run)
    assert woken == [("early", 60), ("late", 7200)]
    assert clock.now_ns() - FakeClock().now_ns() == 7200 * 10**9
