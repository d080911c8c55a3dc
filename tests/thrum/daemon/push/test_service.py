"""What sessions subscribed to lasts as long as the sessions do."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from tests.integration.lines import Line
from tests.thrum.daemon.push.test_pushing import connection, sent
from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.push import service, wishes
from thrum.daemon.push.pushing import Pushing
from thrum.daemon.push.service import LATELY_S, Push
from thrum.daemon.state import Tables
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
        node.hub.on(push.hears, push.heard, missed=push.missed, owner=push.name)
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


async def subscribed(push: Push, session_id: str = "ses_1") -> Pushing:
    """A connection of nux that is told of everything that reaches it."""
    await push.ask_for(session_id, None, "")
    pushing = Pushing(session_id, "nux", connection(push.node))
    push.join(pushing)
    return pushing


def line_of(pushing: Pushing) -> Line:
    """Its connection, which keeps what is pushed to it."""
    assert isinstance(pushing.connection, Line)
    return pushing.connection


def told(pushing: Pushing) -> list[str]:
    """The messages that were pushed, in their order."""
    return [json.loads(each)["params"]["message_id"] for each in line_of(pushing).pushed]


async def send(push: Push, count: int) -> list[str]:
    """The ids of so many messages to nux, which come as one batch."""
    return await anyio.to_thread.run_sync(sent, push.node, count, ["nux"])


@pytest.mark.parametrize(("at_once", "count"), [(1, 5), (3, 9), (4, 9), (500, 200)])
def test_each_is_told_of_each_once_and_in_order(
    sessions: Node, monkeypatch: pytest.MonkeyPatch, at_once: int, count: int
) -> None:
    """Also where a batch is larger than what is asked about at once."""
    monkeypatch.setattr(service, "AT_ONCE", at_once)
    asked = []
    ask = sessions.store.ask

    async def counted(question: Any) -> Any:
        asked.append(question)
        return await ask(question)

    async def course(push: Push) -> None:
        crowd = [await subscribed(push) for _ in range(50)]
        monkeypatch.setattr(sessions.store, "ask", counted)
        ids = await send(push, count)
        await until(lambda: all(len(told(each)) >= count for each in crowd))
        more = await send(push, 1)
        await until(lambda: all(len(told(each)) > count for each in crowd))
        assert all(told(each) == [*ids, *more] for each in crowd)

    lived(sessions, course)
    assert len(asked) == -(-count // at_once) + 1


def test_who_comes_later_is_told_of_what_comes_later(
    sessions: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while what came before is still to be pushed to others."""
    ask, answers = sessions.store.ask, anyio.Event()

    async def waits(question: Any) -> Any:
        await answers.wait()
        return await ask(question)

    async def course(push: Push) -> None:
        first = await subscribed(push)
        monkeypatch.setattr(sessions.store, "ask", waits)
        before = await send(push, 3)
        second = await subscribed(push, "ses_2")
        assert told(first) == []
        answers.set()
        after = await send(push, 3)
        await until(lambda: len(told(first)) == 6)
        assert (told(first), told(second)) == (before + after, after)

    lived(sessions, course)


def test_who_leaves_in_the_middle_is_told_no_more_and_others_are(sessions: Node) -> None:
    async def course(push: Push) -> None:
        leaving, staying = await subscribed(push), await subscribed(push, "ses_2")
        keep = leaving.connection.push

        def push_and_leave(line: bytes) -> None:
            keep(line)
            if len(told(leaving)) == 4:
                push.leave(leaving)

        leaving.connection.push = push_and_leave  # type: ignore[method-assign]
        ids = await send(push, 9)
        await until(lambda: len(told(staying)) == 9)
        assert (told(leaving), told(staying)) == (ids[:4], ids)
        assert push.count == 1

    lived(sessions, course)


@pytest.mark.parametrize("how", ["missed", "too many", "a crash"])
def test_who_was_not_told_of_everything_is_hung_up_on(
    sessions: Node, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    async def course(push: Push) -> None:
        pushing = await subscribed(push)
        if how == "missed":
            push.missed()
        elif how == "too many":
            monkeypatch.setattr(service, "MOST_NEWS", 2)
            await send(push, 3)
        else:
            with anyio.move_on_after(0.01):
                await push.run()
        await until(lambda: line_of(pushing).is_aborted)
        assert push._news == []

    lived(sessions, course)


def test_while_nobody_is_subscribed_nothing_is_kept(sessions: Node) -> None:
    async def course(push: Push) -> None:
        push.leave(await subscribed(push))
        await send(push, 3)
        assert (push._news, push.count) == ([], 0)

    lived(sessions, course)


def test_a_slow_disk_holds_up_no_push(sessions: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        await anyio.sleep_forever()

    async def course(push: Push) -> None:
        pushing = await subscribed(push)
        await push.ask_for("ses_2", FILE, "")
        monkeypatch.setattr(Tables, "write", never)
        await sessions.store.transact(end("ses_2"))
        ids = await send(push, 2)
        await until(lambda: told(pushing) == ids)

    lived(sessions, course)
