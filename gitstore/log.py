"""The log: appended lines go to the journal, from there to the branch, from there to the remote.

Threads: `Log.append` may be called from any thread. Everything else touches libgit2, which is not
thread-safe, and belongs to one thread at a time.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pygit2
from msgspec import Struct

from gitstore import packs
from gitstore.committing import Committing
from gitstore.cursor import Cursor, Since
from gitstore.disk import Disk, OsDisk
from gitstore.errors import DamagedObject
from gitstore.exchange import Exchange, Exchanger
from gitstore.format import Format
from gitstore.held import HeldBack
from gitstore.inspection import Inspection
from gitstore.joining import Joining
from gitstore.journal import Batch, Journal
from gitstore.line import Line, Reader, printable
from gitstore.mover import Mover
from gitstore.objects import Objects
from gitstore.packing import Packing
from gitstore.program import Answer, GitProgram
from gitstore.reading import Reading
from gitstore.ref import Ref, common_directory
from gitstore.repository import open_repository
from gitstore.segments import Segments
from gitstore.standing import Length, Opened, Standing
from gitstore.tip import Tip
from gitstore.unsent import Unsent
from gitstore.upstream import Upstream
from gitstore.withdrawals import digest
from gitstore.worktree import Linkage, Worktree

PACK_AT: Final = 200
"""Loose commits of the branch at which `Log.tidy` packs."""
SWEEP_EVERY_NS: Final = 120 * 10**9
MOST_OF_INDEX: Final = 64_000_000
"""Bytes of a pack's index up to which it is read at each opening; that of two million objects."""

log = logging.getLogger(__name__)


def _anything() -> None:
    """Refuses nothing."""


