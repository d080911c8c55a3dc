"""Screens of Codex.

Its line begins with an arrow at the left edge and ends with a blank row. A dialog or a menu takes
its place and has the cursor elsewhere.
"""

from __future__ import annotations

import re
from typing import Final

from thrum.runtimes.screens import choices
from thrum.runtimes.screens.marks import CHOSEN, Dialog, Line, Marks
from thrum.runtimes.screens.shown import Shown

_ARROW: Final = re.compile(r"›(?: (.*))?$")
_HINTS: Final = frozenset(
    {
        "Ask Codex to do anything",
        "Explain this codebase",
        "Summarize recent commits",
        "Implement {feature}",
        "Find and fix a bug in @filename",
        "Write tests for @filename",
        "Improve documentation in @filename",
        "Run /review on my current changes",
        "Use /skills to list available skills",
    }
)
_MOST_BELOW: Final = 6


def line(shown: Shown) -> Line | None:
    """The line behind the last arrow, if the cursor is in it and only a few rows stand below."""
    starts = [at for at, row in enumerate(shown.rows) if _ARROW.match(row)]
    if not starts or shown.cursor is None:
        return None
    top = starts[-1]
    blank = (at for at in range(top + 1, len(shown.rows)) if not shown.rows[at])
    bottom = next(blank, len(shown.rows))
    is_near = len(shown.rows) - bottom <= _MOST_BELOW
    is_there = top <= shown.cursor.row < bottom and shown.cursor.column >= 2
    if not (is_near and is_there) or choices.is_menu(choices.of(shown.rows[top:])):
        return None
    text = "\n".join([shown.rows[top][1:], *shown.rows[top + 1 : bottom]]).strip()
    at_start = shown.cursor == (top, 2)
    return Line("" if at_start and text in _HINTS else text, top, bottom)


MARKS: Final = Marks(
    "codex",
    versions=("0.171.0",),
    line=line,
    busy=re.compile(r"esc to interrupt|^\s{0,2}• \S.{0,80}\(\d+[hms]"),
    dialogs=(
        Dialog(
            "tool_confirmation",
            re.compile(
                r"Would you like to (?:run the following command|make the following edits)\?"
            ),
            (CHOSEN,),
            (CHOSEN,),
            otherwise=("Escape",),
        ),
    ),
    gate=re.compile(
        r"Do you trust the contents of this directory|Trust this folder\?[\s\S]{0,500}\b1\. Trust"
    ),
    menu=re.compile(r"^\s{0,4}enter (?:select|continue|confirm)\b", re.MULTILINE | re.IGNORECASE),
    volatile=re.compile(r"^\s*\S? ?Working \(\d+|\(\d+[hms][^)]{0,20} • esc to interrupt"),
)
