"""``thrum ask``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.thrum.cli.answers import SENT

Make = Callable[..., dict[str, Any]]
QUESTION = str(SENT["message_id"])
ASKED = "asked @nux (KHWB87), waiting 300s at most\n"
LATER = "the question stays; `thrum thread KHWB87` shows it with what is answered to it\n"
STATES = [
    {"agent_id": "nux", "state": "offered", "offered_by": "hook"},
    {"agent_id": "max", "state": "stored", "held": "asleep"},
]


@pytest.fixture
def asks(world: Any, message: Make) -> Any:
    """A world in which nux answers."""
    answer = message("ANSWER", "the third", agent_id="nux", is_read=False)
    world.daemon.answers |= {
        "message.send": SENT,
        "message.wait": {"received": True, "messages": [answer], "count": 1},
        "message.markRead": {"marked_count": 1},
        "message.get": {"message": {"message_id": QUESTION, "recipients": STATES}},
    }
    return world


def test_the_answer_is_printed_and_read(asks: Any) -> None:
    ran = asks.run("ask", "@nux", "Which valve?")
    assert (ran.code, ran.err) == (0, ASKED)
    assert "the third" in ran.out
    assert "ANSWER" in ran.out
    sent, waited = asks.daemon.params("message.send"), asks.daemon.params("message.wait")
    assert (sent["content"], sent["to"]) == ("Which valve?", "@nux")
    assert waited == {"caller_agent_id": "furiosa", "answers": QUESTION, "timeout_ms": 60_000}
    (marked,) = asks.daemon.params("message.markRead")["message_ids"]
    assert marked.endswith("ANSWER")
    ran = asks.run("ask", "nux", "-", "--timeout", "2s", "--json", stdin="Which?")
    assert ran.err == ""
    assert ran.document["status"] == "answered"
    assert ran.document["question_id"] == QUESTION
    assert ran.document["answer"]["message_id"] == marked
    assert asks.daemon.params("message.wait")["timeout_ms"] == 2_000


def test_who_will_not_see_it_soon_is_told_of_at_once(asks: Any) -> None:
    asleep = {"agent_id": "nux", "state": "stored", "held": "asleep"}
    asks.daemon.answers["message.send"] = SENT | {"recipients": [asleep]}
    ran = asks.run("ask", "nux", "x")
    assert ran.err == f"{ASKED}@nux: asleep, gets it when it begins a session\n"


def test_at_the_end_of_the_time_it_is_told_how_far_the_question_came(asks: Any) -> None:
    def nothing(params: dict[str, Any]) -> dict[str, Any]:
        asks.clock += params["timeout_ms"] / 1000
        return {"received": False, "messages": []}

    asks.daemon.answers["message.wait"] = nothing
    ran = asks.run("ask", "nux", "x", "--timeout", "90s")
    assert (ran.code, ran.out) == (1, "")
    states = "@nux (offered by hook), @max (stored: asleep, gets it when it begins a session)"
    assert ran.err.endswith(f"NO_ANSWER_TIMEOUT: {states}\n{LATER}")
    ran = asks.run("ask", "nux", "x", "--timeout", "0", "--json")
    expected = {"status": "timeout", "question_id": QUESTION, "recipients": STATES}
    assert (ran.code, ran.document, ran.err) == (1, expected, "")


def test_a_daemon_that_restarts_is_waited_for_and_asked_the_same(
    asks: Any, hang_up: type[Exception]
) -> None:
    answer = asks.daemon.answers["message.wait"]
    asks.daemon.answers["message.wait"] = [hang_up(), hang_up(), answer]
    ran = asks.run("ask", "nux", "x")
    assert ran.code == 0
    waits = [params for name, params in asks.daemon.requests if name == "message.wait"]
    assert {each["answers"] for each in waits} == {QUESTION}
    assert asks.daemon.methods.count("message.send") == 1


def test_a_daemon_that_cannot_push_is_asked_for_answers(asks: Any) -> None:
    del asks.daemon.answers["message.wait"]
    answer = {"message_id": "msg_x", "agent_id": "nux", "body": {"content": "the third"}}
    asks.daemon.answers["message.list"] = [{"messages": []}, {"messages": [answer]}]
    assert asks.run("ask", "nux", "x", "--json").document["answer"] == answer
    asked = asks.daemon.params("message.list")
    assert asked["ref"] == {"type": "reply_to", "value": QUESTION}


@pytest.mark.parametrize(
    ("argv", "kind"),
    [
        (["nux"], "usage"),
        (["nux", ""], "usage"),
        (["@", "x"], "usage"),
        (["nux", "x", "--timeout", "10"], "usage"),
    ],
)
def test_what_is_wrong_is_2_and_nothing_is_sent(asks: Any, argv: list[str], kind: str) -> None:
    ran = asks.run("ask", *argv, "--json")
    assert (ran.code, ran.error["kind"]) == (2, kind)
    assert "message.send" not in asks.daemon.methods


def test_a_refusal_is_2_and_the_question_is_named_if_it_was_sent(asks: Any, refuse: Any) -> None:
    asks.daemon.answers["message.wait"] = refuse("moved", "you live elsewhere")
    ran = asks.run("ask", "nux", "x")
    assert (ran.code, ran.out) == (2, "")
    assert LATER in ran.err
    asks.daemon.answers["message.send"] = SENT | {"recipients": None}
    ran = asks.run("ask", "tester", "x", "--json")
    assert (ran.code, ran.error["kind"]) == (2, "unknown_recipient")
    asks.daemon.answers["message.send"] = refuse("unknown_recipient", "no @nxu")
    assert asks.run("ask", "nxu", "x").code == 2


def test_who_interrupts_it_is_told_where_the_question_is(asks: Any) -> None:
    del asks.daemon.answers["message.wait"]
    asks.daemon.answers["message.list"] = {"messages": []}
    context = asks.context(["ask", "nux", "x"])

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    context.sleep = interrupt
    from thrum.cli import app

    assert app.run(context) == app.INTERRUPTED
    assert context.stderr.getvalue().endswith(LATER)
