"""What was sent."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def sent(node: Any) -> Any:
    """A node on which furiosa sent to nux, to max and to everyone."""
    for name in ("furiosa", "nux", "max"):
        node.agent(name)
    node.send("furiosa", "to nux", to="nux")
    node.send("furiosa", "to max", to="max")
    node.send("furiosa", "to all", to="everyone")
    node.send("nux", "not hers", to="furiosa")
    return node


def texts(node: Any, **params: Any) -> list[str]:
    """The texts in furiosa's outbox."""
    listed = node.call("furiosa", "message.outbox", **params)
    assert listed["total"] == len(listed["messages"])
    return [row["body"]["content"] for row in listed["messages"]]


def test_it_holds_what_the_caller_sent_the_newest_first(sent: Any) -> None:
    assert texts(sent) == ["to all", "to max", "to nux"]


def test_it_can_be_narrowed_to_a_recipient(sent: Any) -> None:
    assert texts(sent, to="@Max") == ["to all", "to max"]
    assert texts(sent, to="everyone") == ["to all"]
    assert sent.refused("furiosa", "message.outbox", to="@") == "invalid_params"


def test_it_can_be_narrowed_to_what_somebody_has_not_read(sent: Any) -> None:
    (row,) = sent.call("nux", "message.list", for_agent="nux", page_size=1, page=2)["messages"]
    sent.call("nux", "message.markRead", message_ids=[row["message_id"]])
    assert texts(sent, unread=True) == ["to all", "to max"]


def test_nobody_has_none(sent: Any) -> None:
    assert sent.refused("nobody", "message.outbox") == "anonymous_caller"
