"""Screens of OpenCode.

Its line is a block with a bar at its left and an edge below; the last row of the block names the
agent and the model. Whatever else is open has the cursor elsewhere, or takes the block's place.
"""

from __future__ import annotations

import re
from typing import Final

from thrum.runtimes.screens.marks import Dialog, Line, Marks
from thrum.runtimes.screens.shown import Shown

_EDGE: Final = re.compile(r"^( *)╹(▀{20,})")
_HINT: Final = re.compile(r"Ask anything(?:…|\.\.\.)")
_INDENT: Final = 3
"""Columns from the bar to the text."""

_MOST_BELOW: Final = 26
"""Rows below the block: on the first page it stands in the middle."""


def line(shown: Shown) -> Line | None:
    """The block above the last edge, if the cursor is in it, but not in its last row."""
    edges = [(at, found) for at, row in enumerate(shown.rows) if (found := _EDGE.match(row))]
    if not edges or shown.cursor is None or len(shown.rows) - edges[-1][0] > _MOST_BELOW:
        return None
    bottom, edge = edges[-1]
    left, width = len(edge[1]), len(edge[2])
    top = bottom
    while (
        top
        and shown.rows[top - 1][left : left + 1] == "┃"
        and not shown.rows[top - 1][:left].strip()
    ):
        top -= 1
    block = [row[left + 1 : left + 1 + width].strip() for row in shown.rows[top:bottom]]
    is_there = top <= shown.cursor.row < bottom - 1 and left < shown.cursor.column <= left + width
    if len(block) < 3 or not is_there or not block[-1]:
        return None
    text = "\n".join(block[:-1]).strip()
    at_start = shown.cursor.column == left + _INDENT
    return Line("" if at_start and _HINT.match(text) else text, top, bottom + 1)


MARKS: Final = Marks(
    "opencode",
    versions=("1.18.33",),
    line=line,
    busy=re.compile(r"\besc (?:again to )?interrupt\b"),
    dialogs=(
        Dialog(
            "permission_required",
            re.compile(r"△ Permission required"),
            ("Enter",),
            ("Escape",),  # ``End`` leaves what is chosen as it is, and ``Enter`` would allow it
        ),
    ),
    # Who chose to allow it for longer is asked once more.
    menu=re.compile(r"△ Always allow|⇆ select|\S {5,}esc(?! +interrupt)\b"),
    volatile=re.compile(r"[⬝■]{4,}|\besc (?:again to )?interrupt\b"),
)
