"""Columns: which stay, how wide they are, and from which side cells are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.cli.render.paint import Paint
from thrum.cli.render.table import Colour, Column, table
from thrum.cli.render.text import cut_middle, cut_start, one_line, width

LAYOUT = (
    Column("NAME", 6, weight=2, cut=cut_middle),
    Column("SEEN", 4, leaves=2),
    Column("PATH", 6, leaves=1, cut=cut_start),
)
LINES = [["abcdefghijkl", "5m", "src/engine/valve.py"], ["x", "", "a"]]


def shown(columns: int) -> list[str]:
    return table(LAYOUT, LINES, is_plain=False, columns=columns).splitlines()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (80, ["NAME          SEEN  PATH", "abcdefghijkl  5m    src/engine/valve.py"]),
        (30, ["NAME          SEEN  PATH", "abcdefghijkl  5m    …/valve.py"]),
        (20, ["NAME    SEEN  PATH", "abc…kl  5m    …ve.py"]),
        (16, ["NAME      PATH", "abcd…jkl  …ve.py"]),
        (10, ["NAME", "abcde…ijkl"]),
        (4, ["NAME", "ab…l"]),
    ],
)
def test_columns_give_way_where_there_is_no_room(columns: int, expected: list[str]) -> None:
    assert shown(columns)[:2] == expected


def test_programs_get_what_is_said_and_nothing_else() -> None:
    text = table(LAYOUT, LINES, is_plain=True, columns=5)
    assert text == "abcdefghijkl 5m src/engine/valve.py\nx a\n"


def test_a_column_without_a_word_has_no_heading() -> None:
    text = table(LAYOUT, [["x", "", "a"]], is_plain=False, columns=80)
    assert text == "NAME  PATH\nx     a\n"


@pytest.mark.parametrize("columns", [80, 30, 20, 16, 10, 4])
def test_colours_move_nothing(columns: int) -> None:
    colours: list[dict[int, Colour]] = [{0: Paint(is_on=True).you, 2: Paint(is_on=True).bad}, {}]
    painted = table(LAYOUT, LINES, is_plain=False, columns=columns, colours=colours)
    bare = painted.replace("\x1b[36m", "").replace("\x1b[31m", "").replace("\x1b[0m", "")
    assert bare.splitlines() == shown(columns)
    # A heading has none, nor has a row that needs none.
    assert ["\x1b" in line for line in painted.splitlines()] == [False, True, False]
    assert "\x1b" not in table(LAYOUT, LINES, is_plain=True, columns=columns, colours=colours)


@given(
    st.lists(st.tuples(st.text(), st.text(), st.text()), min_size=1, max_size=5),
    st.integers(1, 120),
)
def test_nothing_is_wider_than_the_terminal(
    lines: list[tuple[str, str, str]], columns: int
) -> None:
    cells = [[one_line(cell) for cell in line] for line in lines]
    text = table(LAYOUT, cells, is_plain=False, columns=columns)
    assert all(width(line) <= columns for line in text.split("\n"))
    assert text.count("\n") == len(lines) + 1
