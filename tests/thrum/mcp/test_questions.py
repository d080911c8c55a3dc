"""Questions beside a daemon that answers as a test wants: what is an answer, and what is not."""

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
from thrum.mcp.questions import Questions
from thrum.mcp.tools import Call, Tools
from thrum.mcp.waiting import Waits


class Daemon:
    """One whose mail arrives as a test says.

    Attributes:
        arrivals: rows that arrive, each with the call of ``message.wait`` that hears of it.
        recipients: what ``message.get`` says of the question's recipients.
        refusals: what is refused, by method; but not before something was sent.
        asked: every request.
        now: the clock, which each call moves by a second.
    """

    def __init__(self, *arrivals: dict[str, Any]) -> None:
        self.arrivals = [*arrivals]
        self.recipients: list[dict[str, Any]] = []
        self.refusals: dict[str, ThrumError] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.now = 0.0

    def connect(self) -> Client:
        return cast("Client", self)

    def __enter__(self) -> Daemon:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def abort(self) -> None:
        """Nothing is held."""

    def call(self, method: str, params: Mapping[str, object], timeout: float | None = None) -> Any:
        given: dict[str, Any] = dict(params)
        self.asked.append((method, given))
        self.now += 1.0
        if method in self.refusals and (method == "message.send" or len(self.asked) > 1):
            raise self.refusals[method]
        if method == "message.wait":
            return self._told(given)
        if method == "message.send":
            return {"message_id": "msg_q", "resolved_to": 1, "warnings": ["nux sleeps"]}
        if method == "message.get":
            return {"message": {"thread_id": "thr_1", "recipients": self.recipients}}
        assert method == "message.list"
        return {"messages": [row for row in self.arrivals if given], "total": len(self.arrivals)}

    def _told(self, given: dict[str, Any]) -> Any:
        position = int(given["after"] or 40)
        rows = self.arrivals[position - 40 :][:1] if given["timeout_ms"] else []
        return {"messages": rows, "count": len(rows), "cursor": str(position + len(rows))}

    def waits(self) -> list[dict[str, Any]]:
        return [given for method, given in self.asked if method == "message.wait"]


def mail(name: str, **more: str) -> dict[str, Any]:
    return {"message_id": f"msg_{name}", "agent_id": "nux", "body": {"content": name}, **more}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_PAUSE_S", 0.0)
    monkeypatch.setattr(waiting, "PATIENCE_S", 5.0)


async def silent(done: float, whole: float) -> None:
    """Tells nobody."""


def asks(daemon: Daemon, **given: Any) -> tuple[dict[str, Any], Tools]:
    """What one message to nux gives."""
    outside = Outside(
        me=lambda: Me("furiosa", "implementer"),
        call=daemon.call,
        connect=daemon.connect,
        prime=str,
        random_hex=str,
        monotonic=lambda: daemon.now,
        now_ns=lambda: 0,
    )
    tools = Tools(outside)
    questions = Questions(tools, Waits(tools))
    call = Call(1, {"to": "@nux", "content": "is it done?", **given}, silent)
    return anyio.run(questions.send, call), tools


@pytest.mark.parametrize("given", [{}, {"wait": 0}, {"wait": -3}, {"wait": None}])
def test_without_a_time_nobody_waits(given: dict[str, Any]) -> None:
    daemon = Daemon(mail("yes", reply_to="msg_q"))
    result, _ = asks(daemon, **given)
    assert "answer" not in result
    assert [method for method, _ in daemon.asked] == ["message.send"]


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({}, {"reply_to": "msg_q"}),
        ({}, {"reply_to": "msg_q", "thread_id": "thr_7"}),
        ({"reply_to": "msg_before"}, {"thread_id": "thr_1"}),
        ({"reply_to": "msg_before"}, {"thread_id": "thr_1", "reply_to": "msg_before"}),
    ],
)
def test_the_first_answer_is_returned_and_other_mail_stays(
    given: dict[str, Any], answer: dict[str, str]
) -> None:
    others = [
        mail("other"),
        mail("of another thread", thread_id="thr_2", reply_to="msg_x"),
        mail("beside", thread_id=""),
    ]
    daemon = Daemon(*others, mail("yes", **answer), mail("also", **answer))
    result, tools = asks(daemon, wait=60, **given)
    assert result["status"] == "delivered"
    assert result["answer"]["content"] == "yes"
    assert result["answer"]["message_id"] == "msg_yes"
    assert result["warnings"] == ["nux sleeps"]
    assert tools.handed.fresh(others) == others
    assert tools.handed.pending == 1


