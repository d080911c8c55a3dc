"""Where a log stands: when it was opened, and now."""

from __future__ import annotations

from pathlib import Path

import pygit2
from msgspec import Struct

from gitstore.branch import Branch


class Opened(Struct, frozen=True):
    """What was found and done when the log was opened."""

    branch: Branch
    torn: Path | None
    damaged_records: int


class Standing(Struct, frozen=True):
    """Where the branch stands.

    Attributes:
        tip: its commit.
        ahead, behind: commits that the remote lacks and that we lack, as last seen.
        remote: the name of the remote; empty if there is none.
    """

    tip: str
    ahead: int
    behind: int
    remote: str


class Length(Struct, dict=True):
    """How many commits a branch has; after the first time only what is new is counted."""

    repository: pygit2.Repository
    _commit: str = ""
    _count: int = 0

    def of(self, commit: str) -> int:
        """That commit and all before it.

        Raises:
            KeyError, pygit2.GitError: history cannot be read.
        """
        new = pygit2.Oid(hex=commit)
        walker = self.repository.walk(new)
        known = 0
        if self._commit and self._commit in self.repository:
            old = pygit2.Oid(hex=self._commit)
            if new == old or self.repository.descendant_of(new, old):
                walker.hide(old)
                known = self._count
        self._commit, self._count = commit, known + sum(1 for _ in walker)
        return self._count
