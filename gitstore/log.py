"""The log: appended lines go to the journal, from there to the branch, from there to the remote.

Threads: `Log.append` may be called from any thread. Everything else touches libgit2, which is not
thread-safe, and belongs to one thread at a time.
"""

from __future__ import annotations

import logging
import math
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import pygit2
from pygit2.enums import FileMode

from gitstore import damage, gc
from gitstore import remote as remotes
from gitstore.branch import Branch, ensure
from gitstore.disk import Disk, OsDisk
from gitstore.errors import DamagedObject, LogError
from gitstore.format import Format, MergeRule
from gitstore.journal import Batch, Journal
from gitstore.leftovers import Leftovers
from gitstore.line import Conflict, Line, Reader, new_lines, normal, printable, split
from gitstore.linkage import Linkage
from gitstore.loose import Inspection
from gitstore.merge import Folders, Join, changed_files, entries, entry_at
from gitstore.objects import Objects
from gitstore.packing import Packing
from gitstore.partial import complete, is_partial
from gitstore.program import GitProgram, Outcome
from gitstore.recent import Recent, brought
from gitstore.ref import Ref, common_directory
from gitstore.remote import Choice
from gitstore.repository import open_repository
from gitstore.tree import is_safe
from gitstore.worktree import Worktree

MOST_ATTEMPTS: Final = 12
MOST_TURNS: Final = 4
"""How often files that others write to without a pause are followed and taken in by one commit."""
MOST_FETCHES: Final = 3
MOST_PUSHES: Final = 200
PACK_AT: Final = 200
"""Loose commits of the branch at which `Log.tidy` packs."""
SWEEP_EVERY_NS: Final = 120 * 10**9
MEND_EVERY_NS: Final = 10**9
_MOVING: Final = "the branch {} does not stand still; is something moving it in a loop?"
_VANISHES: Final = "what is fetched goes at once; is somebody running git prune in a loop?"

log = logging.getLogger(__name__)


class Cursor(NamedTuple):
    """Up to where a reader has seen the log: a commit, and a place in the journal."""

    tip: str
    generation: str
    offset: int

    def to_text(self) -> str:
        """As one word, to be stored."""
        return f"{self.tip}:{self.generation}:{self.offset}"

    @classmethod
    def from_text(cls, text: str) -> Cursor:
        """The cursor that `to_text` wrote.

        Raises:
            ValueError: the text is something else.
        """
        tip, generation, offset = text.split(":")
        return cls(tip, generation, int(offset))


@dataclass(frozen=True, slots=True)
class Since:
    """What a reader has not seen: lines of the branch, then of the journal; then `cursor` holds."""

    lines: Iterator[Line]
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Tip:
    """A commit of ours: its id, its parent, and how many lines it added."""

    id: str
    parent: str
    lines: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What was found and done when the log was opened."""

    branch: Branch
    torn: Path | None
    damaged_records: int


@dataclass
class Exchange:
    """What came of one exchange with the remote."""

    outcome: Outcome = Outcome.NOTHING_TO_DO
    words: str = ""
    committed: Tip | None = None
    fetched: bool = False
    merged: bool = False
    pushed: bool = False
    attempts: int = 0
    processes: int = 0
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether both sides are known to hold the same now."""
        return self.outcome in {Outcome.OK, Outcome.NOTHING_TO_DO}


