"""Exchanging the branch with the remote until both hold the same."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Final

import pygit2
from msgspec import Struct, field

from gitstore.joining import Joining
from gitstore.line import Conflict, printable
from gitstore.mover import MOST_ATTEMPTS
from gitstore.program import Answer, Outcome
from gitstore.recent import brought
from gitstore.sifting import Sifted
from gitstore.tip import Tip
from gitstore.unsent import Unsent
from gitstore.upstream import Upstream

MOST_FETCHES: Final = 3
MOST_PUSHES: Final = 200
SHUT_NS: Final = 60 * 10**9
"""How long a commit that was not taken is not offered again; each time twice as long."""
MOST_SHUT_NS: Final = 1800 * 10**9
CANNOT_PUSH: Final = "cannot push: "
_READ: Final = frozenset({Outcome.OK, Outcome.NO_SUCH_BRANCH})
"""How a look ends that tells what the remote has."""
_VANISHES: Final = "what is fetched goes at once; is somebody running git prune in a loop?"

log = logging.getLogger(__name__)


class Exchange(Struct, dict=True):
    """What came of one exchange with the remote.

    Attributes:
        outcome, words: how it ended; of a push that failed it is that push's.
        committed: the commit that was made of the journal.
        fetched, merged, pushed: what was done.
        reads: whether the remote told what it has, though nothing could be pushed.
        attempts, processes: pushes, and all git programs.
        conflicts: lines that claimed one id.
    """

    outcome: Outcome = Outcome.NOTHING_TO_DO
    words: str = ""
    committed: Tip | None = None
    fetched: bool = False
    merged: bool = False
    pushed: bool = False
    reads: bool = False
    attempts: int = 0
    processes: int = 0
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether both sides are known to hold the same now."""
        return self.outcome in {Outcome.OK, Outcome.NOTHING_TO_DO}


class Shut(Struct, frozen=True):
    """A push that failed although the remote can be read.

    Attributes:
        tip: the commit that was not taken.
        answer: how the push failed.
        pause_ns: how long that commit is not offered again.
        until_ns: the end of this time.
    """

    tip: str
    answer: Answer
    pause_ns: int
    until_ns: int


