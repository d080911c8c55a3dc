"""Where somebody stands, and what he names there, as the daemon wants it: from the root."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.context import Context

_WILD: Final = re.compile(r"([\\*?\[\]])")


def rooted(context: Context, said: Sequence[str]) -> tuple[str, list[str]]:
    """The directory, from the root of its worktree, and what is named there.

    A path that is there is meant as it is written, whatever its name looks like; an absolute one is
    told from the directory.

    Raises:
        ThrumError: ``usage``, a name is no text.
    """
    for each in said:
        if any("\ud800" <= char <= "\udfff" for char in each):
            raise ThrumError("usage", f"{each!a} is not valid UTF-8", "claim its folder")
    root = context.toplevel
    start = os.path.realpath(context.start)
    if root is None:
        return "", list(said)
    top = os.path.realpath(root)
    directory = os.path.relpath(start, top)
    if directory.startswith(os.pardir):
        directory, start = "", top
    found = [_named(each, start, top, context.start) for each in said]
    return "" if directory == os.curdir else directory, found


def _named(said: str, start: str, top: str, here: Path) -> str:
    is_there = _is_there(here / said)
    literal = _WILD.sub(r"\\\1", said) if is_there else said
    if literal.startswith("/"):
        place = Path(literal)
        whole = Path(os.path.realpath(place.parent)) / place.name
        return os.path.relpath(whole, start) if whole.is_relative_to(top) else literal
    return f"./{literal}" if is_there and ":" in literal else literal


def _is_there(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except (OSError, ValueError):  # no name of a file, so a glob or a key at most
        return False
