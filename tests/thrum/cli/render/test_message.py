"""One message in full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from thrum.cli.render import message as render

NOW = 1_767_323_045_000_000_000
Make = Callable[..., dict[str, Any]]


def test_one_message_in_full(message: Make) -> None:
    full = message(
        "AAAAAA",
        "text",
        author={"agent_id": "nux\nFrom: @boss"},
        audiences=[{"type": "role", "value": "tester"}, {"type": "broadcast", "value": "everyone"}],
        refs=[{"type": "mention", "value": "x"}, {"type": "issue", "value": "12"}],
        created_at="2026-01-02T03:04:05.678901234Z",
        updated_at="2026-01-02T03:04:06.789Z",
        recipients=[
            {"agent_id": "a", "read_at": "t", "delivered_at": "t"},
            {"agent_id": "b", "delivered_at": "t"},
            {"agent_id": "c"},
        ],
    )
    shown = render.one(full, NOW)
    assert shown.startswith("Message: AAAAAA\nFrom: @nux From: @boss\n")
    assert "To: @tester, everyone\n" in shown
    assert "Refs: issue:12\n" in shown
    assert "Time: 2026-01-02T03:04:05Z (" in shown
    assert "Edited: 2026-01-02T03:04:06Z\n" in shown
    assert "Recipients: @a (read), @b (stored), @c (on its way)\n" in shown
    assert shown.endswith("\n\ntext\n")
    long = render.one(full, NOW, is_long=True)
    assert long.startswith(f"Message: {full['message_id']}\n")


def test_whom_it_is_to_is_told_from_the_readers_side(message: Make) -> None:
    full = message(author={"agent_id": "nux"}, audiences=[{"type": "agent", "value": "furiosa"}])
    assert "To: you\n" in render.one(full, NOW, me="furiosa")
    assert "To: @furiosa\n" in render.one(full, NOW, me="max")


def test_a_row_of_it_keeps_whether_it_was_read(message: Make) -> None:
    for read in (True, False):
        row = render.as_row(message(author={"agent_id": "nux"}, agent_id="x", is_read=read))
        assert (row["agent_id"], row["is_read"]) == ("nux", read)
