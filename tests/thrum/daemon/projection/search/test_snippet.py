"""Pieces of texts that show why they were found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.projection.search.query import parse_query
from thrum.daemon.projection.search.snippet import (
    LENGTH,
    READ,
    _marks_of_any,
    _marks_of_ascii,
    snippet,
)


def shown(text: str, query: str) -> str:
    """The snippet, marks in brackets."""
    pieces = snippet(text, list(parse_query(query, 0).phrases()))
    return "".join(f"[{each.text}]" if each.mark else each.text for each in pieces)


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("the JWT token", "jwt", "the [JWT] token"),
        ("the JWT token", '"jwt token"', "the [JWT token]"),
        ("jwt, token", "jwt token", "[jwt], [token]"),
        ("getUserName()", "user", "[getUserName]()"),
        ("Café au lait", "cafe -lait", "[Café] au lait"),
        ("日本語", "本", "日[本]語"),
        ("refresh it", "ref*", "[refresh] it"),
        ("nothing", "else", "nothing"),
        ("", "else", ""),
    ],
)
def test_what_was_asked_for_is_marked(text: str, query: str, found: str) -> None:
    assert shown(text, query) == found


def test_of_a_long_text_it_is_the_piece_around_the_first_mark() -> None:
    text = f"{'before ' * 100}needle{' after' * 100}"
    found = shown(text, "needle")
    assert found.startswith("…before")
    assert "[needle] after" in found
    assert found.endswith("after…")
    assert len(found) < LENGTH + 10


@given(
    st.text("abAB1_ .", max_size=20),
    st.lists(st.text("abAB1_", min_size=1, max_size=6), min_size=1, max_size=3),
    st.sampled_from(["", "*"]),
)
def test_marks_of_plain_texts_are_those_of_any(text: str, words: list[str], star: str) -> None:
    phrases = list(parse_query(" ".join(f"{word}{star}" for word in words), 0).phrases())
    assert sorted(_marks_of_ascii(text, phrases)) == sorted(_marks_of_any(text, phrases))


@pytest.mark.parametrize("text", ["é", "e"])
def test_what_stands_far_behind_is_not_looked_for(text: str) -> None:
    found = shown(f"{text} {'x' * READ} needle", "needle")
    assert found.startswith(text)
    assert "[" not in found
    assert len(found) <= LENGTH + 1
