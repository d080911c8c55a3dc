"""Moving the branch from commit to commit, whoever else moves it or prunes objects meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import pygit2
from msgspec import Struct, field

from gitstore import damage, gc
from gitstore.branch import Branch, ensure
from gitstore.errors import DamagedObject, LogError
from gitstore.objects import Objects
from gitstore.recent import Recent
from gitstore.ref import Ref, common_directory
from gitstore.upstream import Upstream
from gitstore.vanished import Vanished

MOST_ATTEMPTS: Final = 12
MEND_EVERY_NS: Final = 10**9
MOST_WHOLE: Final = 64
"""Commits that are remembered; of an older one the files are compared."""
_MOVING: Final = "the branch {} does not stand still; is something moving it in a loop?"

log = logging.getLogger(__name__)


class Mover(Struct, dict=True):
    """Makes commits and moves the branch to them.

    Args:
        repository: where the branch is.
        upstream: where a branch that somebody deleted comes from again.
        objects: writes what a commit holds.
        ref: the branch's.
        now_ns: the clock, for commit dates.
        elapsed_ns: nanoseconds that only go forward, for everything that lasts or waits: the clock
            may be set at any moment.
        sleep: waits that many seconds.
        moves: how often the branch was moved.
        demand: refuses where the repository is not the one any more that was opened.
        whole: commits that the branch held since the opening; the last one holds all that the
            others did, whatever somebody else moved the branch to since.
    """

    repository: pygit2.Repository
    upstream: Upstream
    objects: Objects
    ref: Ref
    now_ns: Callable[[], int]
    elapsed_ns: Callable[[], int]
    sleep: Callable[[float], None]
    demand: Callable[[], None]
    moves: int = 0
    whole: list[str] = field(default_factory=list)
    _mend_at: int = 0

    def __post_init__(self) -> None:
        self.format = self.upstream.format
        self.inspection = self.upstream.inspection
        self.recent = Recent(common_directory(self.repository) / "objects")
        self.vanished = Vanished(self.repository)

    def attach(self) -> Branch:
        """Sees to it that there is a branch, with all files of its tip."""
        branch = ensure(self.repository, self.upstream.format, self.ref.disk)
        tip = self.ref.read()
        self.upstream.complete(tip)
        if tip and not self.whole:
            self.whole = [tip]
        return branch

    def is_whole_since(self, commit: str) -> bool:
        """Whether the branch is known to hold all that a commit held which it was at."""
        return commit in self.whole and self.whole[-1] == self.tip

    def holds_all_of(self, commit: str, tip: str) -> None:
        """Notes that a commit of the branch was found to hold all that another one held.

        Args:
            commit: where the branch was before; the last whole one if the branch moved from that.
            tip: the commit that was looked at.
        """
        self.whole = [commit, *(each for each in self.whole if each not in (commit, tip)), tip]
        del self.whole[:-MOST_WHOLE]

    def forget_whole(self) -> None:
        """What the branch held before cannot be read any more: what it holds now counts."""
        self.whole = [self.tip]

    @property
    def tip(self) -> str:
        """The branch's commit.

        Raises:
            DamagedObject: it cannot be read.
            LogError: somebody deleted the branch and it cannot be made again; as `demand`.
        """
        tip = self.ref.read()
        if tip is None:
            self.demand()
            self.attach()
            tip = self.ref.read()
        if tip is None:
            raise LogError(f"the branch {self.format.branch} cannot be created")
        self.inspection.inspect(tip)
        return tip

    def tree(self, commit: str) -> pygit2.Oid:
        """The tree of a commit."""
        found = self.repository[commit].peel(pygit2.Commit)
        return found.tree_id

    def commit(self, tree: pygit2.Oid, parents: list[str], message: str = "") -> str:
        """Writes a commit dated now; without a message it says when it was made."""
        seconds = self.now_ns() // 1_000_000_000
        when = datetime.fromtimestamp(seconds, UTC)
        message = message or f"{self.format.commit_prefix}{when:%Y-%m-%dT%H:%M:%SZ}"
        return self.objects.commit(tree, message, parents, seconds)

    def move(self, write: Callable[[str], str | None]) -> tuple[str, str] | None:
        """Moves the branch to what is made of its tip; made anew when others were faster.

        Args:
            write: given the tip, writes the next commit and what it holds and returns its id; None
                or the tip itself when there is nothing to move to.

        Returns:
            The commits before and after, or None when nothing had to move.

        Raises:
            LogError: objects are missing, the ref is locked or never stands still; as `demand`.
            OSError, pygit2.GitError: the disk refuses.
        """
        for attempt in range(MOST_ATTEMPTS):
            self.demand()
            self.objects.begin()
            tip = self.tip
            try:
                made = write(tip)
            except (KeyError, pygit2.GitError) as error:
                self.lacking(error, attempt)
                continue
            if made is None or made == tip:
                return None
            if self._install(tip, made):
                return tip, made
        raise LogError(_MOVING.format(self.format.branch))

    def _install(self, old: str, commit: str) -> bool:
        """Moves the ref; then looks whether a concurrent ``git gc --prune=now`` took the objects.

        Until the ref points at them new objects are garbage to anybody's gc. Seen missing here,
        the ref goes back and the caller starts over; the journal still holds the lines.
        """
        self.objects.settle(self.ref.disk)
        if not self.ref.swap(old, commit):
            return False
        gc.await_end(common_directory(self.repository), self.sleep)
        if self.objects.all_present() and self._kept():
            self.moves += 1
            if self.whole[-1:] == [old]:
                self.whole = [*self.whole[1 - MOST_WHOLE :], commit]
            return True
        self.ref.swap(commit, old)
        return False

    def _kept(self) -> bool:
        """Keeps what was just made; False if it has gone already."""
        try:
            self.recent.keep(self.repository, self.objects.made, self.elapsed_ns() / 1e9)
        except KeyError:
            return False
        self.inspection.trust(self.objects.made)
        return True

    def mend(self, at_once: bool = False) -> None:
        """Puts back what somebody's prune took of the last commits, and lets go of packs that are
        gone. Looks once a second.

        Raises:
            OSError, pygit2.GitError: the disk refuses.
        """
        now = self.elapsed_ns()
        if not at_once and now < self._mend_at:
            return
        self._mend_at = now + MEND_EVERY_NS
        self.vanished.let_go()
        count = self.recent.mend(now / 1e9)
        if count:
            log.warning("%d new objects had gone from the repository; they are back", count)

    def lacking(self, error: Exception, attempt: int) -> None:
        """After an object could not be read or written: makes ready for the next attempt.

        Somebody's gc may have moved it from one pack to another meanwhile, or a prune taken it.

        Raises:
            DamagedObject: it was the last attempt, and it is known which object it is.
            LogError, pygit2.GitError: it was the last attempt.
        """
        if attempt + 1 < MOST_ATTEMPTS:
            self.mend(at_once=True)
            return
        found = self.explained(error)
        if isinstance(found, KeyError):
            found = LogError(f"the repository lacks an object for a moment: {error}")
        raise found from error

    def explained(self, error: Exception) -> Exception:
        """The error, or instead of libgit2's which object of the branch cannot be read."""
        if not isinstance(error, damage.NOT_READ):
            return error
        for tip in (self.ref.read(), self.upstream.ref.seen()):
            broken = damage.first_unreadable(self.repository.path, tip)
            if broken is not None:
                gone = isinstance(error, KeyError)
                return DamagedObject(broken, "it is missing" if gone else str(error))
        return error