class Log(Struct, dict=True):
    """An open log. Use `Log.open`.

    Args:
        journal: what is acknowledged and not in the branch yet.
        format: names and keys.
        upstream: the remote that the branch is exchanged with.
        mover: makes commits and moves the branch.
        jitter: a number from 0 to 1 for back-off.
        opened: what was found and done at the opening.
    """

    journal: Journal
    format: Format
    upstream: Upstream
    mover: Mover
    jitter: Callable[[], float]

    def __post_init__(self) -> None:
        self.opened: Opened
        self.repository = self.mover.repository
        self.reader = Reader(self.format)
        self.objects = self.mover.objects
        self.segments = Segments(self.objects, self.format, bool(self.journal.records))
        beside = self.journal.path
        self.packing = Packing(self.repository, self.format.ref, beside.with_name("packs"))
        self.worktree = Worktree(
            self.repository,
            self.objects,
            self.format,
            beside.with_name("worktree-kept"),
            beside.with_name("worktree-tip"),
        )
        self.unsent = Unsent.beside(
            self.journal, self.mover, self.upstream, self.packing, self._followed
        )
        self.joining = Joining(self.mover, self.unsent.is_kept_out)
        self.exchanger = Exchanger(
            self.upstream, self.joining, self.unsent, self.jitter, self._followed
        )
        self.reading = Reading(self.mover, self.format, self.journal, self.unsent)
        self.committing = Committing(
            self.journal,
            self.format,
            self.mover,
            self.segments,
            self.worktree,
            self.unsent,
            self.joining,
        )
        self.length = Length(self.repository)
        self._loose_before: int | None = None
        self._sweep_at = 0

    def _followed(self, commit: str) -> None:
        self.worktree.follow(commit)

    @classmethod
    def open(
        cls,
        repository: Path,
        *,
        journal: Path,
        format: Format | None = None,
        disk: Disk | None = None,
        now_ns: Callable[[], int] = time.time_ns,
        elapsed_ns: Callable[[], int] = time.monotonic_ns,
        jitter: Callable[[], float] = random.random,
        sleep: Callable[[float], None] = time.sleep,
        environment: Mapping[str, str] | None = None,
        remote: str = "",
        demand: Callable[[], None] = _anything,
    ) -> Log:
        """Opens the log of the repository at or above a directory; makes the branch if need be.

        Cases: no branch here or at the remote as last fetched: the first commit is made, the same
        in every clone. Only the remote's: the local branch starts there. Both: they are joined by
        the next exchange.

        Args:
            repository: a directory in the repository.
            journal: the journal's file; its directory is made with mode 0700.
            format: names and keys.
            disk: the disk calls of journal and refs.
            now_ns: the clock, for commit dates and generations.
            elapsed_ns: nanoseconds that only go forward, for deadlines and pauses.
            jitter: a number from 0 to 1 for back-off.
            sleep: waits that many seconds.
            environment: what the git program inherits; the process's own if None.
            remote: the name of the remote; empty for the one that `gitstore.remote` chooses.
            demand: asked before the branch is moved or made again; raises `LogError` where the
                repository at that path is not the one any more that was opened.

        Raises:
            RepositoryError: the repository cannot be used.
            DamagedObject: libgit2 cannot be let at the packs.
            JournalError: the disk refuses the journal.
        """
        format, disk = format or Format(), disk or OsDisk()
        inherited = os.environ if environment is None else environment
        repo = open_repository(repository, inherited)
        for fault in packs.damaged_indexes(common_directory(repo) / "objects", MOST_OF_INDEX):
            raise DamagedObject("", f"{fault.path} is damaged: {fault.reason}")
        journal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

        def generation() -> str:
            return f"{now_ns()}-{int(jitter() * 0xFFFFFF):06x}"

        git = GitProgram.of(repo, format, inherited)
        upstream = Upstream(repo, format, git, disk, sleep, Inspection(repo), remote)
        objects = Objects(repo, format.author)
        ref = Ref(repo, format.ref, disk, sleep=sleep)
        mover = Mover(repo, upstream, objects, ref, now_ns, elapsed_ns, sleep, demand)
        log = cls(Journal.open(journal, disk, generation), format, upstream, mover, jitter)
        try:
            log.opened = Opened(mover.attach(), log.journal.torn, len(log.journal.damage))
        except BaseException:
            log.close()
            raise
        return log

    # -- asking --

    @property
    def tip(self) -> str:
        """The branch's commit.

        Raises:
            DamagedObject: it cannot be read.
            LogError: somebody deleted the branch and it cannot be made again.
        """
        return self.mover.tip

    def read(self, at: str | None = None, shard: str | None = None) -> Iterator[Line]:
        """The lines of a commit (the tip if None), of one shard or of all, file by file.

        One file is in memory at a time; no line is too long.
        """
        yield from self.reading.read(at, shard)

    def since(self, cursor: Cursor | None) -> Since:
        """Everything that a reader with this cursor has not seen, and the cursor after it.

        Computed from the difference of two trees and the journal. A reader may be given a line
        twice (a commit's lines were in the journal before), never not at all.
        """
        return self.reading.since(cursor)

    def standing(self) -> Standing:
        """Where the branch stands now, beside the remote as last seen.

        Raises:
            DamagedObject, LogError: as `tip`.
            KeyError, pygit2.GitError: history cannot be read.
        """
        remote = self.upstream.choose().name or ""
        tip, theirs = self.tip, self.upstream.tip
        if not remote:
            return Standing(tip, 0, 0, remote)
        if theirs is None:
            return Standing(tip, self.length.of(tip), 0, remote)
        ahead, behind = self.repository.ahead_behind(pygit2.Oid(hex=tip), pygit2.Oid(hex=theirs))
        return Standing(tip, int(ahead), int(behind), remote)

    @property
    def has_waiting(self) -> bool:
        """Whether the journal holds lines that no commit holds yet. Any thread."""
        return bool(self.journal.records)

    @property
    def worktree_trouble(self) -> tuple[str, ...]:
        """Files of the branch's worktree that could not be read or follow, and why."""
        trouble = sorted(self.worktree.trouble.items())
        return tuple(f"{printable(path)}: {words}" for path, words in trouble)

    @property
    def kept_lines(self) -> int:
        """How many lines are to leave the files and stay, because somebody brings them back."""
        return self.joining.omitter.kept

    @property
    def trouble(self) -> str:
        """Why nothing can be appended any more; empty while it can. Any thread."""
        return self.journal.trouble

    def id_of(self, line: bytes) -> str:
        """The id by which a line is known; empty if it has none."""
        return self.reader.keys(line).id

    def explained(self, error: Exception) -> Exception:
        """The error, or instead of libgit2's which object of the branch cannot be read."""
        return self.mover.explained(error)

    # -- writing --

    def append(self, batches: Sequence[Batch]) -> None:
        """Returns when the batches are on disk, by one write and one sync.

        Raises:
            JournalError: the disk refused; nothing was kept.
        """
        self.journal.append(batches)

    def commit(self, message: str = "") -> Tip | None:
        """Moves what the journal holds into the branch: blobs, trees, one commit, the ref.

        Args:
            message: the commit's; without one it says when it was made.

        Returns:
            The new commit, or None when the branch already held everything.

        Raises:
            LogError: git's lock is held, or the journal cannot be trimmed.
            OSError, pygit2.GitError: the disk refuses; the journal keeps the lines.
        """
        return self.committing.commit(message)

    def rescue(self) -> int:
        """Moves what the journal holds into the branch and leaves the journal as it is.

        For whoever lost the journal's file, or to whom it does not belong any more.

        Returns:
            How many lines the branch lacked.

        Raises:
            LogError, OSError, pygit2.GitError: as `commit`.
        """
        return self.committing.rescue()

    def take_in(self) -> Tip | None:
        """Commits what the files of the branch's worktree hold and the branch does not.

        Returns:
            The new commit, or None when there is no worktree or nothing new in it.

        Raises:
            LogError, OSError, pygit2.GitError: as `commit`; the files keep the lines.
        """
        return self.committing.take_in()

    def make_worktree(self) -> Linkage:
        """Makes the branch's worktree, or repairs it; what its files hold comes in first.

        Raises:
            LogError: what is there forbids it; the text says what to do.
            OSError, pygit2.GitError: the disk refuses.
        """
        self.take_in()
        return self.worktree.make(self.tip)

    def remove_worktree(self, *, keep: bool = False) -> list[Path]:
        """Removes the branch's worktree; what its files hold comes in first.

        Args:
            keep: move files that are not the branch's out of the way instead of refusing.

        Returns:
            Where the files that were in the way are now.

        Raises:
            LogError: it is locked or of another branch, or files would be lost.
            OSError, pygit2.GitError: the disk refuses.
        """
        self.take_in()
        return self.worktree.remove(self.tip, keep=keep)

    def put(self, path: str, data: bytes, message: str) -> Tip | None:
        """Commits a file that is no part of the log, such as ``context/alice.md``.

        Two clones that put one file agree on one of the two; both stay in the history.

        Args:
            path: at the root or one folder deep.
            data: all of the file.
            message: the commit's.

        Returns:
            The new commit, or None when the branch holds the file like this.

        Raises:
            ValueError: the path is one of the log's, or cannot be one in a tree.
            LogError, OSError, pygit2.GitError: as `commit`.
        """
        return self.committing.put(path, data, message)

    # -- exchanging --

    def exchange(self, deadline_s: float = 60.0, *, insist: bool = False) -> Exchange:
        """Commits, then makes this branch and the remote's hold the same.

        The fewest processes that can do it: with something to give, a push, whose success proves
        that there was nothing to take; otherwise ls-remote, and a fetch only when the remote's
        tip is another one. A rejected push is followed by fetch, join and another push, with
        growing pauses.

        Fetching never depends on pushing: where nothing can be pushed, what others wrote comes in.
        What the remote did not take is offered again after a pause, unless something is new.

        Args:
            deadline_s: seconds after which no further git program is started, and a running one
                is ended. What was done by then counts, and the next exchange goes on from there.
            insist: offer the remote also what it refused a moment ago.

        Raises:
            LogError, OSError, pygit2.GitError: as `commit`.
        """
        result = Exchange(committed=self.commit())
        self.exchanger.run(result, deadline_s, insist=insist)
        return result

    def rejoin(self, cursor: Cursor | None) -> bool:
        """Brings back what the branch held when a reader got this cursor, if it lost it since.

        A branch that was deleted, moved back, or committed to from files that were behind says
        nothing about its lines: like a file that is gone, they come back. True when the branch
        moved.

        Raises:
            LogError, OSError, pygit2.GitError: as `commit`.
        """
        moved = self.joining.rejoin(cursor.tip) if cursor and cursor.tip else None
        if moved:
            self.worktree.follow(moved)
        return moved is not None

    # -- what only this clone has; see `gitstore.unsent` --

    @property
    def held_back(self) -> tuple[HeldBack, ...]:
        """The lines that the remote refuses, which wait beside the branch. Any thread."""
        return self.unsent.held.told()

    def look(self) -> Answer:
        """Asks the remote what it has, so that `has_left` can tell; the branch stays as it is.

        Returns:
            OK, NO_SUCH_BRANCH or NO_REMOTE; else why nobody can tell.
        """
        choice = self.upstream.choose()
        return choice.refusal if choice.name is None else self.upstream.git.fetch()

    def has_left(self, raws: Iterable[bytes]) -> set[bytes]:
        """Those of the lines that the remote's branch, as last seen, holds."""
        return self.unsent.at_remote(raws)

    def begin_withdrawal(self, note: str, raws: Iterable[bytes]) -> None:
        """Returns when it is durable that these lines go, which nobody reads any more. Any thread.

        Args:
            note: what `withdrawals` gives back, for who goes on after a kill; not empty.
            raws: the lines. Of those, `withdraw` lets be what has left.

        Raises:
            OSError: the disk refuses; nothing goes.
        """
        self.unsent.withdrawals.begin(note, raws)

    @property
    def withdrawals(self) -> tuple[str, ...]:
        """The notes of those that were begun and not ended."""
        return tuple(each.note for each in self.unsent.withdrawals.open)

    def withdraw(self) -> list[str]:
        """Takes what was withdrawn out of journal, branch and objects.

        Returns:
            Where it may still be, a sentence each.

        Raises:
            LogError, OSError, pygit2.GitError: the disk refuses; the next commit goes on.
        """
        return self.unsent.take_back()

    def remaining(self, note: str) -> list[Line]:
        """The lines of a withdrawal that the branch holds all the same, because they have left.

        Raises:
            LogError, KeyError, pygit2.GitError: the branch cannot be read.
        """
        digests = self.unsent.withdrawals.digests_of(note)
        return [line for line in self.read() if digest(line.raw) in digests]

    def end_withdrawal(self, note: str) -> None:
        """Notes that nothing of a withdrawal is left to do.

        Raises:
            OSError: the disk refuses.
        """
        self.unsent.withdrawals.finished(note)

    def use_remote(self, name: str) -> None:
        """From the next exchange on it is this remote; empty for `gitstore.remote`'s choice."""
        self.upstream.wanted = name

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every place that a push goes to, as of now.

        Raises:
            LogError: git does not say it.
        """
        return self.upstream.addresses

    def abort(self) -> None:
        """Ends the git program that runs, and has none started from now on. Any thread."""
        self.upstream.git.owner.abort()

    # -- looking after --

    def tidy(self) -> int:
        """Packs our loose objects when there are many; how many were packed.

        Once in a while it also removes what processes that were killed left behind.
        """
        self.mover.mend()
        if self.mover.elapsed_ns() >= self._sweep_at:
            self._sweep_at = self.mover.elapsed_ns() + SWEEP_EVERY_NS
            self.upstream.leftovers.sweep()
            self.packing.sweep()
        moves = self.mover.moves
        if self._loose_before is None:
            self._loose_before = self.packing.loose_commits(self.tip, PACK_AT) - moves
        if self._loose_before + moves < PACK_AT:
            return 0
        self._loose_before = -moves
        return self.packing.pack(self.tip)

    def close(self) -> None:
        """Closes the journal, and the packs that libgit2 has open; the branch needs nothing."""
        self.journal.close()
        self.unsent.close()
        self.repository.free()
