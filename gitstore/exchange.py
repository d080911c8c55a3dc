"""Exchanging the branch with the remote until both hold the same."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import pygit2

from gitstore import damage
from gitstore.errors import DamagedObject
from gitstore.line import Conflict
from gitstore.merge import Join, entries
from gitstore.mover import MOST_ATTEMPTS, Mover
from gitstore.program import Outcome
from gitstore.recent import brought
from gitstore.tip import Tip
from gitstore.upstream import Upstream

MOST_FETCHES: Final = 3
MOST_PUSHES: Final = 200
_VANISHES: Final = "what is fetched goes at once; is somebody running git prune in a loop?"

log = logging.getLogger(__name__)


@dataclass
class Exchange:
    """What came of one exchange with the remote."""

    outcome: Outcome = Outcome.NOTHING_TO_DO
    words: str = ""
    committed: Tip | None = None
    fetched: bool = False
    merged: bool = False
    pushed: bool = False
    attempts: int = 0
    processes: int = 0
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether both sides are known to hold the same now."""
        return self.outcome in {Outcome.OK, Outcome.NOTHING_TO_DO}


@dataclass
class Exchanger:
    """Exchanges one branch.

    Args:
        upstream: the remote.
        mover: moves the branch.
        jitter: a number from 0 to 1 for back-off.
        moved: called with each commit that a join moved the branch to.
    """

    upstream: Upstream
    mover: Mover
    jitter: Callable[[], float]
    moved: Callable[[str], None]

    def __post_init__(self) -> None:
        self.repository = self.mover.repository
        self.format = self.mover.format

    def run(self, result: Exchange, deadline_s: float) -> None:
        """Makes the branch and the remote's hold the same; `result` says what was done.

        Args:
            result: what has happened already; the rest is added.
            deadline_s: seconds after which no further git program is started, and a running one
                is ended.

        Raises:
            LogError, OSError, pygit2.GitError: as `Mover.move`.
        """
        choice = self.upstream.choose()
        if choice.name is None:
            result.outcome = Outcome.FAILED if choice.words else Outcome.NO_REMOTE
            result.words = choice.words
            return
        git, now_ns = self.upstream.git, self.mover.now_ns
        started = git.started
        until = now_ns() + int(deadline_s * 1e9)
        git.left_s = lambda: (until - now_ns()) / 1e9
        try:
            self._converge(result)
        finally:
            git.left_s = lambda: math.inf
        result.processes = git.started - started

    def _converge(self, result: Exchange) -> None:
        self.upstream.leftovers.clear_locks(self.mover.sleep)
        known = self.upstream.tip
        if known is not None and not self._has_arrived(known):
            known = self.upstream.tip
        if known is not None and not self._holds(known):
            # The user's own `git fetch` moves the tracking ref too.
            result.merged = self.join_remote(result.conflicts)
        if known is not None and known == self.mover.tip:
            answer = self.upstream.git.ls_remote()
            if answer.outcome is Outcome.OK and answer.tip == known:
                return
            if answer.outcome not in {Outcome.OK, Outcome.NO_SUCH_BRANCH}:
                result.outcome, result.words = answer.outcome, answer.words
                return
            if answer.outcome is Outcome.OK and not self._take(result):
                return
        elif known is None and not self._take(result):
            return
        self._give(result)

    def _holds(self, commit: str) -> bool:
        """Whether the branch is at the commit or was built upon it."""
        tip = pygit2.Oid(hex=self.mover.tip)
        other = pygit2.Oid(hex=commit)
        return tip == other or self.repository.descendant_of(tip, other)

    def _take(self, result: Exchange) -> bool:
        """Fetches and joins. False: it failed and the result says how."""
        for _ in range(MOST_FETCHES):
            # A git that was killed together with us leaves the lock of the ref it was moving.
            self.upstream.ref.remove_stale_lock()
            answer = self.upstream.git.fetch()
            if answer.outcome is Outcome.NO_SUCH_BRANCH:
                return True
            if answer.outcome is not Outcome.OK:
                result.outcome, result.words = answer.outcome, answer.words
                return False
            result.fetched = True
            result.outcome = Outcome.OK
            theirs = self.upstream.tip
            if theirs is None or self._has_arrived(theirs):
                result.merged |= self.join_remote(result.conflicts)
                return True
        result.outcome, result.words = Outcome.FAILED, _VANISHES
        return False

    def _has_arrived(self, theirs: str) -> bool:
        """Whether a fetched commit is here with all that it brought; it is kept for a while.

        Git has a fetched ref point at objects that a prune may take at the same moment, and never
        asks for them again. So the tracking ref goes back to where nothing is known of the remote
        that we do not have; the next fetch brings everything.
        """
        tip = self.mover.tip
        if theirs == tip or self.upstream.is_partial:
            return True
        try:
            arrived = brought(self.repository, theirs, tip)
            self.mover.recent.keep(self.repository, arrived, self.mover.now_ns() / 1e9)
        except (KeyError, ValueError, pygit2.GitError) as error:
            log.warning("what was fetched has gone and is fetched again: %s", error)
            self.upstream.ref.swap(theirs, tip)
            return False
        return True

    def _give(self, result: Exchange) -> None:
        """Pushes, and after each rejection takes what was faster and pushes again.

        While others move the remote on, they all get there in turn, and only the deadline ends it.
        A remote that rejects and stands still is let be after some attempts.
        """
        standing = 0
        for attempt in range(MOST_PUSHES):
            tip = self.mover.tip
            if result.fetched and tip == self.upstream.tip:
                result.outcome = Outcome.OK
                return
            result.attempts += 1
            answer = self.upstream.git.push(tip)
            result.outcome, result.words = answer.outcome, answer.words
            if answer.outcome is Outcome.OK:
                result.pushed = True
                self.upstream.stands_at(tip)
                return
            if answer.outcome is not Outcome.REJECTED:
                return
            self.mover.sleep(self.jitter() * min(0.05 * 2**attempt, 2.0))
            before = self.upstream.tip
            if not self._take(result):
                return
            standing = standing + 1 if self.upstream.tip == before else 0
            if standing == MOST_ATTEMPTS:
                break
        result.outcome = answer.outcome

    def join_remote(self, conflicts: list[Conflict] | None = None) -> bool:
        """Joins the tracking ref into the branch. True when the branch moved.

        A fetched tip is not believed to hold what its history held: only the join of both trees
        says whether it is enough to move forward to it.

        Raises:
            LogError, OSError, pygit2.GitError: as `Mover.move`.
        """

        def joined(ours: str) -> str | None:
            theirs = self.upstream.tip
            if theirs is None or theirs == ours:
                return None
            self.upstream.complete(theirs)
            return self._joined(ours, theirs, conflicts)

        moved = self.mover.move(joined)
        if moved:
            self.moved(moved[1])
        return moved is not None

    def rejoin(self, commit: str) -> bool:
        """Joins a commit that the branch has held before, if it does not any more.

        Somebody deleted the branch or moved it back. True when the branch moved; False also when
        the commit cannot be read, as after a prune.

        Raises:
            LogError, OSError, pygit2.GitError: as `Mover.move`.
        """
        if commit == self.mover.tip or not self._is_lost(commit):
            return False

        def joined(ours: str) -> str | None:
            return None if self._holds(commit) else self._joined(ours, commit, None)

        moved = self.mover.move(joined)
        if moved:
            log.warning("the branch had lost the commit %s; it is joined again", commit)
            self.moved(moved[1])
        return moved is not None

    def _is_lost(self, commit: str) -> bool:
        """Whether the branch holds it no more, and everything of it can be read."""
        try:
            self.mover.inspection.inspect(commit)
        except DamagedObject as error:
            log.warning("what the branch may have lost with %s stays away: %s", commit, error)
            return False
        if commit not in self.repository or self._holds(commit):
            return False
        broken = damage.first_unreadable(self.repository.path, commit)
        if broken:
            log.warning("the branch lost the commit %s, and %s is gone with it", commit, broken)
        return broken is None

    def _joined(self, ours: str, theirs: str, conflicts: list[Conflict] | None) -> str:
        one, other = self.mover.tree(ours), self.mover.tree(theirs)
        join = Join(self.mover.objects, self.format, lambda: self._base_tree(ours, theirs))
        united = join.trees(one, other)
        if conflicts is not None:
            conflicts += join.conflicts
        return self._united_commit(ours, theirs, united, one, other)

    def _united_commit(
        self, ours: str, theirs: str, united: pygit2.Oid, one: pygit2.Oid, other: pygit2.Oid
    ) -> str:
        """The commit that stands for both histories and holds the united tree."""
        descends = self.repository.descendant_of
        forward = descends(pygit2.Oid(hex=theirs), pygit2.Oid(hex=ours))
        if united == other and (forward or self._is_root(ours)):
            return theirs
        if united == one and descends(pygit2.Oid(hex=ours), pygit2.Oid(hex=theirs)):
            return ours
        return self.mover.commit(united, [theirs] if forward else [theirs, ours])

    def _is_root(self, commit: str) -> bool:
        """Whether nothing was ever written on top of an empty first commit."""
        found = self.repository[commit].peel(pygit2.Commit)
        return not found.parent_ids and not entries(self.repository, found.tree_id)

    def _base_tree(self, ours: str, theirs: str) -> pygit2.Oid | None:
        base = self.repository.merge_base(pygit2.Oid(hex=ours), pygit2.Oid(hex=theirs))
        return self.mover.tree(str(base)) if base else None
