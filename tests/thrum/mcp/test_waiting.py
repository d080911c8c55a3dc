"""Waits beside a daemon that answers as a test wants, on a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import anyio
import pytest

from thrum.client import Client, LostAnswer, RpcError
from thrum.errors import ThrumError
from thrum.mcp import waiting
from thrum.mcp.asking import Failed
from thrum.mcp.outside import Me, Outside
from thrum.mcp.tools import Call, Tools
from thrum.mcp.waiting import Waits

DOWN = ThrumError("daemon_down", "nobody answers", "start it with `thrum daemon start`")


class Script:
    """Answers one call of ``message.wait`` after the other.

    Attributes:
        steps: answers, refusals, or functions of the params; the last one stays.
        asked: the params of each call.
        now: the clock, which each call moves by `pace` seconds.
        polls: how often the inbox was listed.
    """

    def __init__(self, *steps: Any, pace: float = 0.0) -> None:
        self.steps = [*steps]
        self.asked: list[dict[str, Any]] = []
        self.now = 0.0
        self.pace = pace
        self.polls = 0

    def connect(self) -> Client:
        self.now += self.pace
        step = self.steps[0]
        if step is DOWN:
            self._next()
            raise step
        return cast("Client", self)

    def __enter__(self) -> Script:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def abort(self) -> None:
        """Nothing is held."""

    def call(self, method: str, params: Mapping[str, object], timeout: float) -> Any:
        assert method == "message.wait"
        given: dict[str, Any] = dict(params)
        self.asked.append(given)
        assert timeout * 1000 > given["timeout_ms"]
        step = self._next()
        if isinstance(step, Exception):
            raise step
        return step(given) if callable(step) else step

    def listed(
        self, method: str, params: Mapping[str, object], timeout: float | None = None
    ) -> Any:
        """What every daemon knows."""
        assert method == "message.list"
        self.polls += 1
        rows = answer("polled")["messages"] if self.polls > 3 else []
        return {"messages": rows, "total": len(rows)}

    def _next(self) -> Any:
        return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]


def answer(*texts: str, cursor: str = "7", count: int = 0) -> dict[str, Any]:
    rows = [{"message_id": f"msg_{text}", "body": {"content": text}} for text in texts]
    return {"messages": rows, "count": count or len(rows), "cursor": cursor}


def waits(script: Script) -> Waits:
    outside = Outside(
        me=lambda: Me("furiosa", "implementer"),
        call=script.listed,
        connect=script.connect,
        prime=str,
        random_hex=str,
        monotonic=lambda: script.now,
        now_ns=lambda: 0,
    )
    return Waits(Tools(outside))


async def silent(done: float, whole: float) -> None:
    """Tells nobody."""


def waited(script: Script, *requests: int, timeout: Any = 300) -> list[dict[str, Any]]:
    """What so many waits give, one after the other."""
    found = waits(script)

    async def wait() -> list[dict[str, Any]]:
        return [
            await found.wait(Call(request, {"timeout": timeout}, silent)) for request in requests
        ]

    return anyio.run(wait)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_PAUSE_S", 0.0)


def content(result: dict[str, Any]) -> str:
    return str(result["message"]["content"])


@pytest.mark.parametrize(
    ("asked", "seconds"), [(None, 300), (0, 300), (-5, 300), (20, 20), (601, 600), (1e9, 600)]
)
def test_a_wait_lasts_as_long_as_was_asked_for_within_bounds(asked: Any, seconds: int) -> None:
    script = Script(answer(), pace=10.0)
    (result,) = waited(script, 1, timeout=asked)
    assert result["status"] == "timeout"
    assert seconds <= result["waited_seconds"] <= seconds + 10
    assert all(each["timeout_ms"] <= waiting.ASK_S * 1000 for each in script.asked)


def test_each_wait_returns_the_oldest_that_no_other_did() -> None:
    script = Script(answer("a", "b", "c", count=30))
    found = waited(script, 1, 2, 3)
    assert [content(each) for each in found] == ["a", "b", "c"]
    assert [each["remaining"] for each in found] == [29, 28, 27]


@pytest.mark.parametrize("held", [1, 2, 3])
def test_what_the_daemon_does_not_show_is_returned_too(held: int) -> None:
    """It shows the first of many; they are on their way, or cannot be marked."""
    shown = [f"given {number}" for number in range(held)]
    script = Script(answer(*shown, count=held + 1))
    script.polls = 3  # the list has one that is not shown
    found = waited(script, *range(held + 1))
    assert [content(each) for each in found] == [*shown, "polled"]


def test_what_an_answer_gives_back_is_looked_for_again() -> None:
    script = Script(answer("a"), pace=1.0)
    found = waits(script)

    def drop(_: dict[str, Any]) -> dict[str, Any]:
        found._tools.handed.dropped(1)
        return answer(cursor="8")

    async def wait() -> dict[str, Any]:
        await found.wait(Call(1, {}, silent))
        script.steps = [drop, answer("a")]
        return await found.wait(Call(2, {}, silent))

    assert content(anyio.run(wait)) == "a"
    assert [each["after"] for each in script.asked] == ["", "", ""]


def test_what_nobody_looked_at_is_returned_before_anybody_is_asked() -> None:
    script = Script(answer("a"), answer())
    found = waits(script)

    async def wait() -> dict[str, Any]:
        await found.wait(Call(1, {}, silent))
        handed = found._tools.handed
        handed.written(1)
        handed.marked(["msg_a"])
        handed.overlooked(1)
        return await found.wait(Call(2, {}, silent))

    result = anyio.run(wait)
    assert content(result) == "a"
    assert result["remaining"] == 0
    assert len(script.asked) == 1


def test_it_goes_on_from_where_the_daemon_was() -> None:
    script = Script(answer(cursor="41"), answer(cursor="42"), answer("late"))
    (result,) = waited(script, 1)
    assert content(result) == "late"
    assert [each["after"] for each in script.asked] == ["", "41", "42"]
    assert all(each["caller_agent_id"] == "furiosa" and each["also_read"] for each in script.asked)


@pytest.mark.parametrize("gone", [LostAnswer(), ThrumError("shutting_down", "it stops")])
def test_a_daemon_that_goes_away_is_waited_for(gone: ThrumError) -> None:
    """What is unread then is looked for, and after that what came since it was heard of."""
    steps = (answer(cursor="41"), gone, DOWN, DOWN, answer(cursor="50"), answer("back"))
    script = Script(*steps, pace=1.0)
    (result,) = waited(script, 1)
    assert content(result) == "back"
    assert [each["after"] for each in script.asked] == ["", "41", "", "41"]
    assert script.asked[2]["timeout_ms"] == 0 < script.asked[3]["timeout_ms"]


def test_one_that_comes_back_has_its_unread_mail_returned_first() -> None:
    script = Script(answer(cursor="41"), LostAnswer(), answer("unread", cursor="50"), pace=1.0)
    assert content(waited(script, 1)[0]) == "unread"


def test_one_that_goes_away_before_it_said_anything_is_asked_from_the_start() -> None:
    script = Script(LostAnswer(), answer("first"), pace=1.0)
    assert content(waited(script, 1)[0]) == "first"
    assert [each["after"] for each in script.asked] == ["", ""]
    # It looks at once, so that what comes while the daemon is away is known by its place.
    assert script.asked[1]["timeout_ms"] == 0


def test_one_that_stays_away_is_told_of_after_a_minute() -> None:
    script = Script(LostAnswer(), DOWN, pace=7.0)
    with pytest.raises(Failed, match=r"connect to daemon: .*thrum daemon start"):
        waited(script, 1)
    assert 60 <= script.now <= 90


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (DOWN, "connect to daemon"),
        (ThrumError("identity", "more than one agent", "name one"), "load identity"),
        (ThrumError("storage", "no room"), "wait for messages: no room"),
    ],
)
def test_what_waiting_does_not_help_is_told_at_once(refusal: ThrumError, said: str) -> None:
    script = Script(refusal, pace=1.0)
    with pytest.raises(Failed, match=said):
        waited(script, 1)
    assert script.now == 1.0


def test_a_daemon_that_cannot_push_is_asked_again_and_again() -> None:
    script = Script(RpcError("method_not_found", "no method", None, -32601))
    (result,) = waited(script, 1)
    assert content(result) == "polled"
    assert (script.polls, len(script.asked)) == (4, 1)


def test_a_newer_wait_ends_the_older_one() -> None:
    async def both() -> None:
        found = waits(Script(answer(), pace=0.0))
        results: list[dict[str, Any]] = []

        async def keep(request: int) -> None:
            results.append(await found.wait(Call(request, {"timeout": 600}, silent)))

        async with anyio.create_task_group() as group:
            group.start_soon(keep, 1)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(keep, 2)
            while not results:
                await anyio.sleep(0.01)
            assert results == [{"status": "timeout", "waited_seconds": 0}]
            found.end()
        assert len(results) == 2

    anyio.run(both)
