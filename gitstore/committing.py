"""How lines come into the branch: from the journal, and from the files of its worktree."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from gitstore.format import Format, MergeRule
from gitstore.joining import Joining
from gitstore.journal import Journal, by_shard
from gitstore.leaving_out import without
from gitstore.merge import Join
from gitstore.mover import Mover
from gitstore.segments import Segments
from gitstore.tip import Tip
from gitstore.tree import is_safe, overlay
from gitstore.unsent import Unsent
from gitstore.worktree import Worktree

MOST_TURNS: Final = 4
"""How often files that others write to without a pause are followed and taken in by one commit."""

log = logging.getLogger(__name__)


class Committing(Struct, frozen=True):
    """Moves what was acknowledged into the branch.

    Args:
        journal: what is acknowledged and not in the branch yet.
        format: names and keys.
        mover: makes commits and moves the branch.
        segments: which file a line goes to.
        worktree: the files of the branch that an older program works in.
        unsent: what the branch shall not have.
        joining: brings back what a local hand took out of the branch.
    """

    journal: Journal
    format: Format
    mover: Mover
    segments: Segments
    worktree: Worktree
    unsent: Unsent
    joining: Joining

    def commit(self, message: str = "") -> Tip | None:
        """See `gitstore.log.Log.commit`."""
        self.mover.mend()
        self.unsent.take_back()
        self.joining.regain()
        came_in = self.take_in()
        records = list(self.journal.records)
        if not records:
            return self._keep_in_step() or came_in
        made = self._commit_lines(by_shard(records), message)
        if made is None:
            # Whoever moved the branch may have been killed before that was durable.
            self.mover.ref.settle()
        self.journal.trim(records[-1].end)
        self.segments.unsure = False
        return self._keep_in_step() or made or came_in

    def rescue(self) -> int:
        """See `gitstore.log.Log.rescue`."""
        made = self._commit_lines(by_shard(list(self.journal.records)))
        return made.lines if made else 0

    def take_in(self) -> Tip | None:
        """See `gitstore.log.Log.take_in`."""
        looked_at, lines = "", 0
        moment = str(self.mover.elapsed_ns())

        def united(tip: str) -> str | None:
            nonlocal looked_at, lines
            looked_at = tip
            step = self.worktree.step(tip)
            if step is None:
                return None
            tree = whole = self.mover.tree(tip)
            for other in step.trees:
                whole = Join(self.mover.objects, self.format).trees(whole, other)
            whole = self.joining.omitter.cleaned(whole, step.trees, moment)
            is_out = self.unsent.is_kept_out
            whole = without(self.mover.objects, self.format, whole, is_out, beside=tree)
            lines = step.lines
            return None if whole == tree else self.mover.commit(whole, [tip])

        moved = self.mover.move(united)
        self.worktree.came_in(moved[1] if moved else looked_at)
        if moved is None:
            return None
        log.info("%d lines came in from the worktree", lines)
        return Tip(moved[1], moved[0], lines)

    def put(self, path: str, data: bytes, message: str) -> Tip | None:
        """See `gitstore.log.Log.put`."""
        parts = path.split("/")
        if self.format.rule(path) is not MergeRule.OPAQUE or len(parts) > 2 or not is_safe(path):
            raise ValueError(f"{path!r} is no place for a file beside the log")
        self.take_in()

        def with_file(tip: str) -> str | None:
            tree = self.mover.tree(tip)
            whole = overlay(self.mover.objects, tree, {path: data})
            return None if whole == tree else self.mover.commit(whole, [tip], message)

        moved = self.mover.move(with_file)
        if moved is None:
            return None
        self.worktree.follow(moved[1])
        return Tip(moved[1], moved[0], 0)

    def _keep_in_step(self) -> Tip | None:
        """Has the worktree follow; a commit of what was written to it meanwhile."""
        made = None
        for _ in range(MOST_TURNS):
            self.worktree.follow(self.mover.tip)
            if not self.worktree.is_overtaken:
                break
            made = self.take_in() or made
        return made

    def _commit_lines(self, shards: Mapping[str, list[bytes]], message: str = "") -> Tip | None:
        lines = 0

        def with_lines(tip: str) -> str | None:
            nonlocal lines
            tree = self.mover.tree(tip)
            whole, lines = self.segments.added_to(tree, shards)
            whole = self.joining.omitter.cleaned(whole)
            if whole == tree:
                return None
            made = self.mover.commit(whole, [tip], message)
            # From when the branch moves until the journal is trimmed, both hold the lines.
            self.segments.unsure = True
            return made

        moved = self.mover.move(with_lines)
        return Tip(moved[1], moved[0], lines) if moved else None
