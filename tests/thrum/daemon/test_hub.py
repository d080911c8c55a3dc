"""Who wants to know, and who no longer does."""

from __future__ import annotations

import asyncio
import threading

from thrum.daemon.hub import Hub
from thrum.daemon.store import Applied


def test_listeners_hear_on_the_loop_what_another_thread_tells() -> None:
    heard: list[tuple[Applied, int]] = []
    batch = Applied([])

    async def run() -> None:
        hub, done = Hub(), asyncio.Event()

        def listener(applied: Applied) -> None:
            heard.append((applied, threading.get_ident()))
            done.set()

        hub.applied(Applied([]))
        hub.listen(listener)
        threading.Thread(target=hub.applied, args=(batch,)).start()
        await done.wait()
        hub.leave(listener)
        hub.applied(Applied([]))
        await asyncio.sleep(0)

    asyncio.run(run())
    assert heard == [(batch, threading.get_ident())]
    assert heard[0][0] is batch


def test_who_left_hears_nothing_of_what_was_on_its_way() -> None:
    calls: list[Applied] = []

    async def run() -> None:
        hub = Hub()

        def listener(applied: Applied) -> None:
            calls.append(applied)
            hub.leave(listener)

        hub.listen(listener)
        hub.applied(Applied([]))
        hub.applied(Applied([]))
        await asyncio.sleep(0)

    asyncio.run(run())
    assert len(calls) == 1


def test_a_listener_that_fails_takes_nothing_from_the_others() -> None:
    calls: list[Applied] = []

    def broken(applied: Applied) -> None:
        raise ZeroDivisionError

    async def run() -> None:
        hub = Hub()
        for listener in (broken, calls.append, lambda applied: broken(applied)):
            hub.listen(listener)
        hub.applied(Applied([]))
        await asyncio.sleep(0)

    asyncio.run(run())
    assert len(calls) == 1


def test_a_loop_that_is_closed_is_told_nothing() -> None:
    hub = Hub()

    async def run() -> None:
        hub.listen(lambda applied: None)

    asyncio.run(run())
    hub.applied(Applied([]))
