"""All numbers of unread messages, as the caller's lists say them."""

from __future__ import annotations

from typing import Any


def test_numbers_are_those_of_the_callers_lists(node: Any) -> None:
    for name in ("furiosa", "nux", "max"):
        node.agent(name)
    node.call("nux", "group.create", name="crew")
    node.call("nux", "group.member.add", group="crew", member_type="agent", member_value="nux")
    for content, to in (("one", "@nux"), ("two", "@nux"), ("three", "@crew"), ("four", "@max")):
        node.send("furiosa", content, mentions=[to])
    node.send("max", "five", mentions=["@nux"])
    counts = node.call("nux", "inbox.counts")
    assert counts.pop("cursor") == node.call("nux", "events.since")["cursor"]
    assert counts == {
        "inbox": 4,
        "mentions": 3,
        "groups": {"crew": 1},
        "partners": {"furiosa": 3, "max": 1},
        "agents": {"max": {"unread": 1}},
    }
    listed = node.call("nux", "message.list", mentions=True, unread=True)
    assert listed["total"] == counts["mentions"]
    ids = [each["message_id"] for each in listed["messages"]]
    node.call("nux", "message.markRead", message_ids=ids)
    after = node.call("nux", "inbox.counts")
    assert (after["inbox"], after["mentions"], after["partners"]) == (1, 0, {"furiosa": 1})


def test_it_is_of_somebody(node: Any) -> None:
    assert node.refused("nobody", "inbox.counts") == "anonymous_caller"
