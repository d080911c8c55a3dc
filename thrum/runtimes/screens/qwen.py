"""Screens of Qwen Code."""

from __future__ import annotations

import re
from typing import Final

from thrum.runtimes.screens import boxed
from thrum.runtimes.screens.marks import CHOSEN, Dialog, Line, Marks
from thrum.runtimes.screens.shown import Shown

_MOST_BELOW: Final = 4


def line(shown: Shown) -> Line | None:
    """The line between the last two rules."""
    return boxed.line(shown, "─", "─", _MOST_BELOW)


MARKS: Final = Marks(
    "qwen",
    versions=("0.15.10",),
    line=line,
    busy=re.compile(r"\(\d[^)]{0,20}esc to cancel|\besc to cancel\b|^\s{0,2}[⠁-⣿] \S"),
    dialogs=(
        Dialog(
            "tool_confirmation",
            re.compile(r"(?:Allow|Apply this change|Do you want to proceed)\b.{0,300}\?"),
            (CHOSEN,),
            ("Escape",),
        ),
    ),
    gate=re.compile(r"Do you trust (?:this|the) folder", re.IGNORECASE),
    menu=re.compile(r"Enter to select\b|Use Enter to ", re.IGNORECASE),
    volatile=re.compile(r"^\s{0,2}[⠁-⣿] |esc to cancel"),
)
