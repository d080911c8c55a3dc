"""What fits into an answer, and what is said where something does not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import examples
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


def test_a_wrong_signature_is_told_and_another_is_not() -> None:
    found = mail.shown({**row("hi"), "signature": "wrong", "signature_why": "an unknown key"})
    assert found["signature"] == "WRONG, somebody else may have written it: an unknown key"
    assert "signature" not in mail.shown({**row("hi"), "signature": "verified"})


@pytest.mark.parametrize("broken", [{}, {"body": None}, {"body": "x"}, {"body": {"content": None}}])
def test_a_row_that_lacks_something_is_shown_all_the_same(broken: dict[str, Any]) -> None:
    assert mail.shown(broken)["content"] == ""


def test_what_was_sent_for_programs_only_is_shown_as_that() -> None:
    assert mail.content(row("", structured={"k": "ü"})) == '{"k": "ü"}'
    assert mail.content(row("text", structured={"k": 1})) == "text"
    assert mail.content(row("", structured='{"k":1}')) == '{"k":1}'


@pytest.mark.parametrize(
    ("letter", "size"), [("x", 1), ("é", 2), ("字", 3), ("\U0001f680", 4), ("\n", 2), ("\x01", 6)]
)
def test_a_text_that_is_too_long_is_cut_and_says_how_to_get_it_all(letter: str, size: int) -> None:
    """By what it takes in an answer: some letters are several bytes, and some are spelled."""
    count = mail.MOST // size
    assert mail.shown(row(letter * (count - 2)))["content"] == letter * (count - 2)
    found = mail.shown(row(letter * (count + 10)))["content"]
    assert found.startswith(f"{letter * count}\n[cut here: {count:,} of {count + 10:,} characters;")
    assert "thrum message get msg_1" in found


def size_of(rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(len(json.dumps(mail.shown(each), ensure_ascii=False).encode()) for each in rows)


@pytest.mark.parametrize("kept", range(1, 6))
def test_as_many_are_taken_as_fit_and_always_one(kept: int) -> None:
    rows = [row("x" * 50), row("字" * 30), row(""), row('"' * 20), row("x" * 300)]
    assert mail.fitting(rows, size_of(rows[:kept])) == rows[:kept]
    assert mail.fitting(rows, size_of(rows[:kept]) - 1) == rows[: max(kept - 1, 1)]
    assert mail.fitting([], 10) == []


@settings(max_examples=examples(15))
@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 2 * mail.MOST)), max_size=6))
def test_no_answer_is_larger_than_runtimes_take(parts: list[tuple[str, int]]) -> None:
    """Neither by long texts in whatever letters, nor by what stands around many short ones."""
    many = [row(text * (length // max(len(text), 1))) for text, length in parts]
    many += [row("ok") for _ in range(500)]
    found = mail.fitting(many)
    assert found == many[: len(found)]
    assert found
    assert len(found) == 1 or size_of(found) <= mail.MOST
    assert size_of(found) <= mail.MOST + 500
