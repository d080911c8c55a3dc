"""Tools beside a daemon that answers as a test wants: pages, bounds, and what goes wrong midway."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anyio
import pytest

from thrum.client import LostAnswer
from thrum.errors import ThrumError
from thrum.mcp import mail
from thrum.mcp.asking import Failed
from thrum.mcp.outside import Me, Outside
from thrum.mcp.tools import Call, Tools

NOW = 1_767_323_045_000_000_000  # 2026-01-02T03:04:05Z


class Daemon:
    """An inbox of so many messages, which are read when they are marked.

    Attributes:
        refusals: what is refused, by method.
        asked: every request.
    """

    def __init__(self, texts: list[str]) -> None:
        self.inbox = {f"msg_{number}": text for number, text in enumerate(texts)}
        self.refusals: dict[str, ThrumError] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.most = 1_000

    def __call__(
        self, method: str, params: Mapping[str, object], timeout: float | None = None
    ) -> Any:
        given: dict[str, Any] = dict(params)
        self.asked.append((method, given))
        if method in self.refusals:
            raise self.refusals[method]
        answer: Callable[[dict[str, Any]], Any] = getattr(self, method.replace(".", "_"))
        return answer(given)

    def message_list(self, given: dict[str, Any]) -> Any:
        begin = (given["page"] - 1) * given["page_size"]
        on_page = list(self.inbox)[begin : begin + given["page_size"]]
        left = on_page[given.get("skip", 0) :]
        ids, more = left[: self.most], len(left) > self.most
        rows = [{"message_id": each, "body": {"content": self.inbox[each]}} for each in ids]
        return {"messages": rows, "total": len(self.inbox), "truncated": more}

    def message_markRead(self, given: dict[str, Any]) -> Any:
        for each in given["message_ids"]:
            self.inbox.pop(each, None)

    def message_send(self, given: dict[str, Any]) -> Any:
        return {"message_id": "msg_new", "resolved_to": 1, "warnings": None}

    def agent_list(self, given: dict[str, Any]) -> Any:
        return {
            "agents": [
                {"agent_id": "nux", "display": "Nux", "role": "tester", "module": ""},
                {"agent_id": "max", "role": "dev", "last_seen_at": "2026-01-02T03:03:00.000Z"},
                {"agent_id": "old", "role": "dev", "last_seen_at": "2026-01-02T03:01:00.000Z"},
                {"agent_id": "odd", "role": "dev", "last_seen_at": "yesterday"},
            ]
        }


def tools(daemon: Daemon) -> Tools:
    def nothing() -> Any:
        raise AssertionError("nobody listens here")

    outside = Outside(
        me=lambda: Me("furiosa", "implementer"),
        call=daemon,
        connect=nothing,
        prime=str,
        random_hex=lambda count: "ab" * count,
        monotonic=lambda: 0.0,
        now_ns=lambda: NOW,
    )
    return Tools(outside)


async def silent(done: float, whole: float) -> None:
    """Tells nobody."""


def asked(found: Tools, request: int = 1, **given: Any) -> dict[str, Any]:
    """What one call of check_messages gives, which is written and marked then."""

    async def check() -> dict[str, Any]:
        result = await found.check(Call(request, given, silent))
        if found.handed.written(request):
            while await found.mark():
                pass
        return result

    return anyio.run(check)


def texts(result: dict[str, Any]) -> list[str]:
    return [each["content"] for each in result["messages"]]


@pytest.mark.parametrize("most", [1_000, 33, 1])
@pytest.mark.parametrize(
    ("limit", "count"), [(None, 50), (0, 50), (-3, 50), (1, 1), (7, 7), (230, 230), (10_000, 260)]
)
def test_a_limit_is_kept_over_pages_and_the_rest_is_counted(
    limit: int | None, count: int, most: int
) -> None:
    """Also where a page comes in parts, since its texts are long."""
    daemon = Daemon([str(number) for number in range(260)])
    daemon.most = most
    found = tools(daemon)
    result = asked(found, limit=limit)
    assert texts(result) == [str(number) for number in range(count)]
    assert result["remaining"] == 260 - count
    assert len(daemon.inbox) == 260 - count
    rest = asked(found, 2, limit=500)
    assert texts(rest) == [str(number) for number in range(count, 260)]
    assert rest["remaining"] == 0


def test_what_does_not_fit_into_one_answer_stays_unread() -> None:
    daemon = Daemon(["x" * (mail.MOST - 5), "y" * 10, "z"])
    found = tools(daemon)
    first = asked(found)
    assert len(first["messages"]) == 1
    assert first["remaining"] == 2
    assert [each[0] for each in texts(asked(found, 2))] == ["y", "z"]


def test_an_answer_that_was_dropped_is_given_again() -> None:
    daemon = Daemon(["one", "two"])
    found = tools(daemon)

    async def check() -> None:
        await found.check(Call(1, {}, silent))
        assert (await found.check(Call(2, {}, silent)))["status"] == "empty"
        found.handed.dropped(1)

    anyio.run(check)
    assert texts(asked(found, 3)) == ["one", "two"]


@pytest.mark.parametrize(
    "refusal",
    [
        ThrumError("no_session", "there is no session", "run `thrum session start`"),
        ThrumError("storage", "the disk is full"),
        LostAnswer(),
    ],
)
def test_what_cannot_be_marked_is_returned_once_all_the_same(refusal: ThrumError) -> None:
    daemon = Daemon(["one"])
    found = tools(daemon)
    daemon.refusals["message.markRead"] = refusal
    assert texts(asked(found)) == ["one"]
    daemon.inbox["msg_later"] = "later"
    again = asked(found, 2)
    assert texts(again) == ["later"]
    assert again["remaining"] == 0
    assert refusal.message in again["warnings"][0]
    del daemon.refusals["message.markRead"]
    assert "warnings" not in asked(found, 3)
    assert daemon.inbox == {}


def test_an_answer_that_nobody_looked_at_is_given_again_before_the_rest() -> None:
    daemon = Daemon(["one", "two", "three"])
    found = tools(daemon)
    assert texts(asked(found, limit=2)) == ["one", "two"]
    assert list(daemon.inbox.values()) == ["three"]
    found.handed.overlooked(1)
    again = asked(found, 2, limit=2)
    assert texts(again) == ["one", "two"]
    assert again["remaining"] == 1
    assert texts(asked(found, 3)) == ["three"]
    assert texts(asked(found, 4)) == []


@pytest.mark.parametrize("limit", [50, 100, 500])
def test_much_that_cannot_be_marked_stands_in_the_way_of_nothing(limit: int) -> None:
    daemon = Daemon([str(number) for number in range(730)])
    found = tools(daemon)
    daemon.refusals["message.markRead"] = ThrumError("no_session", "there is no session")
    given: list[str] = []
    for request in range(730 // limit + 1):
        given += texts(asked(found, request, limit=limit))
    assert given == [str(number) for number in range(730)]


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (ThrumError("daemon_down", "nobody answers", "start it"), "connect to daemon: nobody"),
        (ThrumError("sandbox", "kept out"), "connect to daemon: kept out"),
        (ThrumError("identity", "more than one", "name one"), "load identity: more than one; name"),
        (ThrumError("unknown_recipient", "no @x"), "send message: no @x"),
    ],
)
def test_a_refusal_says_what_was_tried_and_what_to_do(refusal: ThrumError, said: str) -> None:
    daemon = Daemon([])
    daemon.refusals["message.send"] = refusal
    with pytest.raises(Failed, match=f"^{said}"):
        anyio.run(tools(daemon).send, Call(1, {"to": "@x", "content": "hi"}, silent))


@pytest.mark.parametrize(
    ("to", "names"),
    [
        ("@nux", ["nux"]),
        ("nux", ["nux"]),
        ("agent:tester:0123456789", ["tester"]),
        ("agent:x", ["agent:x"]),
        ("role:tester, @group:core,,", ["role:tester", "group:core"]),
    ],
)
def test_whom_a_name_means(to: str, names: list[str]) -> None:
    daemon = Daemon([])
    given = {"to": to, "content": "hi", "reply_to": "msg_1", "metadata": {"k": "v"}}
    anyio.run(tools(daemon).send, Call(1, given, silent))
    ((_, params),) = daemon.asked
    assert params["mentions"] == names
    assert params["reply_to"] == "msg_1"
    assert params["structured"] == {"k": "v"}
    assert params["caller_agent_id"] == "furiosa"
    assert params["idempotency_key"]


def test_who_was_seen_lately_is_active() -> None:
    found = tools(Daemon([]))
    everyone = anyio.run(found.agents, Call(1, {}, silent))
    assert [(each["name"], each["status"]) for each in everyone["agents"]] == [
        ("Nux", "offline"),
        ("max", "active"),
        ("old", "offline"),
        ("odd", "offline"),
    ]
    assert everyone["agents"][0]["agent_id"] == "nux"
    here = anyio.run(found.agents, Call(1, {"include_offline": False}, silent))
    assert [each["name"] for each in here["agents"]] == ["max"]
    assert here["count"] == 1


def test_what_was_returned_is_said_to_have_come_by_mcp() -> None:
    daemon = Daemon(["one"])
    asked(tools(daemon))
    assert daemon.asked[-1][0] == "message.markRead"
    assert daemon.asked[-1][1]["way"] == "mcp"


def test_who_will_not_see_it_soon_is_told_beside_the_warnings() -> None:
    daemon = Daemon([])
    asleep = {"agent_id": "nux", "state": "stored", "held": "asleep"}
    answer = {"message_id": "m", "resolved_to": 1, "warnings": ["w"], "recipients": [asleep]}
    daemon.message_send = lambda given: answer  # type: ignore[method-assign]
    sent = anyio.run(tools(daemon).send, Call(1, {"to": "nux", "content": "hi"}, silent))
    assert sent["warnings"] == ["w", "@nux: asleep, gets it when it begins a session"]
