"""The worktrees of a repository, as git lists them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from thrum import git_place
from thrum.errors import ThrumError
from thrum.worktrees.git import Git

REPLACED: Final = "what lies there is none any more"


class Tree(NamedTuple):
    """One worktree.

    Attributes:
        path: its root.
        head: the commit; empty where there is none yet.
        branch: what is checked out; empty on no branch.
        is_bare: whether it is the repository itself, without files.
        is_main: whether it is the repository's own, which is never removed.
        lock: why it is locked, empty if nobody said why; None if it is not.
        gone: what became of its folder; empty if it is there.
    """

    path: Path
    head: str = ""
    branch: str = ""
    is_bare: bool = False
    is_main: bool = False
    lock: str | None = None
    gone: str = ""


def trees(git: Git) -> list[Tree]:
    """All worktrees, the main one first.

    Raises:
        ThrumError: as `Git.run`.
    """
    try:
        text = git.run("worktree", "list", "--porcelain", "-z")
    except ThrumError as error:
        if "unknown switch" not in error.message:
            raise
        # Gits before 2.36 do not have it; a path with a line break is then cut, and not there.
        text = git.run("worktree", "list", "--porcelain").replace("\n", "\0")
    return list(parsed(text))


def parsed(text: str) -> Iterator[Tree]:
    """The worktrees in git's own form: lines that end with a NUL, an empty one after each."""
    for number, block in enumerate(filter(None, text.split("\0\0"))):
        facts = dict(_fact(line) for line in block.strip("\0").split("\0"))
        if "worktree" not in facts:
            continue
        path = Path(facts["worktree"])
        head = facts.get("HEAD", "")
        yield Tree(
            path,
            head if head.strip("0") else "",
            facts.get("branch", "").removeprefix("refs/heads/"),
            "bare" in facts,
            number == 0,
            facts.get("locked"),
            _gone(path) if number else "",
        )


def _gone(path: Path) -> str:
    """What became of a linked worktree's folder; empty if it is there."""
    if not os.path.lexists(path):
        return "its folder is gone"
    place = git_place.at(path)
    # Where git was killed in the middle, more than this entry need not be there.
    is_it = place and place.git_dir.parent.name == "worktrees" and place.git_dir.is_dir()
    return "" if is_it else REPLACED


def _fact(line: str) -> tuple[str, str]:
    key, _, value = line.partition(" ")
    return key, value


def check_place(tree: Tree) -> None:
    """Refuses to touch what lies in the place of a worktree and is not it.

    Raises:
        ThrumError: ``conflict``.
    """
    if tree.gone == REPLACED:
        text = f"git lists a worktree at {tree.path}, and {REPLACED}"
        moved = "if the repository was moved, run `git worktree repair` in it"
        raise ThrumError("conflict", text, f"move that away, or delete it; {moved}")


def at(found: list[Tree], path: Path) -> Tree | None:
    """The worktree at a path, by whichever links it is reached."""
    real = git_place.real(path)
    return next((tree for tree in found if git_place.real(tree.path) == real), None)
