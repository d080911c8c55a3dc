"""Reads a screen. Pure: rows come in, what they are comes out.

Theory of operation. If the runtime's own line is there, with the cursor in it and nothing open
below, then it is what keys go to, and whatever looks like a dialog above it was said by somebody.
Else the screen is a gate, a dialog, a menu, a turn that goes on or a shell, by the first that it
looks like; and else nobody can tell. What nobody can tell is never safe to type at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from thrum.runtimes.screens import choices, table
from thrum.runtimes.screens.choices import Choice
from thrum.runtimes.screens.marks import CHOSEN, WINDOW, Dialog, Line, Marks
from thrum.runtimes.screens.screen import Kind, Prompt, Screen
from thrum.runtimes.screens.shown import Shown

_NEAR: Final = 15
"""Rows above the line in which a turn that goes on is shown."""

_FRAME: Final = re.compile(r"^[\s│┃|]+")
_SHELL: Final = re.compile(r"^.{0,200}[$#%❯] ?$")
_TRUST: Final = re.compile(
    r"trust[\s\S]{0,400}^\W{0,8}1\. Yes[\s\S]{0,200}^\W{0,8}2\. No"
    r"|^\W{0,8}1\. Yes[\s\S]{0,200}^\W{0,8}2\. No[\s\S]{0,400}trust",
    re.IGNORECASE | re.MULTILINE,
)


def read(runtime_name: str, shown: Shown) -> Screen:
    """What a screen is.

    Args:
        runtime_name: whose, by one of its names; one that nobody knows is never idle.
        shown: what stands there.
    """
    marks = table.of(runtime_name)
    line = marks.line(shown)
    return _at(line, marks, shown) if line else _elsewhere(marks, shown)


def window(runtime_name: str, rows: Sequence[str]) -> str:
    """The end of a screen without what moves by itself: the same again is the same state."""
    return _window(table.of(runtime_name), rows)


def _at(line: Line, marks: Marks, shown: Shown) -> Screen:
    """A screen whose keys go to the runtime's own line."""
    above = shown.rows[max(line.top - _NEAR, 0) : line.top]
    if any(marks.busy.search(row) for row in (*above, *shown.rows[line.bottom :])):
        return Screen(Kind.BUSY, "a turn goes on", line=line.text)
    if line.text:
        return Screen(Kind.TYPED, "something stands in the line", line=line.text)
    return Screen(Kind.IDLE, "its line is empty")


def _elsewhere(marks: Marks, shown: Shown) -> Screen:
    text = shown.text
    if marks.gate.search(text) or _TRUST.search(text):
        return Screen(Kind.GATE, "it asks whether the folder is trusted")
    for dialog in marks.dialogs:
        prompt = _prompt(dialog, marks, shown)
        if prompt:
            return Screen(Kind.PERMISSION, "it asks for leave", prompt)
    if choices.is_menu(choices.of(shown.rows)) or marks.menu.search(text):
        return Screen(Kind.MENU, "something is to be chosen")
    if any(marks.busy.search(row) for row in shown.rows[-_NEAR:]):
        return Screen(Kind.BUSY, "a turn goes on")
    if _is_shell(shown):
        return Screen(Kind.SHELL, "a shell is there")
    return Screen(Kind.UNKNOWN, "nobody can tell what it is")


def _prompt(dialog: Dialog, marks: Marks, shown: Shown) -> Prompt | None:
    """The dialog, if it stands at the end of the screen and has a key that allows it once."""
    rows = shown.rows[-WINDOW:]
    if not any(dialog.mark.match(_FRAME.sub("", row)) for row in rows):
        return None
    if dialog.also and not any(dialog.also.search(row) for row in rows):
        return None
    found = choices.of(rows)
    approve = _keys(dialog.approve, choices.number(found, allowing=True))
    deny = dialog.deny and _keys(dialog.deny, choices.number(found, allowing=False))
    if not approve or _is_for_longer(approve, found):
        return None  # a shape that nobody knows: a menu, which is not answered
    return Prompt(
        f"{marks.runtime}.{dialog.name}",
        approve,
        deny or dialog.otherwise,
        _window(marks, shown.rows),
    )


def _keys(keys: tuple[str, ...], number: str) -> tuple[str, ...]:
    """The keys with the number in the place of `CHOSEN`; none where it is wanted and missing."""
    found = tuple(number if each == CHOSEN else each for each in keys)
    return found if all(found) else ()


def _is_for_longer(keys: tuple[str, ...], found: list[Choice]) -> bool:
    """Whether these keys choose what allows more than what is asked for now."""
    return any(
        each.is_for_longer and (each.number in keys or (each.is_chosen and "Enter" in keys))
        for each in found
    )


def _window(marks: Marks, rows: Sequence[str]) -> str:
    return "\n".join(row for row in rows[-WINDOW:] if not marks.volatile.search(row))


def _is_shell(shown: Shown) -> bool:
    """Whether the cursor stands behind a prompt in the last row."""
    last = len(shown.rows) - 1
    is_there = shown.cursor is not None and shown.cursor.row == last
    return last >= 0 and is_there and _SHELL.match(shown.rows[last]) is not None
