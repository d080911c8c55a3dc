"""Which paths a commit that is about to be made changes, as git tells its hook."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

_LIST: Final = ("git", "diff", "--cached", "--name-only", "--no-renames", "--no-ext-diff", "-z")
"""Of a renamed file both names; `-z` leaves names as they are, whatever is in them."""

_REBASES: Final = ("rebase-merge", "rebase-apply")
"""What lies in a git directory while commits are made anew that were made before."""

_LONGEST: Final = 65_536


def paths(git_dir: Path, top: Path, env: Mapping[str, str], left: Callable[[], float]) -> list[str]:
    """The paths from the root of the work tree, by name; none while commits are only made anew.

    Of a merge those that no side has as they will be: what others committed is theirs already.

    Args:
        git_dir: of the work tree.
        top: its root.
        env: as git gave it to the hook: ``commit -a`` commits from an index of its own.
        left: seconds in which git has to answer.

    Raises:
        OSError: git cannot be started, or what it says cannot be read.
        subprocess.SubprocessError: it fails, or takes too long.
    """
    if any((git_dir / each).exists() for each in _REBASES):
        return []
    changed = _changed(top, env, left())
    for side in _merged(git_dir):
        changed &= _changed(top, env, left(), side)
    return sorted(changed)


def _changed(top: Path, env: Mapping[str, str], seconds: float, side: str = "") -> set[str]:
    """What the commit has otherwise than HEAD, or than that commit."""
    done = subprocess.run(
        [*_LIST, side, "--"] if side else _LIST,
        cwd=top,
        env={**env, "GIT_OPTIONAL_LOCKS": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=max(seconds, 0),
        check=True,
    )
    return {each.decode(errors="replace") for each in done.stdout.split(b"\0") if each}


def _merged(git_dir: Path) -> list[str]:
    """The commits that are merged, while a merge is not committed yet."""
    try:
        with os.fdopen(os.open(git_dir / "MERGE_HEAD", os.O_RDONLY | os.O_CLOEXEC)) as file:
            return file.read(_LONGEST).split()
    except FileNotFoundError:
        return []
