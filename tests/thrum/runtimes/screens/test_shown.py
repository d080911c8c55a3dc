"""Of a screen only text stays, and no more than a terminal can show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.runtimes.screens.shown import LONGEST_ROW, MOST_ROWS, Cursor, Shown


def test_rows_end_where_their_text_ends() -> None:
    assert Shown.of("a  \r\n\r\n b\t\n\n   \n").rows == ("a", "", " b")
    assert Shown.of("").rows == Shown.of(" \n \n").rows == ()


@pytest.mark.parametrize(
    ("said", "row"),
    [
        ("\x1b[38;2;215;119;87m❯ \x1b[0mhello\x1b[7m \x1b[0m", "❯ hello"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Bplain\x0f", "plain"),
        ("a\x1b", "a"),
        ("left\u202eright\u2066!\u200b", "leftright!"),
        ("bell\x07 nul\x00 del\x7f", "bell nul del"),
    ],
)
def test_nothing_stays_but_text(said: str, row: str) -> None:
    assert Shown.of(said).rows == (row,)


def test_the_cursor_counts_in_the_rows_that_are_kept() -> None:
    text = "\n".join(f"row {number}" for number in range(MOST_ROWS + 10))
    shown = Shown.of(text, Cursor(MOST_ROWS + 5, 3))
    assert len(shown.rows) == MOST_ROWS
    assert shown.cursor is not None
    assert shown.rows[shown.cursor.row] == f"row {MOST_ROWS + 5}"
    assert shown.cursor.column == 3


def test_a_cursor_above_the_rows_that_are_kept_is_none() -> None:
    for row in ("row", "x" * (1 << 20)):
        text = f"{row}\n" * (MOST_ROWS + 10)
        assert Shown.of(text, Cursor(9, 0)).cursor is None
        last = Shown.of(text, Cursor(MOST_ROWS + 9, 0))
        assert last.cursor is not None
        assert last.cursor.row == len(last.rows) - 1


def test_rows_of_a_megabyte_are_cut() -> None:
    for row in ("x" * (1 << 20), "\x1b[" * (1 << 19), "\x1b]" + "y" * (1 << 20), "❯" * (1 << 20)):
        shown = Shown.of(f"{row}\nend")
        assert all(len(each) <= LONGEST_ROW for each in shown.rows)
        assert shown.rows[-1] == "end"


@given(st.text(), st.integers(0, 50), st.integers(0, 50))
def test_any_text_is_a_screen(text: str, row: int, column: int) -> None:
    shown = Shown.of(text, Cursor(row, column))
    assert shown.rows[-1:] != ("",)
    assert Shown.of(shown.text).rows == shown.rows
    assert not any(character in shown.text for character in "\x1b\r\x00\u202e")
