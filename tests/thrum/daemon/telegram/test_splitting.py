"""Long texts in pieces: none too long, nothing lost, nothing cut that belongs together."""

from __future__ import annotations

import html
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import examples
from thrum.daemon.telegram import markup, splitting
from thrum.daemon.telegram.splitting import pieces, units

SPEECH = st.lists(
    st.sampled_from(
        [
            *("word", "**b**", "`co de`", "```py\n", "```\n", "~~~~\n", "\n", "\n\n", " "),
            *("😀", "e\u0301", "👩\u200d💻", "_i t_", "[a](https://x.y)", "<&>", "#  h", "*", "`"),
            "x" * 40,
        ]
    ),
    max_size=80,
).map("".join)


def solid(text: str) -> str:
    """A text without what a cut may take or add: breaks, and fences."""
    return re.sub(r"[\s`~]", "", text).replace("py", "")


@settings(max_examples=examples(300), deadline=None)
@given(SPEECH, st.integers(64, 200))
def test_no_piece_is_too_long_and_nothing_is_lost(text: str, limit: int) -> None:
    found = pieces(text, limit, most=10**6)
    assert all(units(each) <= limit for each in found)
    assert solid("".join(found)) == solid(text)


@settings(max_examples=examples(100), deadline=None)
@given(SPEECH, st.integers(64, 200))
def test_what_people_see_is_no_longer_than_what_was_split(text: str, limit: int) -> None:
    for each in pieces(text, limit):
        seen = html.unescape(re.sub(r"<[^>]*>", "", markup.html(each)))
        assert units(seen) <= limit


@settings(max_examples=examples(100), deadline=None)
@given(SPEECH, st.integers(64, 200))
def test_of_many_pieces_the_last_says_where_the_rest_is(text: str, limit: int) -> None:
    found = pieces(text, limit, most=2, rest="... more")
    assert len(found) <= 2
    assert all(units(each) <= limit for each in found)
    if len(pieces(text, limit, most=10**6)) > 2:
        assert found[-1].endswith("... more")


def test_a_paragraph_comes_before_a_line_and_a_line_before_a_word() -> None:
    paragraph = "a" * 40 + "\n\n" + "b b\n" * 5 + "c" * 30
    assert pieces(paragraph, 64)[0] == "a" * 40
    assert pieces("a" * 40 + "\n" + "b " * 30, 64)[0] == "a" * 40
    assert pieces("a " * 60, 64)[0] == ("a " * 32).rstrip()


def test_a_fence_that_is_cut_is_closed_and_opened_again() -> None:
    first, second, *_ = pieces("```py\n" + "x = 1\n" * 30 + "```", 80)
    assert first.startswith("```py\n")
    assert first.endswith("\n```")
    assert second.startswith("```py\n")


def test_neither_a_pair_nor_an_entity_nor_a_cluster_is_cut() -> None:
    assert all(units(each) <= 64 for each in pieces("😀" * 200, 64))
    assert pieces("x" * 50 + " **" + "b " * 10 + "b** end", 64)[0].rstrip() == "x" * 50
    assert not [each for each in pieces("e\u0301" * 100, 65) if each.startswith("\u0301")]


def test_a_short_text_stays_as_it_is() -> None:
    assert pieces("") == [""]
    assert pieces("x" * splitting.LIMIT) == ["x" * splitting.LIMIT]
