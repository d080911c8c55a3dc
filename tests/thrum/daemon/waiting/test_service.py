"""Batches of arrivals, judged for all who wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.waiting import service
from thrum.daemon.waiting.service import Waiting
from thrum.daemon.waiting.waiter import Waiter, Wanted
from thrum.events import Body, Pair


@pytest.fixture
def waiting(parts: Node) -> Iterator[Waiting]:
    """The service; nux and max are testers."""
    for name in ("nux", "max"):
        register = events.AgentRegister(agent_id=name, kind="agent", role="tester", module="m")
        parts.store.transact_blocking(lambda transaction, each=register: transaction.emit(each))  # type: ignore[misc]
    yield parts.service(Waiting)


def send(waiting: Waiting, name: str, **fields: Any) -> events.MessageCreate:
    """A message to somebody by somebody else, as it stands in the log."""

    def decide(transaction: Any) -> events.MessageCreate:
        message = events.MessageCreate(
            message_id=waiting.node.ids.make("msg"),
            agent_id="far",
            body=Body("x", format="plain"),
            recipients=[name],
            refs=[Pair("mention", name)],
            **fields,
        )
        made: events.MessageCreate = transaction.emit(message)
        return made

    return waiting.node.store.transact_blocking(decide)


def test_each_is_told_of_its_own(waiting: Waiting) -> None:
    scope = Pair("file", "a.py")
    news = [send(waiting, "nux"), send(waiting, "max"), send(waiting, "nux", scopes=[scope])]
    nux, max_, scoped = (
        Waiter(Wanted("nux")),
        Waiter(Wanted("max")),
        Waiter(Wanted("max", scope=scope)),
    )

    async def go() -> None:
        with waiting.joined(nux), waiting.joined(max_), waiting.joined(scoped):
            assert waiting.count == 3
            waiting.heard([(each, True) for each in news])
            with anyio.move_on_after(20) as running:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(waiting.run)
                    for each in (nux, max_, scoped):
                        await each.wake.wait()
                        while not each.came:
                            await anyio.sleep(0.001)
                    tasks.cancel_scope.cancel()
            assert not running.cancelled_caught

    anyio.run(go)
    ids = [each.message_id for each in news]
    assert [each.message_id for each in nux.came] == [ids[0], ids[2]]
    assert [each.message_id for each in max_.came] == [ids[1]]
    assert [each.message_id for each in scoped.came] == [ids[2]]
    assert waiting.count == 0


def test_while_nobody_waits_nothing_is_kept(waiting: Waiting) -> None:
    waiting.heard([(send(waiting, "nux"), True)])
    assert waiting._news == []


def test_above_the_bound_whoever_waits_looks_for_itself(
    waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_NEWS", 2)
    message = send(waiting, "nux")

    async def go() -> Waiter:
        waiter = Waiter(Wanted("nux"))
        with waiting.joined(waiter):
            waiting.heard([(message, True)] * 2)
            assert not waiter.is_behind
            waiting.heard([(message, True)])
        return waiter

    assert anyio.run(go).is_behind
    assert waiting._news == []


def test_after_a_crash_whoever_waits_looks_for_itself(waiting: Waiting) -> None:
    async def go() -> Waiter:
        waiter = Waiter(Wanted("nux"))
        with waiting.joined(waiter), anyio.move_on_after(0.01):
            await waiting.run()
        return waiter

    assert anyio.run(go).is_behind
