"""Finding out which lines a remote refuses, and bringing it all the others.

A server that scans what it is given (for secrets, sizes, paths) refuses a push as a whole and says
of its own accord at most one place. So what the remote lacks is offered by halves: what it takes is
there, and what it refuses is halved again, down to single lines. Each offer is one commit upon the
remote's, so nothing of our own history goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import pygit2
from msgspec import Struct, field

from gitstore.branch import root_commit
from gitstore.format import Format, MergeRule
from gitstore.held import HeldBack
from gitstore.line import Reader, normal
from gitstore.merge import changed_files, entry_at
from gitstore.mover import Mover
from gitstore.program import Answer, Outcome
from gitstore.tree import overlay
from gitstore.upstream import Upstream

MOST_OFFERS: Final = 80
"""Pushes of one search; the next one goes on with what is left."""


class Part(NamedTuple):
    """A line that the remote lacks, or with no bytes a whole file that is not one of lines."""

    path: str
    raw: bytes | None


class Sifted(Struct, dict=True):
    """What came of a search.

    Attributes:
        refused: the lines that the remote does not take.
        files: the paths of whole files that it does not take, with the reason.
        stopped: why the search ended early; None: all the others are at the remote.
        offers: how many pushes it took.
        taken: whether the remote took something.
    """

    refused: list[HeldBack] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    stopped: Answer | None = None
    offers: int = 0
    taken: bool = False


class Sifting(Struct, dict=True):
    """Searches in one repository.

    Args:
        mover: makes the commits that are offered; the branch stays where it is.
        upstream: the remote.
    """

    mover: Mover
    upstream: Upstream

    def __post_init__(self) -> None:
        self.format: Format = self.mover.format
        self.repository = self.mover.repository
        self.reader = Reader(self.format)

    def run(
        self, tip: str, parts: Sequence[Part] | None = None, *, is_open: bool = False
    ) -> Sifted:
        """Brings the remote what it takes.

        Args:
            tip: the commit whose lines and files are offered.
            parts: those that are offered; None for all that the remote lacks.
            is_open: it is known that the remote takes commits of the branch.

        Raises:
            LogError, OSError, KeyError, pygit2.GitError: the disk refuses.
        """
        found = Sifted()
        waiting = [list(self._lacking(tip) if parts is None else parts)]
        while waiting and found.stopped is None:
            offered = waiting.pop(0)
            if not offered:
                continue
            answer = self._offer(found, offered, tip)
            if answer.outcome is Outcome.OK:
                found.taken = True
            elif answer.outcome is not Outcome.REFUSED or found.offers >= MOST_OFFERS:
                found.stopped = answer
            elif len(offered) > 1:
                middle = len(offered) // 2
                waiting[:0] = [offered[:middle], offered[middle:]]
            elif not (found.taken or is_open or self._takes_nothing(found, tip)):
                # Not even nothing is taken: it is no line that is refused, but the branch.
                found.stopped = answer
            else:
                found.taken = True
                self._note(found, offered[0], answer.words)
        return found

    def _takes_nothing(self, found: Sifted, tip: str) -> bool:
        """Whether the remote takes a commit without anything in it."""
        return self._offer(found, [], tip).outcome is Outcome.OK

    @staticmethod
    def _note(found: Sifted, part: Part, words: str) -> None:
        if part.raw is None:
            found.files[part.path] = words
        else:
            found.refused.append(HeldBack(part.path, part.raw, words))

    def _base(self) -> str:
        """The commit that is built upon: the remote's, or the first one of all."""
        theirs = self.upstream.tip
        return theirs or root_commit(self.repository, self.format, self.mover.ref.disk)

    def _lacking(self, tip: str) -> list[Part]:
        old = self.mover.tree(self._base())
        parts: list[Part] = []
        for path, was, now in changed_files(self.repository, old, self.mover.tree(tip)):
            if self.format.rule(path) is not MergeRule.LINES:
                parts.append(Part(path, None))
                continue
            parts += [Part(path, line.raw) for line in self.mover.objects.added(path, was, now)]
        return parts

    def _offer(self, found: Sifted, parts: Sequence[Part], tip: str) -> Answer:
        """Pushes one commit with these parts upon what the remote has."""
        mover, base = self.mover, self._base()
        mover.objects.begin()
        tree = overlay(mover.objects, mover.tree(base), self._files(base, parts, tip))
        commit = mover.commit(tree, [base])
        mover.objects.settle(mover.ref.disk)
        found.offers += 1
        answer = self.upstream.git.push(commit)
        if answer.outcome is Outcome.OK:
            self.upstream.stands_at(commit)
        return answer

    def _files(self, base: str, parts: Sequence[Part], tip: str) -> dict[str, bytes]:
        """What the remote's files are with these parts in them."""
        lines: dict[str, list[bytes]] = {}
        files: dict[str, bytes] = {}
        for path, raw in parts:
            if raw is None:
                files[path] = self._data(self.mover.tree(tip), path)
            else:
                lines.setdefault(path, []).append(raw)
        for path, added in lines.items():
            sides = (self._data(self.mover.tree(base), path), b"\n".join(added))
            files[path] = normal(path, sides, self.reader)
        return files

    def _data(self, tree: pygit2.Oid, path: str) -> bytes:
        held = entry_at(self.repository, tree, path)
        return self.mover.objects.data(held[0]) if held else b""
