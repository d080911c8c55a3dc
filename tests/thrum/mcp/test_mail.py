"""What fits into an answer, and what is said where something does not."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.mcp import mail


def row(text: str, **body: Any) -> dict[str, Any]:
    return {"message_id": "msg_1", "agent_id": "nux", "body": {"content": text, **body}}


def test_a_message_has_the_fields_of_older_programs() -> None:
    found = mail.shown({**row("hi"), "created_at": "2026-01-02T03:04:05Z", "is_read": False})
    assert found == {
        "message_id": "msg_1",
        "from": "nux",
        "content": "hi",
        "timestamp": "2026-01-02T03:04:05Z",
    }


@pytest.mark.parametrize("broken", [{}, {"body": None}, {"body": "x"}, {"body": {"content": None}}])
def test_a_row_that_lacks_something_is_shown_all_the_same(broken: dict[str, Any]) -> None:
    assert mail.shown(broken)["content"] == ""


def test_what_was_sent_for_programs_only_is_shown_as_that() -> None:
    assert mail.content(row("", structured={"k": "ü"})) == '{"k": "ü"}'
    assert mail.content(row("text", structured={"k": 1})) == "text"
    assert mail.content(row("", structured='{"k":1}')) == '{"k":1}'


def test_a_text_that_is_too_long_is_cut_and_says_how_to_get_it_all() -> None:
    text = "é" * (mail.MOST + 10)
    found = mail.shown(row(text))["content"]
    assert found.startswith("é" * mail.MOST + "\n[cut here: ")
    assert "thrum message get msg_1" in found


@pytest.mark.parametrize(
    ("lengths", "most", "kept"),
    [([], 10, 0), ([5, 5], 10, 2), ([5, 6], 10, 1), ([50, 1], 10, 1), ([0] * 9, 10, 9)],
)
def test_as_many_are_taken_as_fit_and_always_one(lengths: list[int], most: int, kept: int) -> None:
    rows = [row("x" * length) for length in lengths]
    assert mail.fitting(rows, most) == rows[:kept]
