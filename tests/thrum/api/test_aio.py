"""The same calls in an event loop of either kind, awaited, at once, and cancelled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.util import find_spec

import anyio
import pytest

from tests.thrum.api.conftest import ANSWERER, Shop
from thrum import api
from thrum.api import aio


def run(work: Callable[[], Awaitable[None]], backend: str = "asyncio") -> None:
    async def within() -> None:
        with anyio.fail_after(120):
            await work()

    anyio.run(within, backend=backend)


def test_every_call_can_be_awaited(shop: Shop) -> None:
    async def talk() -> None:
        async with aio.connect() as mail:
            assert (await mail.whoami()).agent_id == "alice"
            sent = await mail.send("bob", "Look.", key="look")
            assert (await mail.get(sent.id)).text == "Look."
            assert {each.agent_id for each in await mail.team(offline=True)} == {"alice", "bob"}
            assert (await mail.call("agent.whoami"))["agent_id"] == "alice"
            with shop.program(ANSWERER):  # bob answers what is unread: that it is a look
                pass
            (answer,) = await mail.inbox()
            assert (answer.reply_to, await mail.mark_read(answer)) == (sent.id, 1)
            assert (await mail.reply(answer, "Thanks.")).recipients == ("bob",)
            with pytest.raises(api.Unanswered):
                await mail.ask("bob", "Hello?", timeout=0.2)
            with pytest.raises(api.Unknown):
                await mail.send("nobdy", "?")

    run(talk)


def test_a_question_is_answered_while_mail_is_heard(shop: Shop) -> None:
    heard: list[str] = []

    async def talk() -> None:
        async with aio.connect() as mail, anyio.create_task_group() as tasks:

            async def listens() -> None:
                async for message in mail.wait():
                    heard.append(message.text)
                    if message.text == "last":
                        break

            tasks.start_soon(listens)
            with shop.program(ANSWERER):
                answer = await mail.ask("bob", "Is it done?", timeout=60)
            assert answer.text == "Is it done? Yes."
            await anyio.to_thread.run_sync(shop.says, "first", "last")

    run(talk)
    assert [each for each in heard if each in {"first", "last"}] == ["first", "last"]


def test_who_is_cancelled_while_he_waits_loses_nothing(shop: Shop) -> None:
    async def talk() -> None:
        async with aio.connect() as mail:
            waiting = mail.wait(timeout=60)
            for _ in range(3):
                with anyio.move_on_after(0.1):
                    await anext(waiting)
            with anyio.move_on_after(0.1):
                await mail.ask("bob", "Hello?", timeout=60)
            await anyio.to_thread.run_sync(shop.says, "one")
            assert (await anext(waiting)).text == "one"
            assert [each.text async for each in mail.wait(timeout=0.1)] == ["one"]
            assert await mail.inbox() == []
            waiting.close()
            with pytest.raises(StopAsyncIteration):
                await anext(waiting)

    run(talk)


@pytest.mark.skipif(find_spec("trio") is None, reason="trio is not installed")
def test_trio_will_do(shop: Shop) -> None:
    async def talk() -> None:
        async with aio.connect() as mail:
            assert (await mail.whoami()).agent_id == "alice"

    run(talk, "trio")
