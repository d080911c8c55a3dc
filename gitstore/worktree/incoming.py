"""What the worktree's files hold and the branch does not."""

from __future__ import annotations

import fcntl
import itertools
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pygit2
from msgspec import Struct
from pygit2.enums import SortMode

from gitstore.format import MergeRule
from gitstore.line import Reader, printable, split, whole_lines
from gitstore.merge import FILES, entry_at
from gitstore.objects import Objects
from gitstore.tree import overlay
from gitstore.worktree.files import read, read_all, signature_of
from gitstore.worktree.folder import Folder
from gitstore.worktree.ledger import Ledger, Seen
from gitstore.worktree.marker import Marker
from gitstore.worktree.replaced import Replaced

MOST_COMMITS: Final = 10_000
"""How many commits of others are looked at for lines that they left out."""

log = logging.getLogger(__name__)


class Step(NamedTuple):
    """What has to be joined with the branch.

    Attributes:
        trees: one with the files' versions, and those that somebody else may have committed over.
        lines: how many lines the files hold that are new.
    """

    trees: list[pygit2.Oid]
    lines: int


class Incoming(Struct, dict=True):
    """Reads the files.

    Args:
        objects: where the tree with the files' versions is written.
        reader: tells lines that nobody can read.
        folder: the worktree's.
        ledger: what is known of the files.
        marker: the commit that they were last in step with.
        replaced: files that may be written to although they were replaced.
    """

    objects: Objects
    reader: Reader
    folder: Folder
    ledger: Ledger
    marker: Marker
    replaced: Replaced

    def __post_init__(self) -> None:
        self.repository = self.objects.repository
        self.format = self.folder.format

    def step(self, commit: str) -> Step | None:
        """See `Worktree.step`."""
        if not self.folder.exists or not self.folder.linkage().holds_lines:
            return None
        at = self.marker.known()
        tree = self.repository[commit].peel(pygit2.Commit).tree_id
        trees = []
        if commit != at:
            # Somebody else moved the branch: who knows whether it still holds what came in.
            self.ledger.seen.clear()
            trees = list(self._committed_over(commit, at))
        news = self._all_news(tree)
        lines = sum(self._count_new(tree, path, data) for path, data in news.items())
        if news:
            trees.append(overlay(self.objects, tree, news))
        return Step(trees, lines) if trees else None

    def _committed_over(self, commit: str, at: str | None) -> Iterator[pygit2.Oid]:
        """The trees since the last commit that the files were in step with, that one included.

        An older program commits the files as they are, and files that were a step behind (we were
        killed, say) lack what our last commits brought.
        """
        if at is None or at not in self.repository:
            return
        walker = self.repository.walk(commit, SortMode.TOPOLOGICAL)
        walker.hide(at)
        for each in itertools.islice(walker, MOST_COMMITS):
            yield each.tree_id
        yield self.repository[at].peel(pygit2.Commit).tree_id

    def _all_news(self, tree: pygit2.Oid) -> dict[str, bytes]:
        ledger = self.ledger
        self.folder.patience.renew()
        ledger.fresh.clear()
        news = {}
        present = set()
        for path, file in self.folder.files():
            present.add(path)
            found = self._news(tree, path, file)
            if found is not None:
                news[path] = found
        for path in ledger.seen.keys() - present:
            if self.format.rule(path) is not MergeRule.OPAQUE:
                del ledger.seen[path]
                ledger.behind.add(path)  # it was taken away; it is written again
        for path, file in self.replaced.files():
            data = whole_lines(read(file), self.reader)
            news[path] = news.get(path, self._data_at(tree, path)) + data
        return news

    def _news(self, tree: pygit2.Oid, path: str, file: Path) -> bytes | None:
        """What the file holds, if the tree's version is another and it was not read before."""
        ledger = self.ledger
        held = entry_at(self.repository, tree, path)
        known = ledger.seen.get(path)
        if known and known.signature == signature_of(file.lstat()):
            if held is None or known.blob != held[0]:
                ledger.behind.add(path)
            return None
        try:
            with self.folder.patience.locked(file, fcntl.LOCK_SH) as handle:
                # Before the bytes: a line that comes in between makes it another file again.
                signature = signature_of(os.fstat(handle))
                data = read_all(handle)
        except OSError as error:
            ledger.complain(path, error)
            return None
        ledger.trouble.pop(path, None)
        blob = str(pygit2.hash(data))
        if held and held[0] == blob:
            ledger.seen[path] = Seen(signature, blob)
            return None
        ledger.fresh[path] = Seen(signature, blob)
        ledger.behind.add(path)
        if self.format.is_log(path):
            data = whole_lines(data, self.reader)
        return data or None

    def _count_new(self, tree: pygit2.Oid, path: str, data: bytes) -> int:
        """How many lines the tree lacks; says if nobody will be able to read some of them."""
        if not self.format.is_log(path):
            return 0
        new = {raw for _, raw in split(data)} - {raw for _, raw in split(self._data_at(tree, path))}
        bad = sum(not self.reader.keys(raw).id for raw in new)
        if bad and self.format.rule(path) is MergeRule.LINES:
            log.warning("%s: %d new lines that nobody can read are kept", printable(path), bad)
        return len(new)

    def _data_at(self, tree: pygit2.Oid, path: str) -> bytes:
        held = entry_at(self.repository, tree, path)
        return self.objects.data(held[0]) if held and held[1] in FILES else b""
