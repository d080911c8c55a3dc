"""Waiting for mail."""

from __future__ import annotations

import json
import sqlite3
import threading
from typing import Any

import pytest

from tests.thrum.daemon.conftest import eventually
from thrum.daemon.waiting.service import Waiting


@pytest.fixture
def pair(node: Any) -> Any:
    """A node with furiosa and nux."""
    node.agent("furiosa")
    node.agent("nux")
    return node


def begin(node: Any, wait_until: Any, agent_id: str, **params: Any) -> Any:
    """A connection of the agent on which `message.wait` waits."""
    node.stand(agent_id)
    caller = node.connect()
    waiting = node.parts.service(Waiting)
    before = waiting.count
    caller.write("message.wait", **{"timeout_ms": 20_000, **params})
    wait_until(lambda: waiting.count > before)
    return caller


def test_it_ends_when_mail_comes(pair: Any, wait_until: Any) -> None:
    waiting = begin(pair, wait_until, "nux")
    pair.send("furiosa", "now", to="nux")
    result = waiting.read()["result"]
    assert result["received"] is True
    assert [row["body"]["content"] for row in result["messages"]] == ["now"]
    assert result["count"] == 1
    wait_until(lambda: not pair.parts.service(Waiting).count)


def test_mail_for_others_and_own_mail_do_not_end_it(pair: Any, wait_until: Any) -> None:
    waiting = begin(pair, wait_until, "nux")
    pair.agent("max")
    pair.send("furiosa", "for max", to="max")
    pair.send("nux", "own", to="nux")
    pair.send("furiosa", "for nux", to="nux")
    (row,) = waiting.read()["result"]["messages"]
    assert row["body"]["content"] == "for nux"


def test_what_came_before_it_was_asked_counts(pair: Any) -> None:
    sent = pair.send("furiosa", "early", to="nux")
    before = "2026-01-01T00:00:00Z"
    found = pair.call("nux", "message.wait", created_after=before, timeout_ms=20_000)
    assert [row["message_id"] for row in found["messages"]] == [sent["message_id"]]
    again = pair.call("nux", "message.wait", after=found["cursor"], timeout_ms=0)
    assert again["received"] is False
    assert again["messages"] == []


def test_nothing_is_missed_between_two_waits(pair: Any) -> None:
    cursor = pair.call("nux", "message.wait", timeout_ms=0)["cursor"]
    pair.send("furiosa", "one", to="nux")
    pair.send("furiosa", "for herself", to="furiosa")
    # As it comes from another clone: made long ago, and here only now.
    old = "msg_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    pair.store.log.append([[("messages/furiosa.jsonl", late(old).encode())]])
    pair.store.catch_up()
    texts = []
    for _ in range(2):
        found = pair.call("nux", "message.wait", after=cursor, timeout_ms=0)
        texts.append([row["body"]["content"] for row in found["messages"]])
        cursor = found["cursor"]
    assert texts == [["one", "late"], []]


def late(message_id: str) -> str:
    """The line of a message to nux from long ago."""
    return json.dumps(
        {
            "type": "message.create",
            "timestamp": "2020-01-01T00:00:00.000000000Z",
            "event_id": "evt_01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "v": 1,
            "origin_daemon": "d_elsewhere",
            "message_id": message_id,
            "agent_id": "furiosa",
            "session_id": "ses_01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "body": {"format": "markdown", "content": "late"},
            "refs": [{"type": "mention", "value": "nux"}],
            "recipients": ["nux"],
        }
    )


def test_a_cursor_is_one_that_was_given(pair: Any) -> None:
    for cursor in ("soon", "-1", "²"):
        assert pair.refused("nux", "message.wait", after=cursor) == "invalid_params"
    assert pair.call("nux", "message.wait", after="9" * 30, timeout_ms=0)["received"] is False


def test_many_come_in_portions(pair: Any) -> None:
    cursor = pair.call("nux", "message.wait", timeout_ms=0)["cursor"]
    for number in range(25):
        pair.send("furiosa", str(number), to="nux")
    texts = []
    for _ in range(2):
        found = pair.call("nux", "message.wait", after=cursor, timeout_ms=0)
        texts += [row["body"]["content"] for row in found["messages"]]
        cursor = found["cursor"]
    assert texts == [str(number) for number in range(25)]


