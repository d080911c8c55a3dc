"""Where the cursor of a pane is, and what stands beside it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.server import Server
from thrum.errors import ThrumError

MOST_ROWS: Final = 50
"""Rows above a cursor in which its line may begin."""

_QUESTION: Final = "#{history_size} #{cursor_y} #{cursor_x}"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A cursor in its row.

    Attributes:
        history: how many rows tmux keeps above those that are shown.
        row: the number of its row, from the oldest that is kept.
        column: how many columns of it are left of the cursor.
        before: what stands left of it in its row.
        behind: what stands right of it.
    """

    history: int
    row: int
    column: int
    before: str
    behind: str


async def cursor(server: Server, pane: Pane) -> Cursor:
    """Where the cursor is now.

    Raises:
        ThrumError: as `Server.ask`; ``program``, tmux does not say.
    """
    said = await server.ask(("display-message", "-p", "-t", pane.id, _QUESTION))
    numbers = said.split()
    if len(numbers) != 3 or not all(each.isdigit() for each in numbers):
        raise ThrumError("program", f"tmux does not say where the cursor of {pane.target} is")
    history, y, x = map(int, numbers)
    row = ("capture-pane", "-p", "-N", "-t", pane.id, "-S", str(y), "-E", str(y))
    text = (await server.ask(row)).split("\n")[0]
    before, behind = parted(text, x)
    return Cursor(history, history + y, x, before, behind)


async def begun(server: Server, pane: Pane, found: Cursor) -> str:
    """What stands left of a cursor since its line began, in rows above its own as well.

    Args:
        server: where.
        pane: which.
        found: its cursor, as it was just now.

    Raises:
        ThrumError: as `Server.ask`.
    """
    y = found.row - found.history
    if not y:
        return found.before
    ask = (
        "capture-pane",
        "-p",
        "-J",
        "-t",
        pane.id,
        "-S",
        str(max(y - MOST_ROWS, 0)),
        "-E",
        str(y),
    )
    line = (await server.ask(ask)).removesuffix("\n").split("\n")[-1].rstrip()
    row = f"{found.before}{found.behind}".rstrip()
    return line.removesuffix(row) + found.before


async def is_first(server: Server, pane: Pane, found: Cursor) -> bool:
    """Whether nothing stands above the row of a cursor.

    Raises:
        ThrumError: as `Server.ask`.
    """
    y = found.row - found.history
    if found.history or not y:
        return not found.history
    above = ("capture-pane", "-p", "-t", pane.id, "-S", "0", "-E", str(y - 1))
    return not (await server.ask(above)).strip()


async def rows(server: Server, pane: Pane, begin: int) -> str:
    """What a pane shows and keeps, wrapped rows joined.

    Args:
        server: where.
        pane: which.
        begin: the first row: 0 is the first that is shown, -1 the last above it; a later one where
            these are more than can be asked for at once.

    Raises:
        ThrumError: as `Server.reach`.
    """
    begin = max(begin, -await server.reach(pane, max(-begin, 0)))
    return await server.ask(("capture-pane", "-p", "-J", "-t", pane.id, "-S", str(begin)))


def parted(text: str, column: int) -> tuple[str, str]:
    """A row as what stands left of a column, and the rest; wide characters have two columns."""
    width = 0
    for at, each in enumerate(text):
        if width >= column:
            return text[:at], text[at:]
        if not unicodedata.combining(each):
            width += 2 if unicodedata.east_asian_width(each) in {"W", "F"} else 1
    return text, ""
