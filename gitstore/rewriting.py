"""Making anew what only this clone has of the branch.

Nobody can have built upon commits that were never pushed, so they may be replaced: by one commit
that holds what they hold, less what must not go out, on top of those that are let be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pygit2
from msgspec import Struct

from gitstore.branch import root_commit
from gitstore.mover import Mover
from gitstore.upstream import Upstream


class Rewriting(Struct, dict=True):
    """Replaces commits of the branch.

    Args:
        mover: moves the branch.
        upstream: what its branch holds is never replaced.
    """

    mover: Mover
    upstream: Upstream

    def __post_init__(self) -> None:
        self.repository = self.mover.repository

    def replace(
        self,
        is_bad: Callable[[str], bool],
        cleaned: Callable[[pygit2.Oid], pygit2.Oid] = lambda tree: tree,
        before: Callable[[set[str]], object] = lambda commits: None,
    ) -> set[str]:
        """Moves the branch to one commit in the place of all that are bad.

        Args:
            is_bad: whether a commit must not go out; all that were built upon it must not either.
            cleaned: the tree that the new commit is to hold, given the branch's.
            before: called with the commits that go, before the branch is moved.

        Returns:
            The commits that the branch holds no more.

        Raises:
            LogError, OSError, pygit2.GitError: as `Mover.move`.
        """
        bad: set[str] = set()

        def made(tip: str) -> str | None:
            nonlocal bad
            bad, kept = self._parted(tip, is_bad)
            if not bad:
                return None
            before(bad)
            mover = self.mover
            parents = self._outermost(kept)
            if not parents:
                parents = [root_commit(self.repository, mover.format, mover.ref.disk)]
            tree = cleaned(mover.tree(tip))
            if len(parents) == 1 and tree == mover.tree(parents[0]):
                return parents[0]
            return mover.commit(tree, parents)

        if self.mover.move(made):
            self.mover.forget_whole()
        return bad

    def _parted(self, tip: str, is_bad: Callable[[str], bool]) -> tuple[set[str], set[str]]:
        """The commits that go, and those nearest to them that stay."""
        every = list(self._unsent(tip))
        bad: set[str] = set()
        for commit in reversed(every):
            if is_bad(commit) or bad & set(self._parents(commit)):
                bad.add(commit)
        kept = {parent for commit in bad for parent in self._parents(commit)} - bad
        theirs = self.upstream.tip
        return bad, kept | ({theirs} if theirs and bad else set())

    def _unsent(self, tip: str) -> Iterable[str]:
        """The commits that the remote lacks, those that were built upon others first."""
        order = pygit2.enums.SortMode.TOPOLOGICAL
        walker = self.repository.walk(pygit2.Oid(hex=tip), order)
        theirs = self.upstream.tip
        if theirs is not None:
            walker.hide(pygit2.Oid(hex=theirs))
        return (str(commit.id) for commit in walker)

    def _parents(self, commit: str) -> list[str]:
        """Those that are here; a shallow clone lacks some."""
        found = self.repository[commit].peel(pygit2.Commit).parent_ids
        return [str(id) for id in found if id in self.repository]

    def _outermost(self, commits: set[str]) -> list[str]:
        """Those of them that no other one was built upon."""
        return sorted(
            each for each in commits if not any(self._descends(other, each) for other in commits)
        )

    def _descends(self, commit: str, other: str) -> bool:
        return commit != other and self.repository.descendant_of(
            pygit2.Oid(hex=commit), pygit2.Oid(hex=other)
        )
