"""Waiting for mail."""

from __future__ import annotations

import json
from typing import Any

import pytest


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
    before = node.parts.hub.count()
    caller.write("message.wait", **{"timeout_ms": 20_000, **params})
    wait_until(lambda: node.parts.hub.count() > before)
    return caller


def test_it_ends_when_mail_comes(pair: Any, wait_until: Any) -> None:
    waiting = begin(pair, wait_until, "nux")
    pair.send("furiosa", "now", to="nux")
    result = waiting.read()["result"]
    assert result["received"] is True
    assert [row["body"]["content"] for row in result["messages"]] == ["now"]
    wait_until(lambda: not pair.parts.hub.count())


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
    monkeypatch.setattr("thrum.daemon.rpc.wait.AT_ONCE", 3)
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


def test_a_role_narrows_it(pair: Any, wait_until: Any) -> None:
    waiting = begin(pair, wait_until, "nux", mention_role="tester")
    pair.send("furiosa", "by name", to="nux")
    pair.send("furiosa", "by role", mentions=["tester"])
    (row,) = waiting.read()["result"]["messages"]
    assert row["body"]["content"] == "by role"


def test_a_waiter_that_hangs_up_is_forgotten(pair: Any, wait_until: Any) -> None:
    begin(pair, wait_until, "nux").close()
    wait_until(lambda: not pair.parts.hub.count())


def test_the_time_is_bounded(pair: Any) -> None:
    for timeout in (-1, 300_001):
        assert pair.refused("nux", "message.wait", timeout_ms=timeout) == "invalid_params"
    assert pair.refused("nobody", "message.wait") == "anonymous_caller"
