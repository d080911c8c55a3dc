"""One look at a worktree: branch, commits ahead, changed and uncommitted files."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import pygit2
from msgspec import Struct, field

from thrum import git_place
from thrum.daemon.projection.queries.sessions import Commit, FileChange
from thrum.daemon.work import ahead, records, status
from thrum.daemon.work.changes import Changes, changes
from thrum.daemon.work.deadline import Deadline

logger = logging.getLogger("thrum.work")

T = TypeVar("T")

MOST_KEPT: Final = 128
"""Worktrees of which is remembered what cannot have changed."""


class GitWork(Struct, frozen=True):
    """What a worktree says of the work in it; empty where it says nothing.

    Attributes:
        branch: empty when HEAD is detached.
        worktree_path: the root; empty outside the repository.
        unmerged_commits: that the base branch lacks, the newest first.
        uncommitted_files: that differ from HEAD, new ones included, by name.
        changed_files: that the commits changed, by name.
        file_changes: the same with their lines, the latest touched first.
    """

    branch: str = ""
    worktree_path: str = ""
    unmerged_commits: list[Commit] = field(default_factory=list)
    uncommitted_files: list[str] = field(default_factory=list)
    changed_files: list[str] = field(default_factory=list)
    file_changes: list[FileChange] = field(default_factory=list)


class _Kept(Struct):
    """What follows from commits and index alone, with what it follows from."""

    ends: tuple[object, ...] = ()
    changes: Changes = field(default_factory=Changes)
    index: tuple[object, ...] = ()
    staged: list[str] = field(default_factory=list)


class Reader:
    """Looks at the worktrees of one repository. Belongs to one thread; writes nothing.

    Args:
        repository: the checkout that the daemon serves; worktrees of others are not looked at.
    """

    def __init__(self, repository: Path) -> None:
        own = git_place.of(repository)
        self._common = git_place.real(own.common_dir) if own else None
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def read(self, worktree: str, deadline: Deadline | None = None) -> GitWork:
        """Looks at the worktree. A part that cannot be read is empty.

        Raises:
            Expired: the deadline.
        """
        place = git_place.at(Path(worktree))
        if place is None or git_place.real(place.common_dir) != self._common:
            return GitWork()
        branch = git_place.branch(place)
        try:
            repository = pygit2.Repository(worktree)
        except (pygit2.GitError, OSError, ValueError) as error:
            logger.info("%s is not looked at: %s", worktree, error)
            return GitWork(branch, worktree)
        try:
            look = _Look(repository, worktree, self._keeping(worktree), deadline or Deadline())
            found = look.changes()
            return GitWork(
                branch,
                worktree,
                found.commits,
                look.uncommitted(),
                found.files,
                found.details,
            )
        finally:
            repository.free()

    def _keeping(self, worktree: str) -> _Kept:
        kept = self._kept.setdefault(worktree, _Kept())
        self._kept.move_to_end(worktree)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return kept


class _Look(Struct, frozen=True):
    """One look, with an open repository."""

    repository: pygit2.Repository
    worktree: str
    kept: _Kept
    deadline: Deadline

    def changes(self) -> Changes:
        """What the branch has that its base has not."""
        return self._try("commits", self._changes, Changes())

    def uncommitted(self) -> list[str]:
        """What differs from HEAD."""
        return self._try("files", self._uncommitted, [])

    def _try(self, what: str, part: Callable[[], T], otherwise: T) -> T:
        try:
            return part()
        except (pygit2.GitError, KeyError, OSError, ValueError) as error:
            logger.info("the %s of %s cannot be read: %s", what, self.worktree, error)
            return otherwise

    def _head(self) -> pygit2.Commit | None:
        """The commit that is checked out; None before the first one."""
        if self.repository.head_is_unborn:
            return None
        return self.repository.head.peel(pygit2.Commit)

    def _changes(self) -> Changes:
        head = self._head()
        base = ahead.base(self.repository, head.id) if head else None
        if head is None or base is None:
            return Changes()
        if self.kept.ends != (head.id, base):
            found = ahead.ahead(self.repository, head.id, base, self.deadline)
            self.kept.changes = changes(self.repository, found, self.deadline)
            self.kept.ends = (head.id, base)
        return self.kept.changes

    def _uncommitted(self) -> list[str]:
        if self.repository.is_bare:
            return []
        head = self._head()
        index = (
            head.tree_id if head else None,
            *records.of_file(Path(self.repository.path) / "index"),
        )
        if self.kept.index != index:
            self.kept.staged = status.staged(self.repository, head.tree if head else None)
            self.kept.index = index
        self.deadline.check()
        unstaged = status.unstaged(self.repository, self.deadline)
        return status.uncommitted(self.kept.staged, unstaged)
