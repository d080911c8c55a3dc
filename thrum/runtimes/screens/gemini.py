"""Screens of Gemini CLI."""

from __future__ import annotations

import re
from typing import Final

from thrum.runtimes.screens import boxed
from thrum.runtimes.screens.marks import CHOSEN, Dialog, Line, Marks
from thrum.runtimes.screens.shown import Shown

_MOST_BELOW: Final = 5


def line(shown: Shown) -> Line | None:
    """The line between the last two half rules, if the cursor is in it."""
    found = boxed.line(shown, "▄", "▀", _MOST_BELOW)
    is_there = found and shown.cursor and found.top < shown.cursor.row < found.bottom
    return found if is_there else None


MARKS: Final = Marks(
    "gemini",
    versions=("0.61.0",),
    line=line,
    busy=re.compile(r"\besc to cancel\b|^\s{0,2}[⠁-⣿] \S"),
    dialogs=(
        Dialog(
            "tool_confirmation",
            re.compile(r"(?:Allow|Apply this change)\b.{0,300}\?"),
            (CHOSEN,),
            ("Escape",),
        ),
    ),
    gate=re.compile(r"Do you trust (?:this|the|the files in this) folder", re.IGNORECASE),
    menu=re.compile(r"Enter to select\b|Use Enter to ", re.IGNORECASE),
    volatile=re.compile(r"^\s{0,2}[⠁-⣿] |esc to cancel"),
)
