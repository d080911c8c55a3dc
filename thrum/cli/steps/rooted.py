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

    A path that is there is meant as it is written, whatever its name looks like. An absolute one is
    told from the directory, and so is one that leads through a link, behind which git sees nothing.

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
    found = [_named(each, start, top) for each in said]
    return "" if directory == os.curdir else directory, found


def _named(said: str, start: str, top: str) -> str:
    place = Path(start, said)
    is_there = _is_there(place)
    if "\0" not in said and (is_there or said.startswith("/")):
        whole = behind(place)
        if not whole.is_relative_to(top):
            return _WILD.sub(r"\\\1", said) if is_there else said
        if said.startswith("/") or str(whole) != os.path.normpath(place):
            said = os.path.relpath(whole, start)
    if not is_there:
        return said
    literal = _WILD.sub(r"\\\1", said)
    return f"./{literal}" if ":" in literal else literal


def behind(place: Path) -> Path:
    """The same place by the folders that links lead to; a link itself is a file of its own."""
    return Path(os.path.normpath(Path(os.path.realpath(place.parent), place.name)))


def _is_there(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except (OSError, ValueError):  # no name of a file, so a glob or a key at most
        return False