def test_mail_counts_from_the_moment_before_it_is_sent() -> None:
    daemon = Daemon(mail("yes", reply_to="msg_q"))
    asks(daemon, wait=60)
    assert [method for method, _ in daemon.asked][:2] == ["message.wait", "message.send"]
    first, second = daemon.waits()
    assert (first["after"], first["timeout_ms"]) == ("", 0)
    assert second["after"] == "40"


@pytest.mark.parametrize(("wait", "longest"), [(10, 10), (600, 600), (9_000, 600)])
def test_a_wait_has_an_end(wait: int, longest: int) -> None:
    daemon = Daemon()
    result, _ = asks(daemon, wait=wait)
    assert "answer" not in result
    assert longest <= daemon.now <= longest + 10


@pytest.mark.parametrize(
    ("recipients", "said"),
    [
        ([], "nobody has got it"),
        ([{"agent_id": "nux"}], "unseen by @nux"),
        (
            [{"agent_id": "nux", "held": "asleep"}],
            "unseen by @nux (asleep, gets it when it begins a session)",
        ),
        ([{"agent_id": "nux", "seen_at": "t"}], "shown to @nux"),
        ([{"agent_id": "nux", "seen_at": "t", "read_at": "t"}], "read by @nux"),
        (
            [{"agent_id": "nux", "read_at": "t"}, {"agent_id": "max"}, {"agent_id": "ace"}],
            "read by @nux and unseen by @max, @ace",
        ),
        ([{"agent_id": f"a{n}"} for n in range(9)], "@a0, @a1, @a2, @a3, @a4 and 4 more"),
    ],
)
def test_who_gets_no_answer_is_told_how_far_it_came(
    recipients: list[dict[str, Any]], said: str
) -> None:
    daemon = Daemon()
    daemon.recipients = recipients
    result, _ = asks(daemon, wait=5)
    assert result["message_id"] == "msg_q"
    first, last = result["warnings"]
    assert first == "nux sleeps"
    assert last.startswith("no answer yet; ")
    assert said in last
    assert "check_messages" in last


@pytest.mark.parametrize("method", ["message.wait", "message.get"])
@pytest.mark.parametrize("refusal", [LostAnswer(), ThrumError("storage", "the disk is full")])
def test_what_goes_wrong_later_does_not_say_that_it_was_not_sent(
    method: str, refusal: ThrumError
) -> None:
    """A model that believed so would send it again."""
    daemon = Daemon()
    daemon.refusals[method] = refusal
    result, _ = asks(daemon, wait=20)
    assert result["message_id"] == "msg_q"
    assert result["warnings"][-1].startswith("it is sent, but ")
    assert refusal.message in result["warnings"][-1]


def test_what_is_not_sent_is_not_waited_for() -> None:
    daemon = Daemon(mail("yes", reply_to="msg_q"))
    daemon.refusals["message.send"] = ThrumError("unknown_recipient", "no @nux")
    with pytest.raises(Failed, match="send message: no @nux"):
        asks(daemon, wait=20)
    assert len(daemon.waits()) == 1


def test_a_daemon_that_cannot_push_is_asked_for_the_list() -> None:
    daemon = Daemon(*(mail(str(number)) for number in range(60)), mail("yes", reply_to="msg_q"))
    daemon.refusals["message.wait"] = RpcError("method_not_found", "no method", None, -32601)
    result, _ = asks(daemon, wait=20)
    assert result["answer"]["content"] == "yes"
