"""Pages of messages for those who scroll."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def talk(node: Any) -> Any:
    """furiosa and nux write each other, max looks on."""
    for name in ("furiosa", "nux", "max"):
        node.agent(name)
    node.ids = []
    for number in range(6):
        who, to = (("furiosa", "nux"), ("nux", "furiosa"))[number % 2]
        node.ids.append(node.send(who, f"text {number}", to=to)["message_id"])
    return node


def ids(answer: Any) -> list[str]:
    return [row["message_id"] for row in answer["messages"]]


def test_a_conversation_is_read_from_both_sides(talk: Any) -> None:
    for me, other in (("nux", "furiosa"), ("furiosa", "nux")):
        answer = talk.call(me, "message.page", partner=other, limit=4)
        assert (ids(answer), answer["older"], answer["newer"]) == (talk.ids[2:], True, False)
        answer = talk.call(me, "message.page", partner=other, before=talk.ids[2])
        assert (ids(answer), answer["older"], answer["newer"]) == (talk.ids[:2], False, True)


def test_what_comes_meanwhile_moves_nothing(talk: Any) -> None:
    first = talk.call("nux", "message.page", partner="furiosa", limit=2)
    talk.send("furiosa", "more", to="nux")
    older = talk.call("nux", "message.page", partner="furiosa", limit=2, before=ids(first)[0])
    assert ids(older) + ids(first) == talk.ids[2:]
    newer = talk.call("nux", "message.page", partner="furiosa", after=ids(first)[-1])
    assert [row["body"]["content"] for row in newer["messages"]] == ["more"]


def test_each_row_says_how_far_it_came_and_what_it_waits_for(talk: Any) -> None:
    talk.call("nux", "message.markRead", message_ids=talk.ids[:1])
    rows = talk.call("furiosa", "message.page", author_id="furiosa")["messages"]
    states = [(row["recipients"][0]["state"], row["recipients"][0].get("held")) for row in rows]
    assert states == [("read", None), ("stored", "looks"), ("stored", "looks")]


def test_the_inbox_whole_and_unread(talk: Any) -> None:
    mine = talk.ids[::2]
    talk.call("nux", "message.markRead", message_ids=mine[:1])
    assert ids(talk.call("nux", "message.page", inbox=True)) == mine
    assert ids(talk.call("nux", "message.page", inbox=True, unread=True)) == mine[1:]
    assert ids(talk.call("nux", "message.page", mentions=True)) == mine
    assert ids(talk.call("nux", "message.page")) == talk.ids


def test_it_is_as_private_as_the_list(talk: Any) -> None:
    assert talk.refused("max", "message.page", inbox=True, of="nux") == "not_allowed"
    assert talk.refused("max", "message.page", partner="nux", of="furiosa") == "not_allowed"
    assert talk.refused("nobody", "message.page") == "anonymous_caller"
    assert ids(talk.call("max", "message.page", inbox=True)) == []


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"before": "msg_nowhere"}, "not_found"),
        ({"before": "msg_1", "after": "msg_2"}, "invalid_params"),
        ({"partner": "max", "group": "crew"}, "invalid_params"),
        ({"unread": True}, "invalid_params"),
        ({"limit": 0}, "invalid_params"),
        ({"limit": 101}, "invalid_params"),
    ],
)
def test_what_means_nothing_is_refused(talk: Any, params: dict[str, Any], kind: str) -> None:
    assert talk.refused("nux", "message.page", **params) == kind
