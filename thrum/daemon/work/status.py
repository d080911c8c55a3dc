"""Which files of a worktree differ from HEAD: what ``git status --porcelain`` names.

The index's stat data tells which files need no reading, as it does for git. Unlike git, nothing is
written back to the index, not even fresher stat data.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import pygit2
from pygit2.enums import DeltaStatus, DiffFind, DiffOption

from thrum.daemon.work.changes import MOST_FILES, path_of, text
from thrum.daemon.work.deadline import Deadline

MOST_LISTED: Final = 500
"""Entries of new folders that are looked at; beyond, the folder is named instead of its files."""

MOST_RENAMES: Final = 100
"""With more new or gone files than that, nobody looks which became which."""

ARROW: Final = " -> "


def unstaged(repository: pygit2.Repository, deadline: Deadline) -> list[str]:
    """Paths that differ between index and worktree, new ones included.

    Raises:
        Expired: the deadline.
        pygit2.GitError, OSError: the index or a folder cannot be read.
    """
    flags = DiffOption.INCLUDE_UNTRACKED | DiffOption.INCLUDE_TYPECHANGE
    diff = repository.index.diff_to_workdir(flags, context_lines=0)
    deadline.check()
    listing = _Listing(repository, deadline)
    found: list[str] = []
    for delta in diff.deltas:
        raw = delta.new_file.raw_path
        if delta.status == DeltaStatus.UNTRACKED and raw.endswith(b"/"):
            found += listing.files(raw)
        else:
            found.append(path_of(delta))
    return found


def staged(repository: pygit2.Repository, head: pygit2.Tree | None) -> list[str]:
    """Paths that differ between HEAD and index; a renamed file as ``old -> new``.

    Raises:
        pygit2.GitError, KeyError: the index or a tree cannot be read.
    """
    index = repository.index
    if head is None:
        return [text(os.fsencode(entry.path)) for entry in index]
    diff = index.diff_to_tree(head, DiffOption.INCLUDE_TYPECHANGE, context_lines=0)
    counts = {DeltaStatus.ADDED: 0, DeltaStatus.DELETED: 0}
    for delta in diff.deltas:
        if delta.status in counts:
            counts[DeltaStatus(delta.status)] += 1
    if min(counts.values()) and max(counts.values()) <= MOST_RENAMES:
        diff.find_similar(DiffFind.FIND_RENAMES)
    return [_name(delta) for delta in diff.deltas]


def uncommitted(staged: list[str], unstaged: list[str]) -> list[str]:
    """Both by name, each path once, and no more than are told of."""
    renamed = {name.rpartition(ARROW)[2] for name in staged if ARROW in name}
    rest = [name for name in unstaged if name not in renamed]
    return sorted(dict.fromkeys([*staged, *rest]))[:MOST_FILES]


def _name(delta: pygit2.DiffDelta) -> str:
    if delta.status == DeltaStatus.RENAMED:
        return f"{text(delta.old_file.raw_path)}{ARROW}{text(delta.new_file.raw_path)}"
    return path_of(delta)


class _Listing:
    """The files of folders that are new altogether; so many entries, whatever is in them."""

    def __init__(self, repository: pygit2.Repository, deadline: Deadline) -> None:
        self.repository = repository
        self.deadline = deadline
        self.left = MOST_LISTED

    def files(self, folder: bytes) -> list[str]:
        """The files in a folder that git would take; the folder itself where there are too many."""
        found: list[str] = []
        for path in self._walk(folder):
            self.deadline.check()
            if self.left <= 0:
                return [text(folder)]
            found.append(text(path))
        return found or [text(folder)]

    def _walk(self, folder: bytes) -> Iterator[bytes]:
        inner = self._entries(folder)
        if inner is None or any(entry.name == b".git" for entry in inner):
            yield folder  # closed to us, or a repository of its own
            return
        for entry in inner:
            self.left -= 1
            if self.left < 0:
                yield folder
                return
            path = folder + entry.name
            # A name that is no UTF-8 cannot be asked for; what stands in for it fits patterns.
            if self.repository.path_is_ignored(text(path)):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(path + b"/")
            else:
                yield path

    def _entries(self, folder: bytes) -> list[os.DirEntry[bytes]] | None:
        """A folder's entries by name; None if it may not be read, or is gone again."""
        try:
            with os.scandir(os.fsencode(self.repository.workdir) + folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError:
            return None
