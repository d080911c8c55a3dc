"""Threads at a glance."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def talk(node: Any) -> Any:
    """furiosa asks nux three things, and nux answers two of them."""
    node.agent("furiosa")
    node.agent("nux")
    asked = [node.send("furiosa", f"ask {n}", to="nux")["message_id"] for n in range(3)]
    for n in (1, 0):
        node.send("nux", f"answer {n}", to="furiosa", reply_to=asked[n])
    return node


def test_each_says_what_it_is_about_and_what_is_unread(talk: Any) -> None:
    answer = talk.call("furiosa", "thread.list")
    shown = [(each["title"], each["preview"], each["authors"]) for each in answer["threads"]]
    both = ["furiosa", "nux"]
    assert shown == [("ask 0", "answer 0", both), ("ask 1", "answer 1", both)]
    assert [each["unread_count"] for each in answer["threads"]] == [1, 1]
    assert [each["message_count"] for each in answer["threads"]] == [2, 2]
    assert not answer["older"]


def test_it_goes_on_where_it_ended_and_each_is_read_by_the_page(talk: Any) -> None:
    first = talk.call("nux", "thread.list", limit=1)
    (thread,) = first["threads"]
    assert first["older"]
    rest = talk.call("nux", "thread.list", limit=1, before=thread["last_message_id"])
    assert [each["title"] for each in rest["threads"]] == ["ask 1"]
    page = talk.call("nux", "message.page", thread_id=thread["thread_id"])
    assert [row["body"]["content"] for row in page["messages"]] == ["ask 0", "answer 0"]


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"before": "msg_x"}, "not_found"),
        ({"limit": 0}, "invalid_params"),
        ({"limit": -1}, "invalid_params"),
        ({"limit": 101}, "invalid_params"),
    ],
)
def test_what_means_nothing_is_refused(talk: Any, params: dict[str, Any], kind: str) -> None:
    assert talk.refused("nux", "thread.list", **params) == kind
    assert talk.refused("nobody", "thread.list") == "anonymous_caller"
