"""Which commits of HEAD the base branch does not have, and where the two part.

libgit2 could be asked for both, but neither walk of its can be given a deadline, and both hold the
interpreter while they run. So the walk is ours, one commit at a time, newest first: each commit is
painted with the side that reaches it, until only commits of both sides are left to look at, and
older ones than all of HEAD's. Clocks disagree and seconds are long, so a commit may turn out to be
of both sides after it was walked as one's; then it is walked again, and so are its parents.
"""

from __future__ import annotations

import heapq
from typing import Final

import pygit2
from msgspec import Struct

from thrum.daemon.work.deadline import Deadline

BASES: Final = ("refs/remotes/origin/main", "refs/remotes/origin/master")
"""Where work goes in the end; the first that exists."""

BACK: Final = 10
"""Where there is none: so many commits before HEAD."""

MOST_WALKED: Final = 50_000
"""Commits; two branches that lie further apart are not compared."""

_OURS: Final = 1
_THEIRS: Final = 2
_BOTH: Final = _OURS | _THEIRS

Oid = pygit2.Oid


class Ahead(Struct, frozen=True):
    """What HEAD has and the base has not.

    Attributes:
        commits: the newest first.
        fork: the newest commit that both have; None if they share no history.
    """

    commits: list[pygit2.Commit]
    fork: Oid | None


def base(repository: pygit2.Repository, head: Oid) -> Oid | None:
    """The commit that work is compared with; None if the history is too short to have one."""
    for name in BASES:
        reference = repository.references.get(name)
        if reference is not None:
            return reference.peel(pygit2.Commit).id
    found: Oid | None = head
    for _ in range(BACK):
        commit = _commit(repository, found) if found else None
        found = commit.parent_ids[0] if commit and commit.parent_ids else None
    return found


def ahead(
    repository: pygit2.Repository, head: Oid, base: Oid, deadline: Deadline | None = None
) -> Ahead:
    """Compares the two.

    Raises:
        Expired: the deadline.
    """
    walk = _Walk(repository)
    walk.paint(head, _OURS)
    walk.paint(base, _THEIRS)
    for _ in range(MOST_WALKED):
        if walk.is_over():
            return walk.result()
        (deadline or Deadline()).check()
        walk.step()
    return Ahead([], None) if walk.undecided else walk.result()


def _commit(repository: pygit2.Repository, oid: Oid) -> pygit2.Commit | None:
    """The commit; None where a shallow clone ends."""
    found = repository.get(oid)
    return found if isinstance(found, pygit2.Commit) else None


class _Walk:
    """From both ends towards their common past.

    Attributes:
        undecided: commits in the queue that only one side is known to reach, or that were walked
            when only one was.
    """

    def __init__(self, repository: pygit2.Repository) -> None:
        self.repository = repository
        self.undecided = 0
        self._paint: dict[Oid, int] = {}
        self._known: dict[Oid, pygit2.Commit] = {}
        self._waiting: set[Oid] = set()
        self._queue: list[tuple[int, int, Oid]] = []
        self._single: dict[Oid, None] = {}
        self._fork: Oid | None = None
        self._oldest = float("inf")

    def is_over(self) -> bool:
        """Whether no walked commit of ours can turn out to be of both, if clocks were right."""
        return not self.undecided and (not self._queue or -self._queue[0][0] < self._oldest)

    def paint(self, oid: Oid, colour: int) -> None:
        """Adds a colour to a commit and queues it, also again if it was walked without it."""
        before = self._paint.get(oid, 0)
        after = before | colour
        if after == before:
            return
        if oid not in self._known:
            commit = _commit(self.repository, oid)
            if commit is None:
                return
            self._known[oid] = commit
        self._paint[oid] = after
        if oid in self._waiting:
            self.undecided -= after == _BOTH
            return
        self._waiting.add(oid)
        self.undecided += after != _BOTH or oid in self._single
        # The number keeps equal times in the order in which they were met.
        heapq.heappush(self._queue, (-self._known[oid].commit_time, len(self._known), oid))

    def step(self) -> None:
        """Walks the newest commit that is queued."""
        _, _, oid = heapq.heappop(self._queue)
        self._waiting.discard(oid)
        colour = self._paint[oid]
        self.undecided -= colour != _BOTH or oid in self._single
        if colour == _BOTH:
            self._fork = self._fork or oid
        else:
            self._single[oid] = None
            if colour == _OURS:
                self._oldest = min(self._oldest, self._known[oid].commit_time)
        for parent in self._known[oid].parent_ids:
            self.paint(parent, colour)

    def result(self) -> Ahead:
        """What was found, once nothing is undecided."""
        ours = [oid for oid in self._single if self._paint[oid] == _OURS]
        both = [oid for *_, oid in sorted(self._queue) if self._paint[oid] == _BOTH]
        fork = self._fork or next(iter(both), None)
        return Ahead([self._known[oid] for oid in ours], fork)