def test_a_cursor_from_long_ago_passes_over_what_does_not_count(
    pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thrum.daemon.waiting.waiter.AT_ONCE", 3)
    for number in range(10):
        pair.send("nux", f"own {number}")
    pair.send("furiosa", "hers", to="nux")
    found = pair.call("nux", "message.wait", after="0", timeout_ms=20_000)
    assert [row["body"]["content"] for row in found["messages"]] == ["hers"]


def test_a_scope_narrows_it(pair: Any, wait_until: Any) -> None:
    scope = {"type": "file", "value": "a.py"}
    waiting = begin(pair, wait_until, "nux", scope=scope)
    pair.send("furiosa", "without", to="nux")
    pair.send("furiosa", "within", to="nux", scopes=[scope])
    (row,) = waiting.read()["result"]["messages"]
    assert row["body"]["content"] == "within"


@pytest.mark.parametrize("mention", ["driver", "@driver"])
def test_a_mention_counts_besides_the_inbox(pair: Any, wait_until: Any, mention: str) -> None:
    pair.agent("max", role="driver")
    waiting = [begin(pair, wait_until, "nux", mention_role=mention) for _ in range(2)]
    plain = begin(pair, wait_until, "nux")
    pair.send("furiosa", "for a driver", mentions=["driver"])
    for caller in waiting:
        (row,) = caller.read()["result"]["messages"]
        assert row["body"]["content"] == "for a driver"
    pair.send("furiosa", "for nux", to="nux")
    (row,) = plain.read()["result"]["messages"]
    assert row["body"]["content"] == "for nux"
    at_once = pair.call("nux", "message.wait", mention_role=mention)
    assert [row["body"]["content"] for row in at_once["messages"]] == ["for nux"]


def test_a_mention_narrows_a_scope(pair: Any, wait_until: Any) -> None:
    scope = {"type": "file", "value": "a.py"}
    waiting = begin(pair, wait_until, "nux", scope=scope, mention_role="tester")
    pair.send("furiosa", "no mention", to="nux", scopes=[scope])
    pair.send("furiosa", "no scope", mentions=["tester"])
    pair.send("furiosa", "both", mentions=["tester"], scopes=[scope])
    (row,) = waiting.read()["result"]["messages"]
    assert row["body"]["content"] == "both"


@pytest.mark.parametrize(
    ("params", "agrees"),
    [
        ({}, {"for_agent": "nux"}),
        ({"scope": {"type": "a", "value": "b"}}, {"scope": {"type": "a", "value": "b"}}),
        ({"mention_role": "driver"}, {"for_agent": "nux", "mention_role": "driver"}),
        (
            {"scope": {"type": "a", "value": "b"}, "mention_role": "driver"},
            {"scope": {"type": "a", "value": "b"}, "mention_role": "driver"},
        ),
    ],
)
def test_since_a_time_it_means_what_a_list_means(
    pair: Any, params: dict[str, Any], agrees: dict[str, Any]
) -> None:
    pair.agent("max", role="driver")
    scopes = [{"type": "a", "value": "b"}]
    for targets in ({"to": "nux"}, {"mentions": ["driver"]}, {"to": "furiosa"}):
        for scoped in ([], scopes):
            pair.send("furiosa", f"{targets} {scoped}", scopes=scoped, **targets)
    begin_of_time = {"created_after": "2026-01-01T00:00:00Z"}
    found = pair.call("nux", "message.wait", **params, **begin_of_time)
    wanted = {**agrees, **begin_of_time, "unread": True, "exclude_self": True}
    listed = pair.call("nux", "message.list", **wanted, sort_order="asc")
    assert found["messages"] == listed["messages"]
    assert found["count"] == listed["total"] > 0


def test_what_is_unread_counts_at_once_whenever_it_came(pair: Any) -> None:
    for number in range(25):
        pair.send("furiosa", str(number), to="nux")
    found = pair.call("nux", "message.wait", timeout_ms=20_000)
    assert [row["body"]["content"] for row in found["messages"]] == [str(n) for n in range(20)]
    assert (found["received"], found["count"]) == (True, 25)


def test_what_was_read_never_counts(pair: Any, wait_until: Any) -> None:
    sent = [pair.send("furiosa", text, to="nux")["message_id"] for text in ("one", "two")]
    pair.call("nux", "message.markRead", message_ids=sent)
    for since in ({}, {"created_after": "2026-01-01T00:00:00Z"}, {"after": "0"}):
        found = pair.call("nux", "message.wait", timeout_ms=0, **since)
        assert (found["received"], found["messages"], found["count"]) == (False, [], 0)
    waiting = begin(pair, wait_until, "nux", created_after="2026-01-01T00:00:00Z")
    pair.send("furiosa", "three", to="nux")
    (row,) = waiting.read()["result"]["messages"]
    assert row["body"]["content"] == "three"


def test_before_a_time_to_come_nothing_counts(pair: Any, wait_until: Any) -> None:
    pair.send("furiosa", "before", to="nux")
    waiting = begin(pair, wait_until, "nux", created_after="2999-01-01T00:00:00Z", timeout_ms=300)
    pair.send("furiosa", "meanwhile", to="nux")
    assert waiting.read()["result"]["received"] is False


def test_what_was_missed_is_looked_for(pair: Any, wait_until: Any) -> None:
    waiting, service = begin(pair, wait_until, "nux"), pair.parts.service(Waiting)
    heard, service.heard = service.heard, lambda news: None
    hub, loop = pair.parts.hub, pair.parts.hub._loop
    (listener,) = (each for each in hub._listeners if each.owner == "waiting")
    listener.heard = service.heard
    pair.send("furiosa", "unheard", to="nux")
    listener.heard = heard
    loop.soon(service.missed)
    (row,) = waiting.read()["result"]["messages"]
    assert row["body"]["content"] == "unheard"


def cost(node: Any, arrivals: int, least: int = 0) -> tuple[int, int]:
    """The statements for arrivals that concern nobody: off the event loop, and on it.

    Args:
        node: where they arrive.
        arrivals: how many.
        least: so many statements off the loop are waited for.
    """
    off: list[str] = []
    on: list[str] = []
    real, loop = node.store.ask, node.parts.hub._loop

    async def ask(question: Any) -> Any:
        def traced(db: sqlite3.Connection) -> Any:
            db.set_trace_callback(off.append)
            try:
                return question(db)
            finally:
                db.set_trace_callback(None)

        return await real(traced)

    def trace(callback: Any) -> None:
        done, store = threading.Event(), node.store  # which waits, and so not on the loop
        loop.soon(lambda: store.reader().set_trace_callback(callback))
        loop.soon(done.set)
        assert done.wait(20)

    node.store.ask = ask
    trace(on.append)
    for _ in range(arrivals):
        node.send("furiosa", "for max", to="max")
    node.call("furiosa", "health")  # who looks has everybody hear of all of them
    eventually(lambda: len(off) >= least)
    trace(None)
    node.store.ask = real
    return len(off), len(on)


def test_arrivals_cost_the_same_however_many_wait(pair: Any, wait_until: Any) -> None:
    pair.agent("max")
    pair.send("furiosa", "warm", to="max")
    nobody = cost(pair, 20)
    waiting = [begin(pair, wait_until, "nux") for _ in range(30)]
    many = cost(pair, 20, least=2)
    assert nobody[0] == 0
    assert many[0] <= 2 * 20, "two for each batch"
    assert many[1] < nobody[1] + 20, "not even one for each arrival on the event loop"
    pair.send("furiosa", "for nux", to="nux")
    for caller in waiting:
        assert caller.read()["result"]["count"] == 1


def test_a_waiter_that_hangs_up_is_forgotten(pair: Any, wait_until: Any) -> None:
    begin(pair, wait_until, "nux").close()
    wait_until(lambda: not pair.parts.service(Waiting).count)


def test_the_time_is_bounded(pair: Any) -> None:
    for timeout in (-1, 300_001):
        assert pair.refused("nux", "message.wait", timeout_ms=timeout) == "invalid_params"
    assert pair.refused("nobody", "message.wait") == "anonymous_caller"


def test_what_is_read_before_one_is_told_counts_where_that_is_asked_for(pair: Any) -> None:
    """Two wait for one agent; one is told, and has read it, before the other asks again."""
    start = pair.call("nux", "message.wait", timeout_ms=0)["cursor"]
    before = pair.send("furiosa", "before", to="nux")
    pair.call("nux", "message.markRead", message_ids=[before["message_id"]])
    found = pair.call("nux", "message.wait", after=start, also_read=True, timeout_ms=0)
    assert [row["body"]["content"] for row in found["messages"]] == ["before"]
    end = found["cursor"]
    for params in ({"after": start}, {"also_read": True}, {"after": end, "also_read": True}):
        assert not pair.call("nux", "message.wait", timeout_ms=0, **params)["received"]
    pair.send("nux", "own", to="furiosa")
    gone = pair.send("furiosa", "taken back", to="nux")
    pair.call("furiosa", "message.delete", message_id=gone["message_id"])
    assert not pair.call("nux", "message.wait", after=end, also_read=True, timeout_ms=0)["received"]


def test_an_answer_ends_the_wait_for_it_and_nothing_else_does(pair: Any, wait_until: Any) -> None:
    asked = pair.send("furiosa", "which?", to="nux")["message_id"]
    other = pair.send("furiosa", "another", to="nux")["message_id"]
    waiting = begin(pair, wait_until, "furiosa", answers=asked[-6:])
    assert not pair.parts.service(Waiting).listens("furiosa")
    pair.send("nux", "hello", to="furiosa")
    pair.send("nux", "to another", to="furiosa", reply_to=other)
    pair.send("furiosa", "I mean the pump", to="nux", reply_to=asked)
    pair.send("nux", "the third", to="furiosa", reply_to=asked)
    result = waiting.read()["result"]
    assert [row["body"]["content"] for row in result["messages"]] == ["the third"]
    # It counts for ever, read or not, so a daemon that restarts loses nothing.
    ids = [row["message_id"] for row in result["messages"]]
    pair.call("furiosa", "message.markRead", message_ids=ids)
    for after in ("", result["cursor"]):
        again = pair.call("furiosa", "message.wait", answers=asked, after=after)
        assert [row["message_id"] for row in again["messages"]] == ids


def test_an_answer_to_what_was_said_below_the_question_counts(pair: Any, wait_until: Any) -> None:
    pair.agent("max")
    asked = pair.send("furiosa", "which?", mentions=["nux", "max"])["message_id"]
    more = pair.send("furiosa", "quick!", mentions=["nux", "max"], reply_to=asked)["message_id"]
    waiting = begin(pair, wait_until, "furiosa", answers=asked)
    pair.send("max", "nux knows", to="nux", reply_to=more)
    (row,) = waiting.read()["result"]["messages"]
    assert row["body"]["content"] == "nux knows"
    within = pair.call("furiosa", "message.wait", answers=more, timeout_ms=0)
    assert [each["body"]["content"] for each in within["messages"]] == ["nux knows"]
    pair.send("nux", "aside", to="furiosa", reply_to=asked)
    within = pair.call("furiosa", "message.wait", answers=more, timeout_ms=0)
    assert within["count"] == 1, "within a conversation only what answers the question itself"


def test_an_answer_that_was_taken_back_is_none_and_a_question_must_be_there(pair: Any) -> None:
    asked = pair.send("furiosa", "which?", to="nux")["message_id"]
    answer = pair.send("nux", "the third", to="furiosa", reply_to=asked)["message_id"]
    pair.call("nux", "message.delete", message_id=answer)
    found = pair.call("furiosa", "message.wait", answers=asked, timeout_ms=0)
    assert (found["received"], found["messages"]) == (False, [])
    assert pair.refused("furiosa", "message.wait", answers="NOPE99") == "not_found"


def test_an_answer_from_another_clone_counts_whenever_it_was_made(
    pair: Any, wait_until: Any
) -> None:
    asked = pair.send("furiosa", "which?", to="nux")["message_id"]
    waiting = begin(pair, wait_until, "furiosa", answers=asked)
    line = json.loads(late("msg_01ARZ3NDEKTSV4RRFFQ69G5FAV")) | {"agent_id": "nux"}
    line["refs"] = [{"type": "reply_to", "value": asked}]
    pair.store.log.append([[("messages/nux.jsonl", json.dumps(line).encode())]])
    pair.store.catch_up()
    (row,) = waiting.read()["result"]["messages"]
    assert row["body"]["content"] == "late"
