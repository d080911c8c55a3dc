"""Waiting for mail."""

from __future__ import annotations

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
    before = len(node.services.hub._listeners)
    caller.write("message.wait", **{"timeout_ms": 20_000, **params})
    wait_until(lambda: len(node.services.hub._listeners) > before)
    return caller


def test_it_ends_when_mail_comes(pair: Any, wait_until: Any) -> None:
    waiting = begin(pair, wait_until, "nux")
    sent = pair.send("furiosa", "now", to="nux")
    result = waiting.read()["result"]
    assert result["received"] is True
    assert [row["body"]["content"] for row in result["messages"]] == ["now"]
    assert result["cursor"] == sent["created_at"]
    wait_until(lambda: not pair.services.hub._listeners)


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
    again = pair.call("nux", "message.wait", created_after=found["cursor"], timeout_ms=0)
    assert again["received"] is False
    assert again["messages"] == []


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
    wait_until(lambda: not pair.services.hub._listeners)


def test_the_time_is_bounded(pair: Any) -> None:
    for timeout in (-1, 300_001):
        assert pair.refused("nux", "message.wait", timeout_ms=timeout) == "invalid_params"
    assert pair.refused("nobody", "message.wait") == "anonymous_caller"
