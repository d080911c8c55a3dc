"""The log in columns, for people; as more comes, it goes below in the same columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from thrum.cli.render import events
from thrum.cli.render.events import Document
from thrum.cli.render.table import Column, table
from thrum.cli.render.text import cut, cut_middle, pad, width

_LAYOUT: Final = (
    Column("ID", 6),
    Column("TIME", 4, leaves=1),
    Column("BY", 6, cut=cut_middle),
    Column("EVENT", 20, weight=6),
)
_BY: Final = 2
_WIDEST_NAME: Final = 24
"""Columns that a name may take: the columns that it opened stay as wide."""


class LogTable:
    """Pages of the log below one row of headings, each column as wide as on the pages before.

    Args:
        columns: of the terminal.
    """

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._widths = [0] * len(_LAYOUT)
        self._is_begun = False

    def page(self, documents: Iterable[Document]) -> str:
        """The entries, a line each; the headings come before the first one."""
        rows = [self._row(each) for each in events.told(documents, self._columns)]
        if not rows:
            return ""
        for n in range(len(_LAYOUT) - 1):
            self._widths[n] = max(self._widths[n], *(width(row[n]) for row in rows))
        layout = [
            # A heading as wide as the column was keeps it from becoming narrower.
            column._replace(heading=pad(column.heading, max(wide, len(column.heading))))
            for column, wide in zip(_LAYOUT, self._widths, strict=True)
        ]
        text = table(layout, rows, is_plain=False, columns=self._columns)
        was_begun, self._is_begun = self._is_begun, True
        return text.partition("\n")[2] if was_begun else text

    def _row(self, told: events.Told) -> list[str]:
        name, time, mark, who, words = told
        # Cut before it is measured again and again: a message may be long.
        by = cut_middle(f"@{who}" if who else "", _WIDEST_NAME)
        if self._widths[_BY]:
            by = by or " "  # the column stays, though a page needs none
        return [name, time, by, cut(f"{mark}{words}", self._columns)]
