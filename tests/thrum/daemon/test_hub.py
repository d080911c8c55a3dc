"""Who wants to know of what, who no longer does, and what happens where the loop is late."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from thrum.daemon.hub import SLOW_S, Hub, News


class Wind:
    """One kind of fact."""


class Rain:
    """Another one."""


class Gale(Wind):
    """A kind of its own, though it is a wind."""


WIND, RAIN = (Wind(), True), (Rain(), False)


async def told() -> None:
    """Lets the loop come to what it was asked to do."""
    for _ in range(3):
        await anyio.lowlevel.checkpoint()


def test_listeners_hear_on_the_loop_what_another_thread_tells() -> None:
    heard: list[tuple[Sequence[News], int]] = []

    async def run() -> None:
        hub, done = Hub(), anyio.Event()

        def listener(news: Sequence[News]) -> None:
            heard.append((news, threading.get_ident()))
            done.set()

        hub.tell([WIND])
        with hub.on((Wind, Rain), listener):
            threading.Thread(target=hub.tell, args=([WIND, RAIN],)).start()
            await done.wait()
        hub.tell([WIND])
        await told()

    anyio.run(run)
    assert heard == [([WIND, RAIN], threading.get_ident())]


def test_everybody_hears_only_of_what_it_asked_for() -> None:
    winds: list[News] = []
    rains: list[News] = []

    async def run() -> None:
        hub = Hub()
        hub.on((Wind,), winds.extend)
        hub.on((Rain,), rains.extend)
        hub.tell([WIND, RAIN, (Gale(), True), WIND])
        hub.tell([RAIN])
        await told()

    anyio.run(run)
    assert winds == [WIND, WIND]
    assert rains == [RAIN, RAIN]


def test_who_left_hears_nothing_of_what_was_on_its_way() -> None:
    calls: list[Sequence[News]] = []

    async def run() -> None:
        hub = Hub()

        def listener(news: Sequence[News]) -> None:
            calls.append(news)
            asked.end()

        asked = hub.on((Wind,), listener)
        hub.tell([WIND])
        hub.tell([WIND])
        await told()

    anyio.run(run)
    assert len(calls) == 1


def test_a_listener_that_fails_takes_nothing_from_the_others_and_is_named() -> None:
    calls: list[Sequence[News]] = []

    def broken(news: Sequence[News]) -> None:
        raise ZeroDivisionError("no wind")

    async def run() -> Hub:
        hub = Hub()
        hub.on((Wind,), broken, owner="weather")
        hub.on((Wind,), calls.append)
        hub.tell([WIND])
        await told()
        return hub

    hub = anyio.run(run)
    assert len(calls) == 1
    assert "no wind" in hub.trouble("weather")


def test_a_service_is_named_while_it_is_slow_and_no_longer() -> None:
    now, lasts = 0.0, SLOW_S * 2

    def slow(news: Sequence[News]) -> None:
        nonlocal now
        now += lasts

    async def run() -> None:
        nonlocal lasts
        hub = Hub(lambda: now)
        hub.on((Wind,), slow, owner="weather")
        hub.on((Wind, Rain), lambda news: None, owner="weather")
        hub.on((Wind,), lambda news: None, owner="news")
        hub.tell([WIND])
        hub.tell([RAIN])
        await told()
        assert "0.2 s" in hub.trouble("weather")
        assert hub.trouble("news") == ""
        lasts = SLOW_S / 2
        hub.tell([WIND])
        await told()
        assert hub.trouble("weather") == ""

    anyio.run(run)


def test_all_listeners_of_a_service_can_be_dropped() -> None:
    calls: list[Any] = []

    async def run() -> None:
        hub = Hub()
        hub.on((Wind,), calls.extend, owner="weather")
        hub.on((Rain,), calls.extend, owner="weather")
        hub.on((Rain,), calls.extend, owner="news")
        assert hub.drop("weather") == 2
        assert hub.drop("weather") == 0
        hub.tell([WIND, RAIN])
        await told()

    anyio.run(run)
    assert calls == [RAIN]


@pytest.mark.parametrize("more", [0, 1, 5])
def test_what_waits_is_bounded_and_whoever_missed_something_is_told(more: int) -> None:
    heard: list[News] = []
    missed: list[str] = []

    async def run() -> Hub:
        hub = Hub(most=4)
        hub.on((Wind,), heard.extend, missed=lambda: missed.append("winds"))
        hub.on((Rain,), heard.extend, missed=lambda: missed.append("rains"))
        for _ in range(4 + more):
            hub.tell([WIND])
        await told()
        hub.tell([WIND])
        await told()
        return hub

    hub = anyio.run(run)
    assert len(heard) == 5
    assert hub.left_out == more
    assert missed == (["winds", "rains"] if more else [])


def test_a_batch_above_the_bound_is_told_all_the_same_if_nothing_else_waits() -> None:
    heard: list[News] = []

    async def run() -> None:
        hub = Hub(most=4)
        hub.on((Wind,), heard.extend)
        hub.tell([WIND] * 9)
        await told()

    anyio.run(run)
    assert len(heard) == 9


def test_a_loop_that_is_closed_is_told_nothing() -> None:
    hub = Hub()

    async def run() -> None:
        hub.on((Wind,), lambda news: None)

    anyio.run(run)
    hub.tell([WIND])
