"""Rows in columns: as wide as they need to be, narrower or fewer where the terminal is narrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from thrum.cli.render.text import cut, pad, width

_GAP: Final = 2

Colour = Callable[[str], str]
"""Makes a text coloured, as `thrum.cli.render.paint.Paint` does."""


class Column(NamedTuple):
    """How a column is treated where not all have room.

    Attributes:
        heading: its name, in the first row.
        least: it is not made narrower than this.
        leaves: the highest one is left out first; 0 never.
        weight: how much of what there is it gets, beside the others.
        cut: shortens a cell, from the side that says least.
    """

    heading: str
    least: int
    leaves: int = 0
    weight: int = 1
    cut: Callable[[str, int], str] = cut


def table(
    layout: Sequence[Column],
    lines: Sequence[Sequence[str]],
    *,
    is_plain: bool,
    columns: int,
    colours: Sequence[Mapping[int, Colour]] = (),
) -> str:
    """Rows of cells, a line each.

    For programs the cells that say something, one space between them. For people in columns under
    headings; a column that is empty in every row is left out.

    Args:
        layout: the columns.
        lines: a cell for each column; one line each, without control characters.
        is_plain: whether a program reads.
        columns: of the terminal.
        colours: for each line what colours which cells; nothing is coloured for programs.
    """
    if is_plain:
        return "".join(" ".join(cell for cell in line if cell) + "\n" for line in lines)
    shown = [n for n in range(len(layout)) if any(line[n] for line in lines)]
    widths = _widths(layout, lines, shown, columns)
    while sum(widths.values()) + _GAP * (len(widths) - 1) > columns:
        leaving = max(shown, key=lambda n: layout[n].leaves)
        if not layout[leaving].leaves:
            break
        shown.remove(leaving)
        widths = _widths(layout, lines, shown, columns)
    out = []
    rows = [[column.heading for column in layout], *lines]
    painting: Sequence[Mapping[int, Colour]] = [{}, *(colours or [{}] * len(lines))]
    for line, colour in zip(rows, painting, strict=True):
        cells = {n: pad(layout[n].cut(line[n], wide), wide) for n, wide in widths.items()}
        text = (" " * _GAP).join(cells.values()).rstrip()
        if colour and width(text) <= columns:
            painted = [_painted(cell, colour.get(n)) for n, cell in cells.items()]
            out.append((" " * _GAP).join(painted).rstrip() + "\n")
        else:
            out.append(cut(text, columns) + "\n")
    return "".join(out)


def _painted(cell: str, colour: Colour | None) -> str:
    """The cell's text in its colour, and the room behind it as it is."""
    text = cell.rstrip()
    return colour(text) + cell[len(text) :] if colour else cell


def _widths(
    layout: Sequence[Column], lines: Sequence[Sequence[str]], shown: Sequence[int], columns: int
) -> dict[int, int]:
    """The width of each column that is shown: its own, or narrower, the widest giving first."""
    widths = {
        n: min(max(width(layout[n].heading), *(width(line[n]) for line in lines)), columns)
        for n in shown
    }
    room = columns - _GAP * (len(shown) - 1)
    while sum(widths.values()) > room:
        wide = [n for n in shown if widths[n] > max(layout[n].least, width(layout[n].heading))]
        if not wide:
            break
        widths[max(wide, key=lambda n: widths[n] / layout[n].weight)] -= 1
    return widths
