"""Which files a backup takes along, besides the log and the databases.

What one worktree has for itself stands in the backup under its number, the one that holds the
shared folder first, as older programs have it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from thrum import git_place, paths
from thrum.paths import Place

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a file that is taken along."""

_SHARED: Final = ("config.json", "config.yaml")
_FOLDERS: Final = ("role_templates", "archive", "restart", "roles", "worktrees")
_OF_VAR: Final = ("peers.json", "withdrawn.json", "held.jsonl", "journal.jsonl")
_OWN: Final = ("identities", "context")


class Source(NamedTuple):
    """A file, and where it goes in the backup."""

    path: Path
    name: str


def all_of(place: Place) -> Iterator[Source]:
    """The files of the shared folder and of every worktree's own one."""
    for name in _SHARED:
        yield from _plain(place.shared / name, f"config/{name}")
    for folder in _FOLDERS:
        yield from _inside(place.shared / folder, f"config/{folder}")
    for name in _OF_VAR:
        yield from _plain(place.var / name, f"var/{name}")
    for number, root in enumerate(worktrees(place)):
        below = "config" if number == 0 else f"worktrees/{number}"
        for folder in _OWN:
            yield from _inside(paths.folder(root) / folder, f"{below}/{folder}")


def worktrees(place: Place) -> list[Path]:
    """The worktrees that have a folder of Thrum, first the one with the shared files."""
    home = git_place.at(place.repository)
    roots = [place.repository, *(git_place.worktrees(home) if home else ())]
    seen = dict.fromkeys(root for root in roots if paths.folder(root).is_dir())
    return list(seen)


def _inside(folder: Path, below: str) -> Iterator[Source]:
    """The plain files below a folder; links are none."""
    for where, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            path = Path(where, file)
            yield from _plain(path, f"{below}/{path.relative_to(folder)}")


def _plain(path: Path, name: str) -> Iterator[Source]:
    try:
        found = path.lstat()
    except OSError:
        return
    if stat.S_ISREG(found.st_mode) and found.st_size <= LARGEST and git_place.is_text(Path(name)):
        yield Source(path, name)
