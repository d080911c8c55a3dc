"""What sessions subscribed to lasts as long as the sessions do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.push import wishes
from thrum.daemon.push.service import LATELY_S, Push
from thrum.events import Pair

FILE = Pair("file", "a.py")


@pytest.fixture
def sessions(parts: Node) -> Node:
    """The parts of a daemon in which two sessions go on."""
    for number in (1, 2):
        begin = events.SessionStart(session_id=f"ses_{number}", agent_id="nux")
        parts.store.transact_blocking(lambda transaction, each=begin: transaction.emit(each))  # type: ignore[misc]
    return parts


def lived(node: Node, course: Callable[[Push], Awaitable[None]]) -> None:
    """Runs what a test does while the service runs anew."""

    async def run() -> None:
        push = Push(node)
        node.hub.on(push.hears, push.heard, owner=push.name)
        await push.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(push.run)
            await course(push)
            tasks.cancel_scope.cancel()
        node.hub.drop(push.name)

    anyio.run(run)


def kept(node: Node) -> dict[str, list[wishes.Wish]]:
    """What stands in ``state.db``."""
    return node.state.of("push").ask_now(wishes.read)


def end(session_id: str) -> Callable[[Any], object]:
    """A decision that ends a session."""
    return lambda transaction: transaction.emit(events.SessionEnd(session_id=session_id))


async def until(holds: Callable[[], bool]) -> None:
    """Waits for what another thread does."""
    with anyio.fail_after(20):
        while not holds():
            await anyio.sleep(0.001)


def test_what_was_asked_for_is_there_after_a_restart(sessions: Node) -> None:
    made: list[wishes.Wish] = []

    async def first(push: Push) -> None:
        for scope, mention in ((FILE, ""), (None, "nux"), (None, "")):
            wish, is_new = await push.ask_for("ses_1", scope, mention)
            assert is_new
            made.append(wish)
        assert await push.ask_for("ses_1", FILE, "") == (made[0], False)
        assert push.wishes_of("ses_2") == []

    async def second(push: Push) -> None:
        assert push.wishes_of("ses_1") == made
        assert await push.ask_for("ses_1", None, "nux") == (made[1], False)

    lived(sessions, first)
    lived(sessions, second)


def test_a_subscription_is_its_sessions_alone_to_end(sessions: Node) -> None:
    async def course(push: Push) -> None:
        wish, _ = await push.ask_for("ses_1", FILE, "")
        assert not await push.remove("ses_2", wish.id)
        assert not await push.remove("ses_1", wish.id + 1)
        assert await push.remove("ses_1", wish.id)
        assert not await push.remove("ses_1", wish.id)
        assert push.wishes_of("ses_1") == []

    lived(sessions, course)
    assert kept(sessions) == {}


def test_what_is_asked_for_and_ended_at_once_is_as_it_is_on_disk(sessions: Node) -> None:
    async def course(push: Push) -> None:
        made = [(await push.ask_for("ses_1", Pair("file", str(n)), ""))[0] for n in range(6)]
        removed: list[bool] = []

        async def remove(number: int) -> None:
            removed.append(await push.remove("ses_1", number))

        async with anyio.create_task_group() as tasks:
            for wish in (*made[:4], made[0]):
                tasks.start_soon(remove, wish.id)
            for n in range(6, 9):
                tasks.start_soon(push.ask_for, "ses_1", Pair("file", str(n)), "")
                tasks.start_soon(push.ask_for, "ses_1", Pair("file", str(n)), "")
        assert sorted(removed) == [False, True, True, True, True]
        values = [each.scope.value for each in push.wishes_of("ses_1") if each.scope]
        assert values == ["4", "5", "6", "7", "8"]
        assert kept(sessions)["ses_1"] == push.wishes_of("ses_1")

    lived(sessions, course)


def test_with_a_session_its_subscriptions_go(sessions: Node) -> None:
    async def course(push: Push) -> None:
        for session_id in ("ses_1", "ses_2"):
            await push.ask_for(session_id, FILE, "")
        await sessions.store.transact(end("ses_1"))
        # In memory before who ended it has the answer, on disk soon.
        assert push.wishes_of("ses_1") == []
        await until(lambda: kept(sessions).keys() == {"ses_2"})
        assert len(push.wishes_of("ses_2")) == 1

    lived(sessions, course)


def test_of_a_session_that_ended_meanwhile_nothing_is_left(sessions: Node) -> None:
    async def first(push: Push) -> None:
        await push.ask_for("ses_1", FILE, "")
        await push.ask_for("ses_2", FILE, "")

    async def second(push: Push) -> None:
        assert push.wishes_of("ses_1") == []
        assert len(push.wishes_of("ses_2")) == 1
        await until(lambda: kept(sessions).keys() == {"ses_2"})

    lived(sessions, first)
    sessions.store.transact_blocking(end("ses_1"))
    lived(sessions, second)


def test_it_says_when_listeners_were_left_out(sessions: Node) -> None:
    push = Push(sessions)
    assert push.health() == ""
    hub, now = sessions.hub, 1000.0
    hub.monotonic = lambda: now
    hub.left_out, hub.left_out_at = 3, now
    assert "not told of 3 events" in push.health()
    now += LATELY_S + 1
    assert push.health() == ""


def test_a_session_that_ended_without_a_word_is_found(sessions: Node) -> None:
    async def course(push: Push) -> None:
        await push.ask_for("ses_1", FILE, "")
        await push.ask_for("ses_2", FILE, "")
        sessions.hub.drop(push.name)
        await sessions.store.transact(end("ses_1"))
        assert push.wishes_of("ses_1")
        push.missed()
        await until(lambda: not push.wishes_of("ses_1"))
        await until(lambda: kept(sessions).keys() == {"ses_2"})

    lived(sessions, course)
