"""The branch's linked worktree: its lines come in before each commit, its files follow after it.

Nothing here needs a worktree. An older program keeps one, appends to the files in it and commits
them now and then; people may want files to search. Such a program takes the files for the truth,
and so they must neither hold a line that the branch lacks for long nor ever fall behind it.

Coming in is the join of the branch with the tree that the files would make, so it has the laws of
every join: nothing is lost, and doing it twice (after a kill, say) adds nothing. A file is replaced
only if what stands in it has come in before. Writers there append under flock(2); so do we where
our version only goes on, and hold the same lock while we replace a file. One who had opened the old
file before is heard later: its last name is kept for a while in a folder beside.
"""

from __future__ import annotations

import fcntl
import itertools
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

import pygit2
from pygit2.enums import FileMode, SortMode

from gitstore import index_file, linkage
from gitstore.errors import LogError
from gitstore.files import (
    Patience,
    Signature,
    free,
    read,
    read_all,
    signature_of,
    stat_of,
    walk,
    write_all,
)
from gitstore.format import Format, MergeRule
from gitstore.line import Reader, printable, split, whole_lines, without_end
from gitstore.linkage import Health, Linkage
from gitstore.merge import FILES, entry_at
from gitstore.objects import Objects
from gitstore.ref import common_directory
from gitstore.tree import flat, is_safe, overlay

KEPT_S: Final = 30.0
"""How long the last name of a replaced file is kept."""
MOST_COMMITS: Final = 10_000
"""How many commits of others are looked at for lines that they left out."""

log = logging.getLogger(__name__)


class _Seen(NamedTuple):
    """A file that was read: what tells that it is unchanged, and the blob of its bytes."""

    signature: Signature
    blob: str


class Step(NamedTuple):
    """What has to be joined with the branch.

    Attributes:
        trees: one with the files' versions, and those that somebody else may have committed over.
        lines: how many lines the files hold that are new.
    """

    trees: list[pygit2.Oid]
    lines: int


