"""Showing and marking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from thrum.cli.steps import reading

Make = Callable[..., dict[str, Any]]


def shown(world: Any, rows: list[dict[str, Any]], **how: Any) -> str:
    context = world.context([], **how)
    reading.show(context, rows)
    text: str = context.stdout.getvalue()
    return text


def test_what_the_marks_mean_is_said_where_both_stand(world: Any, message: Make) -> None:
    new, old = message("AAAAAA"), message("BBBBBB", is_read=True)
    assert shown(world, [new, old]).endswith("● unread ○ read\n")
    assert "read\n" not in shown(world, [new, new])
    assert "read\n" not in shown(world, [old])
    assert shown(world, []) == ""
    assert shown(world, [new], terminal=True).startswith("┌")


def test_only_others_unread_messages_are_marked(world: Any, message: Make, refuse: Any) -> None:
    world.daemon.answers["message.markRead"] = {"marked_count": 1}
    own = message("CCCCCC", agent_id="furiosa")
    rows = [message("AAAAAA"), message("BBBBBB", is_read=True), own]
    context = world.context([])
    assert reading.mark(context, rows) is None
    assert world.daemon.params("message.markRead")["message_ids"] == [rows[0]["message_id"]]
    world.daemon.requests.clear()
    assert reading.mark(context, rows[1:]) is None
    assert world.daemon.requests == []
    world.daemon.answers["message.markRead"] = refuse("no_session", "none is open")
    assert reading.mark(context, rows) == "not marked as read: none is open"
    context.hang_up()
