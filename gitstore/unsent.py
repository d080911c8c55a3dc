"""What only this clone has of the log: keeping back what the remote refuses, and taking back.

Commits that were never pushed are replaced (`gitstore.rewriting`), so that a line which must not go
out is in nothing that is pushed. What the remote refuses goes to `gitstore.held` first; what was
taken back is noted by `gitstore.withdrawals` first. Whoever is killed in between does it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import pygit2
from msgspec import Struct

from gitstore.erasing import Erasing, Tainted
from gitstore.format import Format
from gitstore.held import Held
from gitstore.journal import Journal
from gitstore.leaving_out import IsOut, log_files, without
from gitstore.line import split
from gitstore.mover import Mover
from gitstore.packing import Packing
from gitstore.rewriting import Rewriting
from gitstore.sifting import Part, Sifted, Sifting
from gitstore.upstream import Upstream
from gitstore.withdrawals import Withdrawals, digest

UNNAMED: Final = Format().author
"""Who signs where nobody is configured."""
OFFER_AGAIN_NS: Final = 3600 * 10**9
"""How long a line that was refused is not offered again by itself."""

log = logging.getLogger(__name__)


class Unsent(Struct, dict=True):
    """Looks after the lines that have not left.

    Args:
        journal: of the log.
        held: what the remote refuses.
        withdrawals: what was taken back.
        mover: moves the branch.
        upstream: the remote.
        erasing: takes objects away.
        moved: called with each commit that the branch was moved to.
    """

    journal: Journal
    held: Held
    withdrawals: Withdrawals
    mover: Mover
    upstream: Upstream
    erasing: Erasing
    moved: Callable[[str], None]
    _offer_at: int = 0
    _signed: str = ""

    def __post_init__(self) -> None:
        self.format = self.mover.format
        self.objects = self.mover.objects
        self.repository = self.mover.repository
        self.rewriting = Rewriting(self.mover, self.upstream)

    @classmethod
    def beside(
        cls,
        journal: Journal,
        mover: Mover,
        upstream: Upstream,
        packing: Packing,
        moved: Callable[[str], None],
    ) -> Unsent:
        """With its files beside the journal of a log."""
        disk, folder = journal.disk, journal.path.parent
        held = Held(folder / "held.jsonl", disk, journal.new_generation)
        withdrawals = Withdrawals(folder / "withdrawn.json", disk)
        erasing = Erasing(upstream.git, packing, mover.recent)
        return cls(journal, held, withdrawals, mover, upstream, erasing, moved)

    def close(self) -> None:
        """Gives the files back."""
        self.held.close()

    def is_kept_out(self, raw: bytes) -> bool:
        """Whether the branch must not get a line again from what it held before."""
        return raw in self.held or self.withdrawals.is_withdrawn(raw)

    def at_remote(self, raws: Iterable[bytes]) -> set[bytes]:
        """Those of the lines that the remote's branch, as last seen, holds."""
        return set(raws).intersection(self._remotes_lines())

    def _remotes_lines(self) -> Iterator[bytes]:
        """Every line of the remote's branch as last seen."""
        tip = self.upstream.tip
        if tip is None:
            return
        self.upstream.complete(tip)
        for _, data in log_files(self.objects, self.format, self.mover.tree(tip)):
            yield from (raw for _, raw in split(data))

    # -- taking back --

    def take_back(self) -> list[str]:
        """Takes what was taken back out of journal and branch; does it again after a kill.

        Returns:
            Where it may still be, a sentence each.

        Raises:
            LogError, OSError, KeyError, pygit2.GitError: the disk refuses; the next call goes on.
        """
        going = self.withdrawals.unerased
        if not going:
            return []
        going -= {digest(raw) for raw in self._remotes_lines()}

        def is_out(raw: bytes) -> bool:
            return digest(raw) in going

        self.journal.drop(is_out)
        self.held.drop(is_out)
        # What a killed process did not come to is named by nothing else any more.
        tainted = Tainted(self.repository, is_out, set(self.withdrawals.objects))
        self.rewriting.replace(
            tainted.commit,
            self._less(is_out),
            lambda commits: self.withdrawals.found(commits | tainted.ids),
        )
        self.moved(self.mover.tip)
        left = self.erasing.erase(tainted, set(self.withdrawals.objects))
        self.withdrawals.erased()
        return left

    def _less(self, is_out: IsOut) -> Callable[[pygit2.Oid], pygit2.Oid]:
        return lambda tree: without(self.objects, self.format, tree, is_out)

    # -- what the remote refuses --

    def sift(self) -> Sifted:
        """Finds out which lines the remote refuses, keeps them back, and brings it the rest.

        Raises:
            LogError, OSError, KeyError, pygit2.GitError: the disk refuses.
        """
        found = Sifting(self.mover, self.upstream).run(self.mover.tip)
        if found.stopped is not None or found.files:
            return found
        self.held.keep(found.refused)
        self._offer_at = self.mover.now_ns() + OFFER_AGAIN_NS
        for each in found.refused:
            log.warning("the remote refuses a line of %s: %s", each.shard, each.words)
        refused = {each.raw for each in found.refused}
        self.rewriting.replace(lambda commit: True, self._less(lambda raw: raw in refused))
        self.moved(self.mover.tip)
        return found

    def offer_again(self, *, insist: bool) -> Sifted | None:
        """Offers the remote what it refused, once in a while; None: nothing, or not now.

        Raises:
            LogError, OSError, KeyError, pygit2.GitError: the disk refuses.
        """
        parts = [Part(path, raw) for path, raw in self.held.lines()]
        if not parts or not (insist or self.mover.now_ns() >= self._offer_at):
            return None
        self._offer_at = self.mover.now_ns() + OFFER_AGAIN_NS
        found = Sifting(self.mover, self.upstream).run(self.mover.tip, parts, is_open=True)
        self.held.keep(found.refused)
        return found

    def release(self) -> None:
        """Forgets what was refused and is in the branch by now."""
        raws = {raw for _, raw in self.held.lines()}
        if raws:
            there = self.at_remote(raws)
            self.held.drop(lambda raw: raw in there)

    # -- who signs --

    def sign(self) -> None:
        """Has every commit of ours that will be pushed bear the author that is configured.

        Raises:
            LogError, OSError, KeyError, pygit2.GitError: as `Mover.move`.
        """
        tip = self.mover.tip
        if self.format.author == UNNAMED or tip == self._signed:
            return
        if self.rewriting.replace(self._is_anothers):
            log.info("what was not pushed yet bears the configured author now")
            self.moved(self.mover.tip)
        self._signed = self.mover.tip

    def _is_anothers(self, commit: str) -> bool:
        """Whether it is a commit of ours that bears another author than the configured one."""
        found = self.repository[commit].peel(pygit2.Commit)
        author = (found.author.name, found.author.email)
        ours = (self.format.commit_prefix, self.format.root_message)
        return author == UNNAMED or (
            author != self.format.author and found.message.startswith(ours)
        )