@dataclass
class Worktree:
    """The worktree of one repository. It belongs to the thread that has the repository.

    Args:
        repository: whose objects are read.
        objects: where they are written.
        format: the branch and the worktree's place.
        aside: a folder for ends of files that are no line, and files that are in the way.
        marker: a file that names the commit that the files were last in step with.
        now: seconds since 1970, as the file system counts them.
        sleep: waits that many seconds.
        trouble: what could not be done last time, by file.
    """

    repository: pygit2.Repository
    objects: Objects
    format: Format
    aside: Path
    marker: Path
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    trouble: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._common = common_directory(self.repository)
        self._reader = Reader(self.format)
        self._seen: dict[str, _Seen] = {}
        self._fresh: dict[str, _Seen] = {}
        self._at: str | None = None
        self._behind: set[str] = set()
        self._followed: str | None = None
        self._index: os.stat_result | None = None
        self._patience = Patience(self.sleep)

    @property
    def folder(self) -> Path:
        """Where it is, or would be."""
        return self._common / self.format.worktree

    @property
    def _replaced(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}.replaced")

    @property
    def _new_file(self) -> Path:
        """Where files are written; outside, so that nobody takes half of one for a file."""
        return self.folder.with_name(f".{self.folder.name}.file")

    def linkage(self) -> Linkage:
        """How it stands with the worktree."""
        return linkage.find(self._common, self.format)

    # -- coming in --

    def step(self, commit: str) -> Step | None:
        """The tree with the files that say something else in their own version; None: none do.

        A worktree that is not there costs one stat, one where nothing changed a stat per file.
        When the commit that the step leads to is durable, `came_in` has to be called.

        Args:
            commit: the branch's.
        """
        if not os.path.lexists(self.folder) or not self.linkage().holds_lines:
            return None
        self._at = self._at or self._stored()
        tree = self.repository[commit].peel(pygit2.Commit).tree_id
        trees = []
        if commit != self._at:
            # Somebody else moved the branch: who knows whether it still holds what came in.
            self._seen.clear()
            trees = list(self._committed_over(commit))
        news = self._all_news(tree)
        lines = sum(self._count_new(tree, path, data) for path, data in news.items())
        if news:
            trees.append(overlay(self.objects, tree, news))
        return Step(trees, lines) if trees else None

    def _committed_over(self, commit: str) -> Iterator[pygit2.Oid]:
        """The trees since the last commit that the files were in step with, that one included.

        An older program commits the files as they are, and files that were a step behind (we were
        killed, say) lack what our last commits brought.
        """
        if self._at is None or self._at not in self.repository:
            return
        walker = self.repository.walk(commit, SortMode.TOPOLOGICAL)
        walker.hide(self._at)
        for each in itertools.islice(walker, MOST_COMMITS):
            yield each.tree_id
        yield self.repository[self._at].peel(pygit2.Commit).tree_id

    def _stored(self) -> str | None:
        try:
            text = self.marker.read_text().strip()
        except OSError:
            return None
        return text if re.fullmatch("[0-9a-f]{40}", text) else None

    def _store(self, commit: str) -> None:
        """Notes that the files are in step with a commit; losing the note does no harm alone."""
        if self._stored() != commit:
            new = self.marker.with_name(f"{self.marker.name}.new")
            new.write_text(f"{commit}\n")
            new.replace(self.marker)

    def _all_news(self, tree: pygit2.Oid) -> dict[str, bytes]:
        self._patience.renew()
        self._fresh.clear()
        news = {}
        present = set()
        for path, file in self._files():
            present.add(path)
            found = self._news(tree, path, file)
            if found is not None:
                news[path] = found
        for path in self._seen.keys() - present:
            if self.format.rule(path) is not MergeRule.OPAQUE:
                del self._seen[path]
                self._behind.add(path)  # it was taken away; it is written again
        for path, file in self._late():
            data = whole_lines(read(file), self._reader)
            news[path] = news.get(path, self._data_at(tree, path)) + data
        return news

    def _count_new(self, tree: pygit2.Oid, path: str, data: bytes) -> int:
        """How many lines the tree lacks; says if nobody will be able to read some of them."""
        if not self.format.is_log(path):
            return 0
        new = {raw for _, raw in split(data)} - {raw for _, raw in split(self._data_at(tree, path))}
        bad = sum(not self._reader.keys(raw).id for raw in new)
        if bad and self.format.rule(path) is MergeRule.LINES:
            log.warning("%s: %d new lines that nobody can read are kept", printable(path), bad)
        return len(new)

    def came_in(self, commit: str) -> None:
        """Tells that what the last step found is in this durable commit of the branch."""
        self._seen |= self._fresh
        self._fresh.clear()
        self._at = commit
        self._forget_late()

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Every file that belongs to a log, by its path in the tree."""
        for path, file in walk(self.folder):
            if self.format.rule(path) is not MergeRule.OPAQUE:
                yield path, file

    def _news(self, tree: pygit2.Oid, path: str, file: Path) -> bytes | None:
        """What the file holds, if the tree's version is another and it was not read before."""
        held = entry_at(self.repository, tree, path)
        known = self._seen.get(path)
        if known and known.signature == signature_of(file.lstat()):
            if held is None or known.blob != held[0]:
                self._behind.add(path)
            return None
        try:
            with self._patience.locked(file, fcntl.LOCK_SH) as handle:
                # Before the bytes: a line that comes in between makes it another file again.
                signature = signature_of(os.fstat(handle))
                data = read_all(handle)
        except OSError as error:
            self._complain(path, error)
            return None
        self.trouble.pop(path, None)
        blob = str(pygit2.hash(data))
        if held and held[0] == blob:
            self._seen[path] = _Seen(signature, blob)
            return None
        self._fresh[path] = _Seen(signature, blob)
        self._behind.add(path)
        if self.format.is_log(path):
            data = whole_lines(data, self._reader)
        return data or None

    def _late(self) -> Iterator[tuple[str, Path]]:
        """Replaced files that somebody may have appended to after all."""
        if not os.path.lexists(self._replaced):
            return
        for file in sorted(self._replaced.iterdir()):
            path = unquote(file.name.partition("~")[2])
            if self.format.is_log(path):
                yield path, file

    def _forget_late(self) -> None:
        """Removes replaced files whose last writer is long gone; they have come in."""
        if not os.path.lexists(self._replaced):
            return
        for file in list(self._replaced.iterdir()):
            if self.now() - file.lstat().st_ctime >= KEPT_S:
                file.unlink()
        with suppress(OSError):
            self._replaced.rmdir()

    def _data_at(self, tree: pygit2.Oid, path: str) -> bytes:
        held = entry_at(self.repository, tree, path)
        return self.objects.data(held[0]) if held and held[1] in FILES else b""

    def _complain(self, path: str, error: Exception) -> None:
        words = str(getattr(error, "strerror", None) or error)
        if isinstance(error, FileExistsError):
            words = f"{error.filename} is held by another program, or left by one that crashed"
        if self.trouble.get(path) != words:
            log.warning("the worktree's %s: %s", printable(path), words)
        self.trouble[path] = words

    # -- following --

    def follow(self, commit: str) -> None:
        """Brings files and index to a commit whose tree holds everything that came in.

        What cannot be done now (a locked file, a full disk) is in `trouble` and is tried again
        with the next call; the branch does not wait for it.
        """
        self._at = commit
        if not os.path.lexists(self.folder) or self.linkage().health is not Health.SOUND:
            self._followed = None
            return
        tree = self.repository[commit].peel(pygit2.Commit).tree_id
        if self._followed == str(tree) and not self._behind and not self._lost_index():
            return
        try:
            self._follow(tree)
            if not self._behind:
                self._store(commit)
        except (OSError, KeyError, pygit2.GitError) as error:
            self._followed = None
            self._complain("index", error)

    @property
    def is_overtaken(self) -> bool:
        """Whether files were written to while they were to follow; they come in and follow anew."""
        return bool(self._behind - self.trouble.keys())

    def _lost_index(self) -> bool:
        """Whether somebody wrote another index since."""
        index = self._index_path
        if index is None or self._index is None:
            return True
        found = stat_of(index)
        return found is None or not os.path.samestat(found, self._index)

    @property
    def _index_path(self) -> Path | None:
        admin = self.linkage().admin
        return admin / "index" if admin else None

    def _follow(self, tree: pygit2.Oid) -> None:
        self.trouble.clear()
        self._behind.clear()
        self._patience.renew()
        rows = []
        for path, (blob, mode) in flat(self.repository, tree):
            is_file = mode in FILES and is_safe(path)
            if is_file:
                self._bring(path, blob, mode)
            stat = self._stat_of(path, blob) if is_file else None
            rows.append(index_file.Entry(os.fsencode(path), mode, blob, stat, not is_file))
        index = self._index_path
        if index is None:
            return
        index_file.write(index, rows)
        self._index = index.lstat()
        self._followed = str(tree)

    def _stat_of(self, path: str, blob: str) -> os.stat_result | None:
        """The file's stat if it is known to hold the blob."""
        known, found = self._seen.get(path), stat_of(self.folder / path)
        same = found and known and known.blob == blob and known.signature == signature_of(found)
        return found if same else None

    def _bring(self, path: str, blob: str, mode: FileMode) -> None:
        """Makes the file hold the blob; what must wait is noted."""
        if self._stat_of(path, blob):
            return
        file = self.folder / path
        try:
            if stat_of(file) is None:
                self._make_folder(file.parent)
                self._seen[path] = _Seen(self._put(file, self.objects.data(blob), mode), blob)
            else:
                self._bring_over(path, file, blob, mode)
        except OSError as error:
            self._complain(path, error)
            self._behind.add(path)

    def _bring_over(self, path: str, file: Path, blob: str, mode: FileMode) -> None:
        with self._patience.locked(file, fcntl.LOCK_EX) as handle:
            signature = signature_of(os.fstat(handle))
            old = read_all(handle)
            old_blob = str(pygit2.hash(old))
            if old_blob != blob:
                if not self._may_go(path, old_blob):
                    return
                signature = self._renew(path, file, old, self.objects.data(blob), mode)
            self._seen[path] = _Seen(signature, blob)

    def _may_go(self, path: str, blob: str) -> bool:
        """Whether a file with these bytes may be replaced: they came in, or git had put them."""
        known = self._seen.get(path)
        if known and known.blob == blob:
            return True
        if self.format.rule(path) is not MergeRule.OPAQUE:
            self._behind.add(path)  # written this moment: it comes in first
            return False
        return known is None and blob == self._blob_in_index(path)

    def _blob_in_index(self, path: str) -> str | None:
        index = self._index_path
        try:
            return str(pygit2.Index(str(index))[path].id) if index else None
        except (KeyError, OSError, pygit2.GitError):
            return None

    def _renew(self, path: str, file: Path, old: bytes, new: bytes, mode: FileMode) -> Signature:
        """Puts the new bytes where the old ones are. The file is locked and has come in."""
        if new.startswith(old) and (not old or old.endswith(b"\n")):
            handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                write_all(handle, new[len(old) :])
                os.fsync(handle)
                return signature_of(os.fstat(handle))
            finally:
                os.close(handle)
        if self.format.is_log(path):
            self._keep_end(path, old)
            self._keep_name(path, file)
        return self._put(file, new, mode)

    def _keep_name(self, path: str, file: Path) -> None:
        self._replaced.mkdir(mode=0o700, exist_ok=True)
        for number in itertools.count():
            try:
                os.link(file, self._replaced / f"{number}~{quote(path, safe='')}")
            except FileExistsError:
                continue
            return

    def _keep_end(self, path: str, data: bytes) -> None:
        """Sets the end of a file aside that never became a whole line."""
        rest = data[len(without_end(data, self._reader)) :]
        if not rest:
            return
        self.aside.mkdir(mode=0o700, exist_ok=True)
        target = free(self.aside / f"torn-{Path(path).name}")
        handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            write_all(handle, rest)
            os.fsync(handle)
        finally:
            os.close(handle)
        log.warning("an unfinished line at the end of %s is kept in %s", printable(path), target)

    def _make_folder(self, folder: Path) -> None:
        if folder.is_symlink() or (folder != self.folder and self.folder not in folder.parents):
            raise NotADirectoryError(20, "a link stands where a folder belongs", str(folder))
        if not folder.is_dir():
            self._make_folder(folder.parent)
            folder.mkdir(mode=linkage.FOLDER_MODE)

    def _put(self, file: Path, data: bytes, mode: FileMode) -> Signature:
        """Replaces the file atomically; its signature. It is written outside the worktree."""
        if file.parent.is_symlink():
            raise NotADirectoryError(20, "a link stands where a folder belongs", str(file.parent))
        new = self._new_file
        new.unlink(missing_ok=True)
        bits = 0o700 if mode == FileMode.BLOB_EXECUTABLE else 0o600
        handle = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, bits)
        try:
            write_all(handle, data)
            os.fsync(handle)
            signature = signature_of(os.fstat(handle))
        finally:
            os.close(handle)
        new.replace(file)
        return signature

    # -- making and removing --

    def make(self, commit: str) -> Linkage:
        """Makes the worktree, or repairs it, with the files of a commit.

        Raises:
            LogError: what is there forbids it.
            OSError: the disk refuses.
        """
        linkage.make(self._common, self.format)
        self._followed = None
        self.follow(commit)
        return self.linkage()

    def foreign(self, tree: pygit2.Oid) -> list[str]:
        """Files in the folder that are not the tree's and cannot come in."""
        held = {path: blob for path, (blob, _) in flat(self.repository, tree)}
        return [
            path
            for path, file in walk(self.folder, everything=True)
            if path != ".git" and not self._is_held(path, file, held.get(path))
        ]

    def _is_held(self, path: str, file: Path, blob: str | None) -> bool:
        """Whether the branch has what the file says."""
        if file.is_symlink() or not file.is_file():
            return False
        found = str(pygit2.hash(read(file)))
        known = self._seen.get(path)
        came_in = self.format.rule(path) is not MergeRule.OPAQUE and known is not None
        return found == blob or (came_in and known is not None and known.blob == found)

    def remove(self, commit: str, *, keep: bool) -> list[Path]:
        """Removes the worktree, whose lines have come in and which has followed.

        Args:
            commit: the branch's.
            keep: move files that are not the branch's out of the way instead of refusing.

        Returns:
            Where the files that were in the way are now.

        Raises:
            LogError: it is locked, another branch is checked out there, or files are in the way.
            OSError: the disk refuses.
        """
        found = self.linkage()
        if found.health is Health.NONE:
            return []
        if found.is_locked:
            raise LogError(f"{found.folder} is locked; run `git worktree unlock {found.folder}`")
        if found.health in {Health.OTHER_BRANCH, Health.OCCUPIED}:
            raise LogError(f"{found.folder}: {found.text}; look at it and remove it by hand")
        tree = self.repository[commit].peel(pygit2.Commit).tree_id
        kept = []
        if found.folder.is_dir():
            kept = self._clear_foreign(tree, keep)
            self._clear({path: blob for path, (blob, _) in flat(self.repository, tree)})
        shutil.rmtree(self._replaced, ignore_errors=True)
        self._new_file.unlink(missing_ok=True)
        self.marker.unlink(missing_ok=True)
        linkage.unlink(self._common, self.format, found)
        self._seen.clear()
        self._followed = None
        return kept

    def _clear_foreign(self, tree: pygit2.Oid, keep: bool) -> list[Path]:
        names = self.foreign(tree)
        if names and not keep:
            shown = ", ".join(printable(name) for name in names[:5])
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            raise LogError(
                f"files in {self.folder} are not the branch's and would be lost: {shown}{more}; "
                "move them away, or run `thrum sync worktree off --keep` to have them set aside"
            )
        moved = []
        for name in names:
            self.aside.mkdir(mode=0o700, exist_ok=True)
            target = free(self.aside / name.replace("/", "~"))
            shutil.move(self.folder / name, target)
            moved.append(target)
        return moved

    def _clear(self, held: Mapping[str, str]) -> None:
        """Removes the files that the branch has, and then the folders that are empty."""
        self._patience.renew()
        for path, file in list(walk(self.folder)):
            if path == ".git":
                continue
            with self._patience.locked(file, fcntl.LOCK_EX) as handle:
                if self._is_held(path, file, held.get(path)):
                    if self.format.is_log(path):
                        self._keep_end(path, read_all(handle))
                    file.unlink()
        for folder, _, _ in os.walk(self.folder, topdown=False):
            if Path(folder) != self.folder:
                with suppress(OSError):
                    Path(folder).rmdir()
