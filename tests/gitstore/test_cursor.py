"""A cursor is stored as a word and read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitstore import Cursor

words = st.text("0123456789abcdef-", max_size=45)


@given(words, words, st.integers(0, 2**60))
def test_a_cursor_comes_back_from_its_text(tip: str, generation: str, offset: int) -> None:
    cursor = Cursor(tip, generation, offset)
    assert Cursor.from_text(cursor.to_text()) == cursor


@pytest.mark.parametrize("text", ["", "a:b", "a:b:c", "a:b:1:2"])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|invalid"):
        Cursor.from_text(text)
