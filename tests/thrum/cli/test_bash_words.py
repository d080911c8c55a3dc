"""Cutting a line into words, and writing words for one."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.cli import bash_words

PRINTABLE = st.text(min_size=1).filter(str.isprintable)


@pytest.mark.parametrize(
    ("line", "words", "quote"),
    [
        ("", [""], ""),
        ("thrum ", ["thrum", ""], ""),
        ("thrum send", ["thrum", "send"], ""),
        ("a 'b c", ["a", "b c"], "'"),
        ('a "b\\" c', ["a", 'b" c'], '"'),
        ("a b\\ c", ["a", "b c"], ""),
        ("a b\\", ["a", "b"], ""),
        ("a ''", ["a", ""], ""),
        ("a --to=@b", ["a", "--to=@b"], ""),
        ('"a\\b"', ["a\\b"], ""),
    ],
)
def test_a_line_is_cut_as_far_as_it_is_typed(line: str, words: list[str], quote: str) -> None:
    assert bash_words.split(line) == (words, quote)


@given(st.lists(PRINTABLE, min_size=1))
def test_whole_words_are_cut_as_a_shell_does(words: list[str]) -> None:
    assert bash_words.split(shlex.join(words)) == (words, "")


@given(PRINTABLE)
def test_what_is_written_reads_as_the_value(value: str) -> None:
    text = bash_words.written(value, "")
    assert text is not None
    assert shlex.split(text, comments=False) == [value]
    assert bash_words.split(text) == ([value], "")


@given(PRINTABLE, st.sampled_from("'\""))
def test_within_a_quote_only_what_means_itself(value: str, quote: str) -> None:
    text = bash_words.written(value, quote)
    if text is None:
        assert set(value) & set("'\"\\$`!*?[]{}()<>|&;#~^") or not value.isascii()
    else:
        assert shlex.split(f"{quote}{text}{quote}") == [value]


@given(st.text())
def test_any_line_has_a_last_word(line: str) -> None:
    words, quote = bash_words.split(line)
    assert words
    assert quote in {"", "'", '"'}
