"""Questions that may never be answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import anyio
import pytest

from thrum.daemon.callers.looker import MOST, Looker
from thrum.errors import ThrumError


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Set when places that do not answer answer after all; at the end of the test at last."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def looker() -> Iterator[Looker]:
    made = Looker()
    yield made
    made.close()


def test_the_answer_comes_from_another_thread(looker: Looker) -> None:
    async def run() -> None:
        assert await looker.ask("/a", threading.get_ident) != threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            await looker.ask("/a", lambda: 1 // 0)
        assert await looker.ask("/a", lambda: 1) == 1

    anyio.run(run)


def test_a_place_that_does_not_answer_holds_up_nobody_else(
    looker: Looker, over: threading.Event
) -> None:
    def dead() -> str:
        assert over.wait(20)
        return "late"

    async def refused(place: str) -> None:
        with pytest.raises(ThrumError, match="does not answer") as told:
            await looker.ask(place, dead, 0.8)
        assert told.value.kind == "timed_out"

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(5):
                tasks.start_soon(refused, f"/dead{number}")
        for _ in range(20):
            assert await looker.ask("/well", lambda: "here") == "here"
        count = len(looker._threads)
        for _ in range(20):
            await refused("/dead0")
        assert len(looker._threads) == count <= MOST, "it is not asked about again"
        over.set()
        with anyio.fail_after(20):
            while looker._held():
                await anyio.sleep(0.001)
        assert await looker.ask("/dead0", lambda: "again") == "again"

    anyio.run(run)


def test_few_threads_do_for_many_who_ask(looker: Looker) -> None:
    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(200):
                tasks.start_soon(looker.ask, f"/{number}", lambda: None)

    anyio.run(run)
    assert len(looker._threads) <= 2


def test_who_gave_up_is_not_asked_for(looker: Looker, over: threading.Event) -> None:
    asked: list[int] = []

    async def run() -> None:
        with anyio.move_on_after(0.05):
            await looker.ask("/dead", lambda: over.wait(20))
        with anyio.move_on_after(0.05):
            await looker.ask("/next", lambda: asked.append(1))

    anyio.run(run)
    assert asked in ([], [1])
