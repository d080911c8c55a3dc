"""The branch as git bundles: one with everything, and others with what came since.

A bundle is what `git bundle` makes: any git reads it, without Thrum. One more is cheap where little
is new; after a number of them everything is put into one again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from gitstore import Format
from thrum.worktrees.git import Git

MOST: Final = 20
"""Bundles after which there is one again."""
LIMIT_S: Final = 600.0


def go_on(git: Git, names: Sequence[str], until: str) -> bool:
    """Whether the branch can be told by one more bundle, or by those that there are.

    Args:
        git: in the repository.
        names: the bundles of the backup before.
        until: the commit to which they lead.

    Raises:
        ThrumError: as `Git.run`.
    """
    tip = _tip(git)
    return _leads_to(git, until, tip) and (until == tip or len(names) < MOST)


def make(
    git: Git, folder: Path, names: Sequence[str], until: str, share: Callable[[str], bool]
) -> tuple[list[str], str]:
    """Puts the branch into a folder: the names of the bundles in order, and its commit.

    Args:
        git: in the repository.
        folder: where the bundles go.
        names: the bundles of the backup before.
        until: the commit to which they lead.
        share: takes one of them over, if it is as it was.

    Raises:
        ThrumError: as `Git.run`.
    """
    tip = _tip(git)
    known = list(names)
    if not (known and go_on(git, known, until) and all(map(share, known))):
        known, until = [], ""
    if until == tip:
        return known, tip
    name = f"branch-{len(known) + 1:03d}.bundle" if known else "branch.bundle"
    path = folder / name
    path.unlink(missing_ok=True)
    spans = [f"refs/heads/{Format().branch}"] + ([f"^{until}"] if until else [])
    git.run("bundle", "create", "--quiet", str(path), *spans, limit_s=LIMIT_S)
    path.chmod(0o600)
    heads = git.run("bundle", "list-heads", str(path)).split()
    return [*known, name], heads[0] if heads else tip


def _tip(git: Git) -> str:
    return git.run("rev-parse", "--verify", f"refs/heads/{Format().branch}").strip()


def _leads_to(git: Git, old: str, new: str) -> bool:
    return bool(old) and git.ask("rev-list", "--count", f"{new}..{old}") == "0"


def unpack(folder: Path, names: Sequence[str], git: Git, ref: str) -> str:
    """Brings what the bundles hold into a repository, under a ref; the commit.

    Raises:
        ThrumError: as `Git.run`, one cannot be read, or lacks what comes before it.
    """
    span = f"+refs/heads/{Format().branch}:{ref}"
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance")
    for name in names:
        git.run("fetch", *options, str(folder / name), span, limit_s=LIMIT_S)
    return git.run("rev-parse", "--verify", ref).strip()