class Exchanger(Struct, dict=True):
    """Exchanges one branch.

    Args:
        upstream: the remote.
        joining: joins what was fetched into the branch.
        unsent: looks after what only this clone has.
        jitter: a number from 0 to 1 for back-off.
        moved: called with each commit that a join moved the branch to.
    """

    upstream: Upstream
    joining: Joining
    unsent: Unsent
    jitter: Callable[[], float]
    moved: Callable[[str], None]
    _shut: Shut | None = None
    _took: str | None = None

    def __post_init__(self) -> None:
        self.mover = self.joining.mover
        self.repository = self.mover.repository

    def run(self, result: Exchange, deadline_s: float, *, insist: bool = False) -> None:
        """Makes the branch and the remote's hold the same; `result` says what was done.

        Args:
            result: what has happened already; the rest is added.
            deadline_s: seconds after which no further git program is started, and a running one
                is ended.
            insist: offer the remote also what it refused a moment ago.

        Raises:
            LogError, OSError, pygit2.GitError: as `Mover.move`.
        """
        choice = self.upstream.choose()
        if choice.name is None:
            result.outcome, result.words = choice.refusal.outcome, choice.refusal.words
            return
        git, now_ns = self.upstream.git, self.mover.elapsed_ns
        started = git.started
        until = now_ns() + int(deadline_s * 1e9)
        git.left_s = lambda: (until - now_ns()) / 1e9
        try:
            self._converge(result, insist=insist)
            if result.ok:
                self._offer_again(result, insist=insist)
        finally:
            git.left_s = lambda: math.inf
        result.processes = git.started - started

    def _converge(self, result: Exchange, *, insist: bool) -> None:
        self.upstream.leftovers.clear_locks(self.mover.sleep)
        known = self.upstream.tip
        if known is not None and not self._has_arrived(known):
            known = self.upstream.tip
        if known is not None and known != self._took:
            # The user's own `git fetch` moves the tracking ref too.
            result.merged = self.join_remote(result.conflicts)
        if known is not None and known == self.mover.tip:
            found = self._look(result)
            if found is Outcome.OK and self.upstream.tip == self.mover.tip:
                return
        elif known is None or self._shut is not None:
            found = self._look(result) if known else self._took_all(result)
        else:
            found = Outcome.OK
        if found not in _READ:
            return
        if self._is_open(result, insist=insist):
            self._give(result)

    def _look(self, result: Exchange) -> Outcome:
        """Asks where the remote's branch is, and takes what is new."""
        answer = self.upstream.git.ls_remote()
        if answer.outcome not in _READ:
            result.outcome, result.words = answer.outcome, answer.words
        if answer.outcome is not Outcome.OK or answer.tip == self.upstream.tip:
            return answer.outcome
        return self._took_all(result)

    def _took_all(self, result: Exchange) -> Outcome:
        return Outcome.OK if self._take(result) else result.outcome

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
            self.mover.recent.keep(self.repository, arrived, self.mover.elapsed_ns() / 1e9)
        except (KeyError, ValueError, pygit2.GitError) as error:
            log.warning("what was fetched has gone and is fetched again: %s", error)
            self.mover.mend(at_once=True)  # it may be ours that has gone, on which theirs stands
            self.upstream.ref.swap(theirs, tip)
            return False
        return True

    def _is_open(self, result: Exchange, *, insist: bool) -> bool:
        """Whether a push is worth trying; if not, `result` says why the last one failed."""
        shut, tip = self._shut, self.mover.tip
        if shut is None or insist or shut.tip != tip or self.mover.elapsed_ns() >= shut.until_ns:
            return True
        if tip == self.upstream.tip:
            return True
        result.reads = True
        result.outcome, result.words = shut.answer.outcome, f"{CANNOT_PUSH}{shut.answer.words}"
        return False

    def _give(self, result: Exchange) -> None:
        """Pushes, and after each rejection takes what was faster and pushes again.

        While others move the remote on, they all get there in turn, and only the deadline ends it.
        A remote that rejects and stands still is let be after some attempts.
        """
        standing = 0
        self.unsent.sign()
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
                self._shut = None
                self.upstream.stands_at(tip)
                self._took = tip
                return
            if answer.outcome is not Outcome.REJECTED:
                self._not_given(result, tip, answer)
                return
            self.mover.sleep(self.jitter() * min(0.05 * 2**attempt, 2.0))
            before = self.upstream.tip
            if not self._take(result):
                return
            standing = standing + 1 if self.upstream.tip == before else 0
            if standing == MOST_ATTEMPTS:
                break
        result.outcome = answer.outcome

    def _not_given(self, result: Exchange, tip: str, answer: Answer) -> None:
        """After a push that failed: what others wrote comes in all the same."""
        result.reads = self._look(result) in _READ
        if result.reads and answer.outcome is Outcome.REFUSED:
            found = self.unsent.sift()
            if found.stopped is None:
                self._sifted(result, found)
                return
            result.pushed, answer = found.taken, found.stopped
        result.outcome, result.words = answer.outcome, answer.words
        if result.reads:
            self._not_open(result, answer)

    def _not_open(self, result: Exchange, answer: Answer) -> None:
        """Lets a remote be for a while that can be read and takes nothing."""
        result.outcome, result.words = answer.outcome, f"{CANNOT_PUSH}{answer.words}"
        result.reads = True
        before = self._shut.pause_ns * 2 if self._shut else SHUT_NS
        pause = min(before, MOST_SHUT_NS)
        self._shut = Shut(self.mover.tip, answer, pause, self.mover.elapsed_ns() + pause)

    def _sifted(self, result: Exchange, found: Sifted) -> None:
        """After the remote got all that it takes."""
        result.pushed, result.reads = True, False
        result.outcome, result.words = Outcome.OK, ""
        self._shut, self._took = None, self.upstream.tip
        if found.files:
            words = "; ".join(f"{printable(path)}: {why}" for path, why in found.files.items())
            self._not_open(result, Answer(Outcome.REFUSED, words))

    def _offer_again(self, result: Exchange, *, insist: bool) -> None:
        """Offers what the remote refused; says what of it is still kept back."""
        found = self.unsent.offer_again(insist=insist)
        if found is not None and found.stopped is not None:
            result.outcome, result.words = found.stopped.outcome, found.stopped.words
            return
        if found is not None and found.taken:
            result.merged |= self.join_remote(result.conflicts)
            result.pushed = True
        self.unsent.release()
        held = self.unsent.held.told()
        if held:
            words = "; ".join(dict.fromkeys(each.words for each in held if each.words))
            what = f"{len(held)} event{'s' if len(held) > 1 else ''} (all else is there)"
            result.outcome, result.reads = Outcome.REFUSED, True
            result.words = f"{CANNOT_PUSH}{what}: {words}"

    def join_remote(self, conflicts: list[Conflict] | None = None) -> bool:
        """Joins the tracking ref into the branch. True when the branch moved.

        A fetched tip is not believed to hold what its history held: only the join of both trees
        says whether it is enough to move forward to it.

        Raises:
            LogError, OSError, pygit2.GitError: as `Mover.move`.
        """
        theirs: str | None = None

        def joined(ours: str) -> str | None:
            nonlocal theirs
            theirs = self.upstream.tip
            if theirs is None or theirs == ours:
                return None
            self.upstream.complete(theirs)
            return self.joining.joined(ours, theirs, conflicts)

        moved = self.mover.move(joined)
        self._took = theirs
        if moved:
            self.moved(moved[1])
        return moved is not None
