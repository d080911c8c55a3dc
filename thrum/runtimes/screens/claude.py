"""Screens of Claude Code.

Its line stands between two rules; the row below says what keys do, and disappears while something
is typed. A dialog or a menu takes the place of the line.
"""

from __future__ import annotations

import re
from typing import Final

from thrum.runtimes.screens import choices
from thrum.runtimes.screens.marks import CHOSEN, Dialog, Line, Marks
from thrum.runtimes.screens.shown import Shown

_RULE: Final = re.compile("─{20}")
_ARROW: Final = re.compile(r"❯(?:[ \xa0](.*))?$")
_HINT: Final = re.compile(r'Try ["“].{1,200}["”]$')
_MOST_BELOW: Final = 8
"""Rows below the line: keys, a status line of the person's own, what works in the background."""


def line(shown: Shown) -> Line | None:
    """The line between the last two rules, if the cursor is in it and nothing is open below."""
    rules = [at for at, row in enumerate(shown.rows) if _RULE.match(row)]
    if len(rules) < 2 or shown.cursor is None:
        return None
    top, bottom = rules[-2:]
    first, *more = shown.rows[top + 1 : bottom] or ("",)
    found = _ARROW.match(first)
    below = shown.rows[bottom + 1 :]
    is_open = len(below) > _MOST_BELOW or choices.is_menu(choices.of(below))
    if found is None or is_open or not top < shown.cursor.row < bottom:
        return None
    text = "\n".join([found[1] or "", *more]).strip()
    at_start = shown.cursor == (top + 1, 2)
    return Line("" if at_start and _HINT.match(text) else text, top, bottom + 1)


MARKS: Final = Marks(
    "claude",
    versions=("2.1.197",),
    line=line,
    busy=re.compile(r"esc to interrupt|^\s{0,4}[·✢✳✶✻✽*∗] {1,2}\S.{0,60}(?:…|\.\.\.)"),
    dialogs=(
        Dialog(
            "tool_confirmation",
            re.compile(r"⎿?\s*Do you want to \S.{0,300}\?"),
            (CHOSEN,),
            (CHOSEN,),
            also=re.compile(
                r"❯ \d\.|Esc to cancel · Tab to amend|No, and tell Claude what to do differently"
            ),
            otherwise=("Escape",),
        ),
    ),
    gate=re.compile(r"Quick safety check[\s\S]{0,500}trust this folder"),
    menu=re.compile(r"^\s{0,4}(?:Enter to (?:confirm|select|set)|↑/↓ to ).{0,80}", re.MULTILINE),
    volatile=re.compile(
        r"^\s*\S? ?(?:Cogitat|Workin|Think|Plann|Analyz)|^\s*[·✢✳✶✻✽*∗] {1,2}\S.{0,60}(?:…|\.\.\.)"
        r"|\(\d+s · (?:esc|⚒|[↑↓])|Ctx: .*\| Block: "
    ),
)
