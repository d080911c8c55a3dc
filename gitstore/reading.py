"""What a reader gets of the log: the lines of a commit, and those that it has not seen yet."""

from __future__ import annotations

from collections.abc import Iterator

import pygit2
from msgspec import Struct

from gitstore.cursor import Cursor, Since
from gitstore.format import Format
from gitstore.journal import Journal
from gitstore.line import Line, printable
from gitstore.merge import changed_files
from gitstore.mover import MOST_ATTEMPTS, Mover
from gitstore.unsent import Unsent


class Reading(Struct, frozen=True):
    """Reads the branch, what is on its way to it, and what the remote refuses.

    Args:
        mover: knows the branch's commits and trees.
        format: which files are the log's.
        journal: what is acknowledged and not in the branch yet.
        unsent: what waits beside the branch, and what nobody reads any more.
    """

    mover: Mover
    format: Format
    journal: Journal
    unsent: Unsent

    def read(self, at: str | None = None, shard: str | None = None) -> Iterator[Line]:
        """See `gitstore.log.Log.read`."""
        yield from self._lines(None, self.mover.tree(at or self.mover.tip), shard)

    def since(self, cursor: Cursor | None) -> Since:
        """See `gitstore.log.Log.since`: the difference of two trees, then the journal."""
        tip = self.mover.tip
        old = None
        if cursor and cursor.tip:
            try:
                old = self.mover.tree(cursor.tip)
            except (KeyError, ValueError, pygit2.GitError):
                old = None  # collected as garbage: start over
        generation, position, records = self.journal.since(
            cursor.generation if cursor else "", cursor.offset if cursor else 0
        )

        def lines() -> Iterator[Line]:
            if cursor is None or cursor.tip != tip:
                yield from self._lines_again(old, tip)
            waiting = [pair for record in records for pair in record.batch]
            for shard, raw in (*waiting, *self.unsent.held.lines()):
                yield Line(shard, -1, raw)

        is_going = self.unsent.withdrawals.is_going
        readable = (line for line in lines() if not is_going(line.raw))
        return Since(readable, Cursor(tip, generation, position))

    def _lines(
        self, old: pygit2.Oid | None, new: pygit2.Oid, shard: str | None = None
    ) -> Iterator[Line]:
        for path, was, now in changed_files(self.mover.repository, old, new):
            if self.format.is_log(path) and shard in {
                None,
                path,
                (self.format.shard_of(path) or [""])[0],
            }:
                yield from self.mover.objects.added(printable(path), was, now)

    def _lines_again(self, old: pygit2.Oid | None, tip: str) -> Iterator[Line]:
        """The lines that a commit added; from the start once more if an object was missing."""
        for attempt in range(MOST_ATTEMPTS):
            try:
                yield from self._lines(old, self.mover.tree(tip))
                return
            except (KeyError, pygit2.GitError) as error:
                self.mover.lacking(error, attempt)
