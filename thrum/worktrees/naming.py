"""What a worktree may be called, and where it lies.

Its name becomes a folder, a part of a branch and often an agent, so it is what all three may be.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from thrum import git_place, names
from thrum.errors import ThrumError

LONGEST_BASE: Final = 200
"""Bytes of the folder in which worktrees are made."""

LONGEST_PATH: Final = 255
"""Bytes of a worktree's whole path: runtimes and sockets make names of it."""

_KEY: Final = "worktrees.base_path"


def check(name: str) -> str:
    """The name, if a worktree may bear it.

    Raises:
        ThrumError: ``usage`` with what is wrong.
    """
    if "/" in name or "\\" in name or ".." in name:
        text = f"the worktree name {name!a} may hold no '/', no '\\' and no '..'"
        raise ThrumError("usage", text, "give one word; where it lies is the configuration's")
    if ":" in name:
        raise ThrumError("usage", f"the worktree name {name!a} may hold no ':'")
    try:
        return names.check_agent_name(name)
    except ThrumError as error:
        text = error.message.replace("agent name", "name").replace("name", "worktree name", 1)
        raise ThrumError("usage", _ascii(text), _spelled(name) or error.hint) from None


def _ascii(text: str) -> str:
    """The sentence without letters that could turn it around or look like others."""
    return text.encode("ascii", "backslashreplace").decode()


def _spelled(name: str) -> str:
    """How the name may be written, if small letters are all that it needs."""
    small = name.lower()
    try:
        names.check_agent_name(small)
    except ThrumError:
        return ""
    return f"small letters will do: {small}" if ":" not in small else ""


def base(configured: str, repository: Path, repository_name: str, home: str) -> Path:
    """The folder in which a repository's worktrees are made.

    Args:
        configured: ``worktrees.base_path``; empty for the usual place in the person's home.
        repository: from where a relative path counts.
        repository_name: what the folder is called at last.
        home: the person's home; empty if unknown.

    Raises:
        ThrumError: ``usage``, nobody knows where; ``config``, the configured folder cannot be one.
    """
    if not home and (not configured or configured.startswith("~")):
        raise ThrumError("usage", f"HOME is not set, and {_KEY} names no absolute folder")
    text = configured or "~/.thrum/worktrees"
    if text == "~" or text.startswith("~/"):
        text = f"{home}{text[1:]}"
    folder = git_place.real(repository / text)
    if folder.name != repository_name:
        folder /= repository_name
    if not str(folder).isprintable() or not git_place.is_text(folder):
        raise ThrumError("config", f"{_KEY} is {str(folder)!a}, which cannot be shown everywhere")
    if len(os.fsencode(folder)) > LONGEST_BASE:
        text = f"{folder} is longer than {LONGEST_BASE} bytes, and worktrees would be longer yet"
        raise ThrumError("config", text, f"have {_KEY} name a shorter folder")
    return folder


def path(folder: Path, name: str) -> Path:
    """Where the worktree of that name lies.

    Raises:
        ThrumError: ``usage``, the path is too long, or the name is there in another spelling.
    """
    place = folder / name
    if len(os.fsencode(place)) > LONGEST_PATH:
        text = f"{place} is longer than {LONGEST_PATH} bytes"
        raise ThrumError("usage", text, "shorten the name")
    if os.path.lexists(place) and name not in os.listdir(folder):  # noqa: PTH208 -- as spelled
        text = f"{place} is there in another spelling, and this disk takes both for one"
        raise ThrumError("usage", text, "choose another name")
    return place


def check_outside(place: Path, common_dir: Path, trees: Iterable[Path]) -> None:
    """Refuses a place in the repository itself, whose git would see all of it as new files.

    Raises:
        ThrumError: ``usage``.
    """
    todo = f"have {_KEY} name a folder beside the repository"
    if place.is_relative_to(common_dir):
        raise ThrumError("usage", f"{place} lies in the git directory {common_dir}", todo)
    for tree in trees:
        if place != tree and place.is_relative_to(tree):
            raise ThrumError("usage", f"{place} lies in the work tree {tree}", todo)
