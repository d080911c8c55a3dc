"""What git writes of a worktree whenever HEAD or the index comes to be another one, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from thrum import git_place

FILES: Final = ("HEAD", "logs/HEAD", "index")
"""In the worktree's own git directory (gitrepository-layout(5))."""

Stamp = tuple[object, ...]
"""What changes whenever a file is written by renaming another over it, or by adding to it."""


def of_file(file: Path) -> Stamp:
    """The stamp of a file; empty if there is none.

    Raises:
        OSError: it cannot be looked at.
    """
    try:
        found = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


def of_worktree(worktree: str) -> Stamp:
    """The stamp of a worktree: another one after a commit, a checkout or a change of the index.

    Empty where there is no worktree, or none that can be looked at.
    """
    place = git_place.at(Path(worktree))
    if place is None:
        return ()
    try:
        return tuple(of_file(place.git_dir / name) for name in FILES)
    except OSError:
        return ()
