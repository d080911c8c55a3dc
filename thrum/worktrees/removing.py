"""Removing a worktree of which nobody is at loss, and its branch if that is wished."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final

from thrum import git_place
from thrum.errors import ThrumError
from thrum.worktrees import listing
from thrum.worktrees.git import CHECKOUT_S, Git
from thrum.worktrees.listing import Tree
from thrum.worktrees.losses import Loss

_FORCED: Final = frozenset({"--discard", "--keep-branch"})
"""What force says as well; who stays, and whether the branch goes, it does not say."""


def refusal(name: str, place: Path, found: Sequence[Loss], given: Collection[str]) -> ThrumError:
    """What speaks against it, and the line that has it done all the same.

    Args:
        name: the worktree's.
        place: where it lies.
        found: what no flag on the line lets.
        given: the flags on the line.
    """
    wanted = {each.flag for each in found}
    flags = ["--force"] if "--force" in wanted else sorted(wanted)
    kept = sorted(set(given) - wanted - (_FORCED if "--force" in wanted else set()))
    command = " ".join(["thrum worktree teardown", name, *kept, *flags])
    widest = max(len(each.flag) for each in found)
    lines = [f"  {each.flag.ljust(widest)}  {_one_line(each.text)}" for each in found]
    stays = f"{_one_line(str(place))} stays as it is"
    head = f"{stays}; beside each reason is the flag that lets it go:"
    details = {
        "worktree_path": str(place),
        "losses": [
            {"kind": e.kind, "text": e.text, "flag": e.flag, "items": list(e.items)} for e in found
        ],
        "command": command,
    }
    return ThrumError(
        "conflict", "\n".join([head, *lines, f"to let all of it go: {command}"]), None, details
    )


def _one_line(text: str) -> str:
    """The text with escapes for what a file's name could make lines of its own with."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def unlet(found: Sequence[Loss], given: Collection[str]) -> list[Loss]:
    """What no flag on the line lets; ``--force`` lets everything."""
    return [each for each in found if not {"--force", each.flag} & set(given)]


def remove(git: Git, tree: Tree, check_again: Callable[[], None], *, force: bool) -> None:
    """Removes the worktree.

    Without force git looks itself; what it calls changed may be ours, or a submodule, and then one
    looks again what it was.

    Args:
        git: outside of it.
        tree: which.
        check_again: raises what speaks against it now.
        force: do it, whatever is in it.

    Raises:
        ThrumError: ``repository``, git refuses; what `check_again` raises.
    """
    if not force:
        try:
            git.run("worktree", "remove", str(tree.path), limit_s=CHECKOUT_S)
            return
        except ThrumError:
            check_again()
    # Once for what is in it, twice for a lock.
    forced = ("--force",) if tree.lock is None else ("--force", "--force")
    git.run("worktree", "remove", *forced, str(tree.path), limit_s=CHECKOUT_S)


def delete_branch(git: Git, branch: str, commit: str) -> bool:
    """Deletes a branch that nobody has checked out and that is where it was looked at.

    Returns:
        Whether it is gone.

    Raises:
        ThrumError: ``repository``, git refuses.
    """
    stands = git.ask("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
    if stands is None:
        return True
    if stands != commit or any(tree.branch == branch for tree in listing.trees(git)):
        return False
    git.run("branch", "--delete", "--force", "--quiet", "--", branch)
    return True


def find(git: Git, place: Path, name: str) -> Tree | None:
    """The worktree of that name: where it is made, else the only one whose folder is called so.

    Raises:
        ThrumError: ``conflict``, there are several.
    """
    trees = listing.trees(git)
    known = listing.at(trees, place)
    if known or os.path.lexists(place):
        return known
    named = [tree for tree in trees if tree.path.name == name and not tree.is_main]
    if len(named) > 1:
        where = ", ".join(str(tree.path) for tree in named)
        raise ThrumError("conflict", f"several worktrees are called {name}: {where}")
    return named[0] if named else None


def is_orphan(place: Path, common_dir: Path) -> bool:
    """Whether a folder was a worktree of the repository that git does not know any more."""
    git = git_place.at(place) if place.is_dir() and not place.is_symlink() else None
    return git is not None and git.git_dir.parent == common_dir / "worktrees" and not git.is_there


def remove_orphan(place: Path) -> None:
    """Removes the folder of a worktree that git does not know any more, see `is_orphan`."""
    shutil.rmtree(place)