@dataclass
class Log:
    """An open log. Use `Log.open`."""

    repository: pygit2.Repository
    journal: Journal
    format: Format
    disk: Disk
    git: GitProgram
    now_ns: Callable[[], int]
    jitter: Callable[[], float]
    sleep: Callable[[float], None]
    opened: Opened = field(init=False)

    def __post_init__(self) -> None:
        self.reader = Reader(self.format)
        self.objects = Objects(self.repository, self.format.author)
        self.inspection = Inspection(self.repository)
        self.ref = Ref(self.repository, self.format.ref, self.disk, sleep=self.sleep)
        self.wanted_remote = ""
        self.tracking_ref = Ref(self.repository, self.format.tracking, self.disk, sleep=self.sleep)
        # The journal may hold lines that a commit holds already, after a crash or after a trim
        # that failed; then every segment of a shard is searched for them, until a trim succeeds.
        self._unsure = bool(self.journal.records)
        self._last_segment: dict[str, int] = {}
        known = self.journal.path.with_name("packs")
        self.packing = Packing(self.repository, self.format.ref, known)
        self._loose_commits: int | None = None
        common = common_directory(self.repository)
        self.leftovers = Leftovers(common, (self.tracking_ref.lock, common / "shallow.lock"))
        self.git.on_killed = self.leftovers.git_was_killed
        self.recent = Recent(common / "objects")
        self._sweep_at = self._mend_at = 0
        beside = self.journal.path
        self.worktree = Worktree(
            self.repository,
            self.objects,
            self.format,
            beside.with_name("worktree-kept"),
            beside.with_name("worktree-tip"),
        )

    @classmethod
    def open(
        cls,
        repository: Path,
        *,
        journal: Path,
        format: Format | None = None,
        disk: Disk | None = None,
        now_ns: Callable[[], int] = time.time_ns,
        jitter: Callable[[], float] = random.random,
        sleep: Callable[[float], None] = time.sleep,
        environment: Mapping[str, str] | None = None,
        remote: str = "",
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
            jitter: a number from 0 to 1 for back-off.
            sleep: waits that many seconds.
            environment: what the git program inherits; the process's own if None.
            remote: the name of the remote; empty for the one that `gitstore.remote` chooses.

        Raises:
            RepositoryError: the repository cannot be used.
            JournalError: the disk refuses the journal.
        """
        format, disk = format or Format(), disk or OsDisk()
        repo = open_repository(repository)
        journal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

        def generation() -> str:
            return f"{now_ns()}-{int(jitter() * 0xFFFFFF):06x}"

        environment = os.environ if environment is None else environment
        git = GitProgram(common_directory(repo), format, environment)
        log = cls(
            repo,
            Journal.open(journal, disk, generation),
            format,
            disk,
            git,
            now_ns,
            jitter,
            sleep,
        )
        log.wanted_remote = remote
        log.choose_remote()
        log._attach()
        return log

    def _attach(self) -> None:
        branch = ensure(self.repository, self.format, self.disk)
        self._complete(self.ref.read())
        self.opened = Opened(branch, self.journal.torn, len(self.journal.damage))

    def _complete(self, commit: str | None) -> None:
        """In a partial clone: fetches the files of a commit that were left at the remote."""
        if commit and is_partial(self.repository, self.format):
            complete(self.repository, commit, self.git)

    # -- asking --

    @property
    def tip(self) -> str:
        """The branch's commit.

        Raises:
            DamagedObject: it cannot be read.
            LogError: somebody deleted the branch under a running daemon.
        """
        tip = self.ref.read()
        if tip is None:
            self._attach()
            tip = self.ref.read()
        if tip is None:
            raise LogError(f"the branch {self.format.branch} cannot be created")
        self.inspection.inspect(tip)
        return tip

    @property
    def tracking(self) -> str | None:
        """The remote's commit as last seen.

        Raises:
            DamagedObject: it cannot be read.
        """
        found = self.tracking_ref.read()
        if found is not None:
            self.inspection.inspect(found)
        return found

    def choose_remote(self) -> Choice:
        """Turns to the remote that the branch is to be exchanged with now, if there is one."""
        choice = remotes.choose(self.repository, self.format.branch, self.wanted_remote)
        if choice.name and choice.name != self.format.remote:
            log.info("the branch is exchanged with %s", choice.name)
            self.format = self.git.format = replace(self.format, remote=choice.name)
            self.tracking_ref = Ref(
                self.repository, self.format.tracking, self.disk, sleep=self.sleep
            )
            shallow = common_directory(self.repository) / "shallow.lock"
            self.leftovers.locks = (self.tracking_ref.lock, shallow)
        return choice

    @property
    def has_remote(self) -> bool:
        """Whether there is a remote to exchange the branch with."""
        return self.choose_remote().name is not None

    @property
    def remote_addresses(self) -> tuple[str, ...]:
        """Where the remote is read from, first, and every other place that a push goes to."""
        if not self.has_remote:
            return ()
        remote = self.repository.remotes[self.format.remote]
        found = [remote.url, remote.push_url]
        for key in ("url", "pushurl"):
            several = list(self.repository.config.get_multivar(f"remote.{remote.name}.{key}"))
            # Git pushes to all of several; libgit2 knows one of them, rewritten by insteadOf.
            found += several if len(several) > 1 else []
        return tuple(dict.fromkeys(url for url in found if url))

    def ahead_behind(self) -> tuple[int, int]:
        """Commits that the remote lacks, and that we lack, as last seen."""
        theirs = self.tracking
        if theirs is None:
            return 0, 0
        ours = pygit2.Oid(hex=self.tip)
        ahead, behind = self.repository.ahead_behind(ours, pygit2.Oid(hex=theirs))
        return int(ahead), int(behind)

    def _tree(self, commit: str) -> pygit2.Oid:
        found = self.repository[commit].peel(pygit2.Commit)
        return found.tree_id

    def _data(self, blob: str) -> bytes:
        found = self.repository[blob]
        assert isinstance(found, pygit2.Blob)
        return found.data

    def _is_log(self, path: str) -> bool:
        return self.format.rule(path) in {MergeRule.LINES, MergeRule.ROWS}

    def read(self, at: str | None = None, shard: str | None = None) -> Iterator[Line]:
        """The lines of a commit (the tip if None), of one shard or of all, file by file.

        One file is in memory at a time; no line is too long.
        """
        yield from self._lines(None, self._tree(at or self.tip), shard)

    def _lines(
        self, old: pygit2.Oid | None, new: pygit2.Oid, shard: str | None = None
    ) -> Iterator[Line]:
        for path, was, now in changed_files(self.repository, old, new):
            if self._is_log(path) and shard in {
                None,
                path,
                (self.format.shard_of(path) or [""])[0],
            }:
                yield from new_lines(
                    printable(path), self._data(was) if was else b"", self._data(now)
                )

    def _lines_again(self, old: pygit2.Oid | None, tip: str) -> Iterator[Line]:
        """The lines that a commit added; from the start once more if an object was missing."""
        for attempt in range(MOST_ATTEMPTS):
            try:
                yield from self._lines(old, self._tree(tip))
                return
            except (KeyError, pygit2.GitError) as error:
                self._lacking(error, attempt)

    def since(self, cursor: Cursor | None) -> Since:
        """Everything that a reader with this cursor has not seen, and the cursor after it.

        Computed from the difference of two trees and the journal. A reader may be given a line
        twice (a commit's lines were in the journal before), never not at all.
        """
        tip = self.tip
        old = None
        if cursor and cursor.tip:
            try:
                old = self._tree(cursor.tip)
            except (KeyError, ValueError, pygit2.GitError):
                old = None  # collected as garbage: start over
        generation, position, records = self.journal.since(
            cursor.generation if cursor else "", cursor.offset if cursor else 0
        )

        def lines() -> Iterator[Line]:
            if cursor is None or cursor.tip != tip:
                yield from self._lines_again(old, tip)
            for record in records:
                for shard, raw in record.batch:
                    yield Line(shard, -1, raw)

        return Since(lines(), Cursor(tip, generation, position))

    # -- writing --

    def append(self, batches: Sequence[Batch]) -> None:
        """Returns when the batches are on disk; callers that come together share one sync.

        Raises:
            JournalError: the disk refused; nothing was kept.
        """
        self.journal.append(batches)

    def commit(self) -> Tip | None:
        """Moves what the journal holds into the branch: blobs, trees, one commit, the ref.

        Returns:
            The new commit, or None when the branch already held everything.

        Raises:
            LogError: git's lock is held, or the journal cannot be trimmed.
            OSError, pygit2.GitError: the disk refuses; the journal keeps the lines.
        """
        self._mend()
        came_in = self.take_in()
        records = list(self.journal.records)
        if not records:
            return self._keep_in_step() or came_in
        shards: dict[str, list[bytes]] = {}
        for record in records:
            for shard, raw in record.batch:
                shards.setdefault(shard, []).append(raw)
        made = self._commit_lines(shards)
        self.journal.trim(records[-1].end)
        self._unsure = False
        return self._keep_in_step() or made or came_in

    def _keep_in_step(self) -> Tip | None:
        """Has the worktree follow; a commit of what was written to it meanwhile."""
        made = None
        for _ in range(MOST_TURNS):
            self.worktree.follow(self.tip)
            if not self.worktree.is_overtaken:
                break
            made = self.take_in() or made
        return made

    def take_in(self) -> Tip | None:
        """Commits what the files of the branch's worktree hold and the branch does not.

        Returns:
            The new commit, or None when there is no worktree or nothing new in it.

        Raises:
            LogError, OSError, pygit2.GitError: as `commit`; the files keep the lines.
        """
        for attempt in range(MOST_ATTEMPTS):
            try:
                tip, made = self._try_take_in()
            except (KeyError, pygit2.GitError) as error:
                self._lacking(error, attempt)
                continue
            if made is None or self._install(tip, made.id):
                self.worktree.came_in(made.id if made else tip)
                if made:
                    self._last_segment.clear()
                    log.info("%d lines came in from the worktree", made.lines)
                return made
        raise LogError(_MOVING.format(self.format.branch))

    def _try_take_in(self) -> tuple[str, Tip | None]:
        """Writes a commit with what the worktree says on the present tip; None if that has it."""
        self.objects.begin()
        tip = self.tip
        step = self.worktree.step(tip)
        if step is None:
            return tip, None
        tree = self._tree(tip)
        united = tree
        for other in step.trees:
            united = Join(self.objects, self.format).trees(united, other)
        if united == tree:
            return tip, None
        return tip, Tip(self._make_commit(united, [tip]), tip, step.lines)

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

    def _commit_lines(self, shards: Mapping[str, list[bytes]]) -> Tip | None:
        for attempt in range(MOST_ATTEMPTS):
            try:
                tip, made = self._try_commit(shards)
            except (KeyError, pygit2.GitError) as error:
                self._lacking(error, attempt)
                continue
            if made is None:
                return None
            self._unsure = True
            if self._install(tip, made.id):
                return made
            self._last_segment.clear()
        raise LogError(_MOVING.format(self.format.branch))

    def _try_commit(self, shards: Mapping[str, list[bytes]]) -> tuple[str, Tip | None]:
        """Writes a commit with the lines on the present tip; None if the tip holds them all."""
        self.objects.begin()
        tip = self.tip
        tree = self._tree(tip)
        united, count = self._with_lines(tree, shards)
        if united == tree:
            return tip, None
        return tip, Tip(self._make_commit(united, [tip]), tip, count)

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
        parts = path.split("/")
        if self.format.rule(path) is not MergeRule.OPAQUE or len(parts) > 2 or not is_safe(path):
            raise ValueError(f"{path!r} is no place for a file beside the log")
        self.take_in()
        for attempt in range(MOST_ATTEMPTS):
            self.objects.begin()
            tip = self.tip
            try:
                tree = self._tree(tip)
                united = self._with_files(tree, {path: data})
                if united == tree:
                    return None
                made = self._make_commit(united, [tip], message)
            except (KeyError, pygit2.GitError) as error:
                self._lacking(error, attempt)
                continue
            if self._install(tip, made):
                self.worktree.follow(made)
                return Tip(made, tip, 0)
            self._last_segment.clear()
        raise LogError(_MOVING.format(self.format.branch))

    def _make_commit(self, tree: pygit2.Oid, parents: list[str], message: str = "") -> str:
        seconds = self.now_ns() // 1_000_000_000
        when = datetime.fromtimestamp(seconds, UTC)
        message = message or f"{self.format.commit_prefix}{when:%Y-%m-%dT%H:%M:%SZ}"
        return self.objects.commit(tree, message, parents, seconds)

    def _install(self, old: str | None, commit: str) -> bool:
        """Moves the ref; then looks whether a concurrent ``git gc --prune=now`` took the objects.

        Until the ref points at them new objects are garbage to anybody's gc. Seen missing here,
        the ref goes back and the caller starts over; the journal still holds the lines.
        """
        if not self.ref.swap(old, commit):
            return False
        gc.await_end(common_directory(self.repository), self.sleep)
        if self.objects.all_present() and self._kept():
            if self._loose_commits is not None:
                self._loose_commits += 1
            return True
        if old is not None:
            self.ref.swap(commit, old)
        return False

    def _kept(self) -> bool:
        """Keeps what was just made; False if it has gone already."""
        try:
            self.recent.keep(self.repository, self.objects.made, self.now_ns() / 1e9)
        except KeyError:
            return False
        self.inspection.trust(self.objects.made)
        return True

    def _mend(self, at_once: bool = False) -> None:
        """Puts back what somebody's prune took of the last commits. Looks once a second."""
        now = self.now_ns()
        if not at_once and now < self._mend_at:
            return
        self._mend_at = now + MEND_EVERY_NS
        count = self.recent.mend(now / 1e9)
        if count:
            log.warning("%d new objects had gone from the repository; they are back", count)

    def _lacking(self, error: Exception, attempt: int) -> None:
        """After an object could not be read or written: makes ready for the next attempt.

        Somebody's gc may have moved it from one pack to another meanwhile, or a prune taken it.

        Raises:
            DamagedObject: it was the last attempt, and it is known which object it is.
            LogError, pygit2.GitError: it was the last attempt.
        """
        if attempt + 1 < MOST_ATTEMPTS:
            self._mend(at_once=True)
            return
        found = self.explained(error)
        if isinstance(found, KeyError):
            found = LogError(f"the repository lacks an object for a moment: {error}")
        raise found from error

    def explained(self, error: Exception) -> Exception:
        """The error, or instead of libgit2's which object of the branch cannot be read."""
        if not isinstance(error, (KeyError, ValueError, pygit2.GitError)):
            return error
        for tip in (self.ref.read(), self.tracking_ref.read()):
            broken = damage.first_unreadable(self.repository.path, tip)
            if broken is not None:
                gone = isinstance(error, KeyError)
                return DamagedObject(broken, "it is missing" if gone else str(error))
        return error

    def _with_lines(
        self, tree: pygit2.Oid, shards: Mapping[str, list[bytes]]
    ) -> tuple[pygit2.Oid, int]:
        """The tree with the lines added to their shards' open segments, and how many were new."""
        files: dict[str, bytes] = {}
        folders = Folders(self.repository, tree)
        count = 0
        for shard, lines in sorted(shards.items()):
            number = self._open_segment(folders, shard)
            fresh = self._fresh(folders, shard, number, lines)
            while fresh:
                path = self.format.segment(shard, number)
                held = folders.entry(path)
                data = self._data(held[0]) if held else b""
                room = max(self.format.segment_bytes - len(data), 0)
                taken = taking(fresh, room) if room else 0
                if taken:
                    files[path] = self._added(path, data, fresh[:taken])
                    count += taken
                    fresh = fresh[taken:]
                if fresh:
                    number += 1
                self._last_segment[shard] = number
        return self._with_files(tree, files), count

    def _fresh(self, folders: Folders, shard: str, number: int, lines: list[bytes]) -> list[bytes]:
        """The lines, each once, less those that the shard holds already.

        Of two lines that claim one id the same one stands as in a merge, except against a file
        that is closed: nothing is taken out of that.
        """
        wanted: dict[str, tuple[str, bytes]] = {}
        for raw in lines:
            name, new = self._claim(raw)
            wanted[name] = min(wanted.get(name, new), new)
        first = 1 if self._unsure else number
        for n in range(first, number + 1):
            held = folders.entry(self.format.segment(shard, n))
            for _, raw in split(self._data(held[0])) if held else ():
                name, there = self._claim(raw)
                if name in wanted and (n < number or there <= wanted[name]):
                    del wanted[name]
        return [raw for _, raw in wanted.values()]

    def _claim(self, raw: bytes) -> tuple[str, tuple[str, bytes]]:
        """What a line is known by, and how it ranks among those that are known by the same."""
        keys = self.reader.keys(raw)
        return keys.id or raw.decode(errors="replace"), (keys.order, raw)

    def _added(self, path: str, data: bytes, lines: list[bytes]) -> bytes:
        return normal(path, (data, b"\n".join(lines)), self.reader)

    def _open_segment(self, folders: Folders, shard: str) -> int:
        """The number of a shard's last file, 1 if it has none: galloping, then halving."""

        def exists(number: int) -> bool:
            path = self.format.segment(shard, number)
            return folders.entry(path) is not None

        low = self._last_segment.get(shard, 1)
        if low > 1 and not exists(low):
            low = 1
        step = 1
        while exists(low + step):
            low, step = low + step, step * 2
        high = low + step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if exists(middle) else (low, middle)
        return low

    def _with_files(self, tree: pygit2.Oid, files: Mapping[str, bytes]) -> pygit2.Oid:
        """The tree with these files; folders are one deep at most."""
        folders: dict[str, dict[str, bytes]] = {}
        for path, data in files.items():
            folder, _, name = path.rpartition("/")
            folders.setdefault(folder, {})[name] = data
        root = self.repository.TreeBuilder(tree)
        for folder, inner in folders.items():
            builder = root
            if folder:
                held = entry_at(self.repository, tree, folder)
                is_tree = held is not None and held[1] == FileMode.TREE
                builder = (
                    self.repository.TreeBuilder(pygit2.Oid(hex=held[0]))
                    if held and is_tree
                    else self.repository.TreeBuilder()
                )
            for name, data in inner.items():
                builder.insert(name, self.objects.blob(data), FileMode.BLOB)
            if folder:
                root.insert(folder, self.objects.tree(builder), FileMode.TREE)
        return self.objects.tree(root)

    # -- exchanging --

    def exchange(self, deadline_s: float = 60.0) -> Exchange:
        """Commits, then makes this branch and the remote's hold the same.

        The fewest processes that can do it: with something to give, a push, whose success proves
        that there was nothing to take; otherwise ls-remote, and a fetch only when the remote's
        tip is another one. A rejected push is followed by fetch, join and another push, with
        growing pauses.

        Args:
            deadline_s: seconds after which no further git program is started, and a running one
                is ended. What was done by then counts, and the next exchange goes on from there.

        Raises:
            LogError, OSError, pygit2.GitError: as `commit`.
        """
        result = Exchange(committed=self.commit())
        choice = self.choose_remote()
        if choice.name is None:
            result.outcome = Outcome.FAILED if choice.words else Outcome.NO_REMOTE
            result.words = choice.words
            return result
        started = self.git.started
        until = self.now_ns() + int(deadline_s * 1e9)
        self.git.left_s = lambda: (until - self.now_ns()) / 1e9
        try:
            self._converge(result)
        finally:
            self.git.left_s = lambda: math.inf
        result.processes = self.git.started - started
        return result

    def _converge(self, result: Exchange) -> None:
        self.leftovers.clear_locks(self.sleep)
        known = self.tracking
        if known is not None and not self._has_arrived(known):
            known = self.tracking
        if known is not None and not self._holds(known):
            # The user's own `git fetch` moves the tracking ref too.
            result.merged = self.join_remote(result.conflicts)
        if known is not None and known == self.tip:
            answer = self.git.ls_remote()
            if answer.outcome is Outcome.OK and answer.tip == known:
                return
            if answer.outcome not in {Outcome.OK, Outcome.NO_SUCH_BRANCH}:
                result.outcome, result.words = answer.outcome, answer.words
                return
            if answer.outcome is Outcome.OK and not self._take(result):
                return
        elif known is None and not self._take(result):
            return
        self._give(result)

    def _holds(self, commit: str) -> bool:
        """Whether the branch is at the commit or was built upon it."""
        tip = pygit2.Oid(hex=self.tip)
        other = pygit2.Oid(hex=commit)
        return tip == other or self.repository.descendant_of(tip, other)

    def _take(self, result: Exchange) -> bool:
        """Fetches and joins. False: it failed and the result says how."""
        for _ in range(MOST_FETCHES):
            # A git that was killed together with us leaves the lock of the ref it was moving.
            self.tracking_ref.remove_stale_lock()
            answer = self.git.fetch()
            if answer.outcome is Outcome.NO_SUCH_BRANCH:
                return True
            if answer.outcome is not Outcome.OK:
                result.outcome, result.words = answer.outcome, answer.words
                return False
            result.fetched = True
            result.outcome = Outcome.OK
            theirs = self.tracking
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
        tip = self.tip
        if theirs == tip or is_partial(self.repository, self.format):
            return True
        try:
            arrived = brought(self.repository, theirs, tip)
            self.recent.keep(self.repository, arrived, self.now_ns() / 1e9)
        except (KeyError, ValueError, pygit2.GitError) as error:
            log.warning("what was fetched has gone and is fetched again: %s", error)
            self.tracking_ref.swap(theirs, tip)
            return False
        return True

    def _give(self, result: Exchange) -> None:
        """Pushes, and after each rejection takes what was faster and pushes again.

        While others move the remote on, they all get there in turn, and only the deadline ends it.
        A remote that rejects and stands still is let be after some attempts.
        """
        standing = 0
        for attempt in range(MOST_PUSHES):
            tip = self.tip
            if result.fetched and tip == self.tracking:
                result.outcome = Outcome.OK
                return
            result.attempts += 1
            answer = self.git.push(tip)
            result.outcome, result.words = answer.outcome, answer.words
            if answer.outcome is Outcome.OK:
                result.pushed = True
                self._saw_remote_at(tip)
                return
            if answer.outcome is not Outcome.REJECTED:
                return
            self.sleep(self.jitter() * min(0.05 * 2**attempt, 2.0))
            before = self.tracking
            if not self._take(result):
                return
            standing = standing + 1 if self.tracking == before else 0
            if standing == MOST_ATTEMPTS:
                break
        result.outcome = answer.outcome

    def _saw_remote_at(self, tip: str) -> None:
        """Git moves the tracking ref itself where the remote's refspec covers the branch."""
        seen = self.tracking
        if seen != tip:
            self.tracking_ref.swap(seen, tip)
        upstream = f"branch.{self.format.branch}"
        config = self.repository.config
        if f"{upstream}.remote" not in config:
            config[f"{upstream}.remote"] = self.format.remote
            config[f"{upstream}.merge"] = self.format.ref

    def join_remote(self, conflicts: list[Conflict] | None = None) -> bool:
        """Joins the tracking ref into the branch. True when the branch moved.

        A fetched tip is not believed to hold what its history held: only the join of both trees
        says whether it is enough to move forward to it.
        """
        for attempt in range(MOST_ATTEMPTS):
            theirs, ours = self.tracking, self.tip
            if theirs is None or theirs == ours:
                return False
            self.objects.begin()
            try:
                self._complete(theirs)
                target = self._joined(ours, theirs, conflicts)
            except (KeyError, pygit2.GitError) as error:
                self._lacking(error, attempt)
                continue
            if target == ours:
                return False
            if self._install(ours, target):
                self._last_segment.clear()
                self.worktree.follow(target)
                return True
        raise LogError(_MOVING.format(self.format.branch))

    def _joined(self, ours: str, theirs: str, conflicts: list[Conflict] | None) -> str:
        one, other = self._tree(ours), self._tree(theirs)
        join = Join(self.objects, self.format, lambda: self._base_tree(ours, theirs))
        united = join.trees(one, other)
        if conflicts is not None:
            conflicts += join.conflicts
        return self._united_commit(ours, theirs, united, one, other)

    def _united_commit(
        self, ours: str, theirs: str, united: pygit2.Oid, one: pygit2.Oid, other: pygit2.Oid
    ) -> str:
        """The commit that stands for both histories and holds the united tree."""
        descends = self.repository.descendant_of
        forward = descends(pygit2.Oid(hex=theirs), pygit2.Oid(hex=ours))
        if united == other and (forward or self._is_root(ours)):
            return theirs
        if united == one and descends(pygit2.Oid(hex=ours), pygit2.Oid(hex=theirs)):
            return ours
        return self._make_commit(united, [theirs] if forward else [theirs, ours])

    def _is_root(self, commit: str) -> bool:
        """Whether nothing was ever written on top of an empty first commit."""
        found = self.repository[commit].peel(pygit2.Commit)
        return not found.parent_ids and not entries(self.repository, found.tree_id)

    def _base_tree(self, ours: str, theirs: str) -> pygit2.Oid | None:
        base = self.repository.merge_base(pygit2.Oid(hex=ours), pygit2.Oid(hex=theirs))
        return self._tree(str(base)) if base else None

    # -- looking after --

    def tidy(self) -> int:
        """Packs our loose objects when there are many; how many were packed.

        Once in a while it also removes what processes that were killed left behind.
        """
        self._mend()
        if self.now_ns() >= self._sweep_at:
            self._sweep_at = self.now_ns() + SWEEP_EVERY_NS
            self.leftovers.sweep()
            self.packing.sweep()
        if self._loose_commits is None:
            self._loose_commits = self.packing.loose_commits(self.tip, PACK_AT)
        if self._loose_commits < PACK_AT:
            return 0
        self._loose_commits = 0
        return self.packing.pack(self.tip)

    def close(self) -> None:
        """Closes the journal; the branch needs nothing."""
        self.journal.close()


def taking(lines: Sequence[bytes], room: int) -> int:
    """How many lines go into a file with that much room: those that fit, and one more."""
    taken = 0
    for raw in lines:
        taken += 1
        room -= len(raw) + 1
        if room <= 0:
            break
    return taken
