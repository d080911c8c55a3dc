"""By what one knows the screens of one runtime: data and pure functions, a module each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from thrum.runtimes.screens.shown import Shown

WINDOW: Final = 15
"""Rows at the end in which a dialog is looked for."""

CHOSEN: Final = "number"
"""Stands for the number of the choice that allows this once, or that denies."""


class Dialog(Struct, frozen=True):
    """How a dialog that asks for leave looks.

    Attributes:
        name: its own, behind the runtime's: ``tool_confirmation``.
        mark: what one of its rows begins with, behind bars and blanks.
        approve: the keys that allow it this once; `CHOSEN` where choices have numbers.
        deny: the keys that deny it, likewise; None where there are none.
        also: what has to stand there besides; None if nothing has.
        otherwise: the keys that deny it where no choice does.
    """

    name: str
    mark: re.Pattern[str]
    approve: tuple[str, ...]
    deny: tuple[str, ...] | None
    also: re.Pattern[str] | None = None
    otherwise: tuple[str, ...] | None = None


class Line(Struct, frozen=True):
    """The line in which somebody says something to a runtime.

    Attributes:
        text: what stands there; empty where it waits.
        top: the number of its first row, frames included.
        bottom: the number of the row behind its last one, frames included.
    """

    text: str
    top: int
    bottom: int


def no_line(_shown: Shown) -> Line | None:
    """Nobody knows how the line looks, so nothing is ever typed there."""
    return None


NEVER: Final = re.compile(r"(?!)")


class Marks(Struct, frozen=True):
    """One runtime.

    Attributes:
        runtime: its name.
        versions: of which its screens were recorded; empty where it is as others tell it.
        line: where its line is, if it is there and nothing else is open; what stands in it.
        busy: what stands around the line during a turn, in one of the rows near to it.
        dialogs: which ask for leave.
        gate: asks whether the folder is trusted, anywhere on the screen.
        menu: asks for some other choice, anywhere on the screen.
        volatile: rows that change by themselves.
    """

    runtime: str
    versions: tuple[str, ...] = ()
    line: Callable[[Shown], Line | None] = no_line
    busy: re.Pattern[str] = NEVER
    dialogs: tuple[Dialog, ...] = ()
    gate: re.Pattern[str] = NEVER
    menu: re.Pattern[str] = NEVER
    volatile: re.Pattern[str] = NEVER

    @property
    def has_line(self) -> bool:
        """Whether anybody knows how its line looks."""
        return self.line is not no_line
