"""How a file changes, so that a person sees in a moment what is put in or taken out."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Final

from thrum.cli.render.paint import Paint
from thrum.cli.render.text import visible

_LONG: Final = 160
"""Characters beyond which a line says too much at once to be compared as a whole."""


def lines(paint: Paint, before: str, after: str) -> list[str]:
    """The lines that differ, each with its sign, and one of what is around them."""
    return [_painted(paint, line) for line in _changes(before, after)]


def _changes(before: str, after: str) -> Iterator[str]:
    one, other = before.splitlines(), after.splitlines()
    found = _compared(one, other)
    if any(len(line) > _LONG for line in found):
        # A file of one line: its values are what changes.
        found = _compared(_spread(before) or one, _spread(after) or other)
    for line in found:
        yield line if len(line) <= _LONG else f"{line[: _LONG - 1]}…"


def _compared(before: list[str], after: list[str]) -> list[str]:
    found = list(difflib.unified_diff(before, after, n=1, lineterm=""))[2:]
    return [line for line in found if not line.startswith("@@")]


def _spread(text: str) -> list[str]:
    """A JSON text line by line; nothing where it is none."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False).splitlines()
    except ValueError:
        return []


def _painted(paint: Paint, line: str) -> str:
    shown = visible(line)
    if line.startswith("+"):
        return paint.good(shown)
    return paint.bad(shown) if line.startswith("-") else shown
