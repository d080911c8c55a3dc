"""What a pane shows, as plain rows. A screen is hostile: of everything in it only text stays."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from msgspec import Struct

MOST_ROWS: Final = 400
"""Rows that are looked at, the last ones; no terminal has as many."""

LONGEST_ROW: Final = 1_000
"""Characters of a row; no terminal is as wide."""

_MOST_BYTES: Final = MOST_ROWS * LONGEST_ROW * 8
"""What is not looked at before anything is searched: colours stand between the characters."""

_ESCAPES: Final = re.compile(
    r"\x1b\[[0-?]{0,100}[ -/]{0,10}[@-~]"  # colours, movements
    r"|\x1b[\]PX^_][^\x07\x1b]{0,10000}(?:\x07|\x1b\\)"  # titles, links
    r"|\x1b[ -/]{0,10}[0-~]?"
)
_CONTROL: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


class Cursor(NamedTuple):
    """Where the cursor is, counted from 0 at the top left."""

    row: int
    column: int


class Shown(Struct, frozen=True):
    """A screen.

    Attributes:
        rows: its rows from the top, without blanks at their ends and without blank rows at the end.
        cursor: where the cursor is in them, whether it can be seen or not; None if nobody knows, or
            it is above them.
    """

    rows: tuple[str, ...]
    cursor: Cursor | None = None

    @classmethod
    def of(cls, text: str, cursor: Cursor | None = None) -> Shown:
        """The screen of which tmux says that text.

        Args:
            text: rows, with or without colours.
            cursor: where the cursor is in the rows of the text.
        """
        begin = max(len(text) - _MOST_BYTES, 0)
        lines = text[begin:].replace("\r\n", "\n").split("\n")
        while lines and not _plain(lines[-1]):
            lines.pop()
        above = max(len(lines) - MOST_ROWS, 0)
        rows = tuple(_plain(line) for line in lines[above:])
        row = cursor.row - above - text.count("\n", 0, begin) if cursor else -1
        return cls(rows, cursor._replace(row=row) if cursor and row >= 0 else None)

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.rows)

    def last(self, count: int) -> Shown:
        """The last rows of it, so many; of the cursor nothing."""
        return Shown(self.rows[-count:])


def _plain(line: str) -> str:
    """The text of a row: no colours, no signs that cannot be seen or that turn the direction."""
    bounded = line[: LONGEST_ROW * 8]
    return _CONTROL.sub("", _ESCAPES.sub("", bounded)).rstrip()[:LONGEST_ROW]
