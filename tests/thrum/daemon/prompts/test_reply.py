"""What counts as an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.prompts.reply import meaning

WORDS = {
    **dict.fromkeys(("y", "yes", "approve", "allow", "a"), True),
    **dict.fromkeys(("n", "no", "deny", "d"), False),
}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("shape", ["{}", " {}\n", "\t{}\r\n"])
def test_these_words_are_answers_however_they_are_written(word: str, shape: str) -> None:
    assert meaning(shape.format(word)) is WORDS[word]
    assert meaning(shape.format(word.upper())) is WORDS[word]


@given(st.text())
def test_nothing_else_is_one(text: str) -> None:
    assert meaning(text) is WORDS.get(text.strip().lower())


@given(st.sampled_from(sorted(WORDS)), st.text(min_size=1).filter(str.strip))
def test_nothing_that_goes_on_is_one(word: str, more: str) -> None:
    assert meaning(f"{word} {more}") is None
