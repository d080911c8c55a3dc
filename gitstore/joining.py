"""Making one commit of two: the branch's and the remote's, or one that the branch held before."""

from __future__ import annotations

import logging

import pygit2
from msgspec import Struct

from gitstore import damage
from gitstore.errors import DamagedObject
from gitstore.leaving_out import IsOut, without
from gitstore.line import Conflict
from gitstore.merge import Join, entries
from gitstore.mover import Mover
from gitstore.omission import Omitter

log = logging.getLogger(__name__)


class Joining(Struct, dict=True):
    """Joins commits into one branch.

    Args:
        mover: moves the branch.
        is_kept_out: whether a line does not come back with what the branch held before.

    Attributes:
        omitter: leaves out of the branch's files what is to leave them.
    """

    mover: Mover
    is_kept_out: IsOut = lambda _raw: False

    def __post_init__(self) -> None:
        self.repository = self.mover.repository
        self.omitter = Omitter(self.mover.objects, self.mover.format)

    def joined(self, ours: str, theirs: str, conflicts: list[Conflict] | None = None) -> str:
        """The commit that holds what both hold: a new one, or one of the two."""
        one, other = self.mover.tree(ours), self.mover.tree(theirs)
        join = self._join(ours, theirs)
        united = self.omitter.cleaned(join.trees(one, other), [other], theirs)
        if conflicts is not None:
            conflicts += join.conflicts
        return self._united_commit(ours, theirs, united, one, other)

    def _join(self, ours: str, theirs: str) -> Join:
        mover = self.mover
        return Join(mover.objects, mover.format, lambda: self._base_tree(ours, theirs))

    def _united_commit(
        self, ours: str, theirs: str, united: pygit2.Oid, one: pygit2.Oid, other: pygit2.Oid
    ) -> str:
        """The commit that stands for both histories and holds the united tree."""
        forward = self.descends(theirs, ours)
        if united == other and (forward or self._is_root(ours)):
            return theirs
        backward = self.descends(ours, theirs)
        if united == one and backward:
            return ours
        parents = [theirs] if forward else [ours] if backward else [theirs, ours]
        return self.mover.commit(united, parents)

    def descends(self, commit: str, other: str) -> bool:
        """Whether a commit was built upon another one."""
        return self.repository.descendant_of(pygit2.Oid(hex=commit), pygit2.Oid(hex=other))

    def _is_root(self, commit: str) -> bool:
        """Whether nothing was ever written on top of an empty first commit."""
        found = self.repository[commit].peel(pygit2.Commit)
        return not found.parent_ids and not entries(self.repository, found.tree_id)

    def _base_tree(self, ours: str, theirs: str) -> pygit2.Oid | None:
        base = self.repository.merge_base(pygit2.Oid(hex=ours), pygit2.Oid(hex=theirs))
        return self.mover.tree(str(base)) if base else None

    # -- what the branch held before --

    def regain(self) -> str | None:
        """Joins again the last commit that is known to be whole, if others moved the branch since.

        Who commits files that are behind, amends, or moves the branch back takes lines out without
        meaning to. The commit that the branch moved to, if it did.

        Raises:
            LogError, OSError, pygit2.GitError: as `Mover.move`.
        """
        return self.rejoin(self.mover.whole[-1])

    def rejoin(self, commit: str) -> str | None:
        """Joins a commit that the branch has held before, if it lost something of it.

        The commit that the branch moved to, if it did. None also when the commit cannot be read,
        as after a prune.

        Raises:
            LogError, OSError, pygit2.GitError: as `Mover.move`.
        """
        mover = self.mover
        if mover.is_whole_since(commit):
            return None
        last = mover.whole[-1]
        before = self.regain() if commit != last else None
        if not self._is_readable(commit):
            if commit == last:
                mover.forget_whole()
            return before
        tip = ""

        def joined(ours: str) -> str | None:
            nonlocal tip
            tip = ours
            if ours == commit:
                return None
            return self._brought_back(ours, commit)

        moved = mover.move(joined)
        mover.holds_all_of(commit, moved[1] if moved else tip)
        if moved is None:
            return before
        log.warning("the branch had lost what the commit %s held; it is joined again", commit)
        return moved[1]

    def _brought_back(self, ours: str, commit: str) -> str | None:
        one = self.mover.tree(ours)
        other = self.mover.tree(commit)
        united = self.omitter.cleaned(self._join(ours, commit).trees(one, other))
        less = without(self.mover.objects, self.mover.format, united, self.is_kept_out, beside=one)
        if less == one:
            return None
        if less != united:
            return self.mover.commit(less, [ours])
        return self._united_commit(ours, commit, united, one, other)

    def _is_readable(self, commit: str) -> bool:
        """Whether everything of it can be read; of what the branch holds that is taken for sure."""
        tip = self.mover.tip
        try:
            self.mover.inspection.inspect(commit)
        except DamagedObject as error:
            log.warning("what the branch may have lost with %s stays away: %s", commit, error)
            return False
        if commit not in self.repository:
            return False
        if commit == tip or self.descends(tip, commit):
            return True
        broken = damage.first_unreadable(self.repository.path, commit)
        if broken:
            log.warning("the branch lost the commit %s, and %s is gone with it", commit, broken)
        return broken is None
