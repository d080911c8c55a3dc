"""The branch as git bundles: one with everything, and others with what came since.

A bundle is what `git bundle` makes: any git reads it, without Thrum. One more is cheap where little
is new; after a number of them everything is put into one again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gitstore import Format
from thrum.worktrees.git import Git

MOST: Final = 20
"""Bundles after which there is one again."""
LIMIT_S: Final = 600.0


def make(
    git: Git, folder: Path, before: tuple[Path, Sequence[str], str] | None
) -> tuple[list[str], str]:
    """Puts the branch into a folder: the names of the bundles in order, and its commit.

    Args:
        git: in the repository.
        folder: where the bundles go.
        before: the folder of the backup before, its bundles, and the commit to which they lead.

    Raises:
        ThrumError: as `Git.run`.
    """
    branch = Format().branch
    tip = git.run("rev-parse", "--verify", f"refs/heads/{branch}").strip()
    names: list[str] = []
    since = ""
    if before is not None and _leads_to(git, before[2], tip):
        if before[2] == tip or len(before[1]) < MOST:
            names = [name for name in before[1] if _linked(before[0] / name, folder / name)]
            if len(names) != len(before[1]):
                names = []
        since = before[2] if names else ""
    if since == tip:
        return names, tip
    if not since:
        names = []
    name = f"branch-{len(names) + 1:03d}.bundle" if names else "branch.bundle"
    path = folder / name
    path.unlink(missing_ok=True)
    spans = [f"refs/heads/{branch}"] + ([f"^{since}"] if since else [])
    git.run("bundle", "create", "--quiet", str(path), *spans, limit_s=LIMIT_S)
    path.chmod(0o600)
    heads = git.run("bundle", "list-heads", str(path)).split()
    return [*names, name], heads[0] if heads else tip


def _leads_to(git: Git, old: str, new: str) -> bool:
    return bool(old) and git.ask("rev-list", "--count", f"{new}..{old}") == "0"


def _linked(path: Path, target: Path) -> bool:
    try:
        os.link(path, target)
    except OSError:
        return False
    return True


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
