"""Lines that leave the files of the branch, because other lines in it say so.

A log only grows, but what was taken back for good need not stand in everybody's files. Which lines
go is not known here: a log's format has a rule, given as a value. The join unites, then leaves out
what the rule says by the lines of the union. Each line is judged alone, and what says that others
go never goes itself, so it makes no difference when that is done: the join stays commutative,
associative and idempotent. The history still holds what went.

Files never vanish: one of which every line went stays, empty, so that the next segments are found.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Final

import pygit2
from msgspec import Struct, field

from gitstore.format import Format, Judge, MergeRule, Omission
from gitstore.line import Reader, normal, normal_rows, split
from gitstore.merge import changed_files, entry_at
from gitstore.objects import Objects
from gitstore.tree import overlay

MOST_TIMES: Final = 3
"""How often lines that somebody brings back are left out again."""

log = logging.getLogger(__name__)


class Omitter(Struct, dict=True):
    """Leaves lines out of trees.

    It remembers the last tree that it saw, of which nothing has to go, so that the cost follows
    what changed; all files are read only when there is more to leave out than before.

    Args:
        objects: where trees are read and written.
        format: which files are part of the log, and the rule.
        kept: how many lines stay although they are to go, because somebody brings them back.
    """

    objects: Objects
    format: Format
    kept: int = 0
    _seen: pygit2.Oid | None = None
    _said: dict[str, frozenset[bytes]] = field(default_factory=dict)
    _back: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.reader = Reader(self.format)

    def cleaned(
        self, tree: pygit2.Oid, brought: Iterable[pygit2.Oid] = (), name: str = ""
    ) -> pygit2.Oid:
        """The tree without the lines that are to go.

        Args:
            tree: of the branch, or what becomes of it.
            brought: trees of others that are united in it. Lines that one of them holds although
                it says that they go were brought back by an older program; after some times they
                stay, until there is more to leave out.
            name: tells one such time from another.
        """
        omission = self.format.omission
        if omission is None:
            return tree
        try:
            return self._cleaned(omission, tree, brought, name)
        except KeyError:
            if self._seen is None:
                raise
            self._seen = None  # what an attempt wrote that came to nothing may be gone
            return self._cleaned(omission, tree, brought, name)

    def _cleaned(
        self, omission: Omission, tree: pygit2.Oid, brought: Iterable[pygit2.Oid], name: str
    ) -> pygit2.Oid:
        before = self._told
        self._said = self._signed(omission, self._seen, tree, self._said)
        if self._told != before:
            self._seen, self.kept = None, 0
            self._back.clear()
        judge = omission.rule(self._told) if self._told else None
        if judge is None or len(self._back) >= MOST_TIMES:
            self._seen = tree
            return tree
        files, count = self._without(judge, self._seen, tree)
        if count and any(self._knows(omission, each) for each in brought):
            self._back.add(name)
        if len(self._back) >= MOST_TIMES:
            log.warning("%d lines that were to go are brought back each time; they stay", count)
            self.kept, self._seen = count, tree
            return tree
        self._seen = overlay(self.objects, tree, files) if files else tree
        return self._seen

    @property
    def _told(self) -> frozenset[bytes]:
        """The lines that say what goes."""
        return frozenset().union(*self._said.values())

    def _signed(
        self,
        omission: Omission,
        old: pygit2.Oid | None,
        new: pygit2.Oid,
        known: dict[str, frozenset[bytes]],
    ) -> dict[str, frozenset[bytes]]:
        """The lines with the sign in each file of the shard that has any.

        Args:
            old: a tree of which `known` is that.
        """
        repository = self.objects.repository
        found = {path: lines for path, lines in known.items() if entry_at(repository, new, path)}
        for path, _, blob in changed_files(repository, old, new):
            place = self.format.shard_of(path)
            if place is None or place[0] != omission.shard:
                continue
            data = self.objects.data(blob)
            found.pop(path, None)
            if omission.sign in data:
                found[path] = frozenset(raw for _, raw in split(data) if omission.sign in raw)
        return found

    def _without(
        self, judge: Judge, clean: pygit2.Oid | None, tree: pygit2.Oid
    ) -> tuple[dict[str, bytes], int]:
        """Files of which lines go, without these; and how many lines that are."""
        files, count = {}, 0
        for path, was, now in changed_files(self.objects.repository, clean, tree):
            if not self.format.is_log(path):
                continue
            fresh = self.objects.added(path, was, now)
            going = {line.raw for line in fresh if judge(path, line.raw)}
            if going:
                data = self.objects.data(now)
                files[path] = self._in_form(path, b"".join(_others(data, going)))
                count += len(going)
        return files, count

    def _in_form(self, path: str, data: bytes) -> bytes:
        """The file as a join with any other writes it."""
        if self.format.rule(path) is MergeRule.ROWS:
            return normal_rows((data,), self.reader)
        return normal(path, (data,), self.reader)

    def _knows(self, omission: Omission, other: pygit2.Oid) -> bool:
        """Whether a tree says everything that is said of what goes."""
        said = self._signed(omission, None, other, {})
        return self._told <= frozenset().union(*said.values())


def _others(data: bytes, going: set[bytes]) -> Iterator[bytes]:
    return (raw + b"\n" for _, raw in split(data) if raw not in going)
