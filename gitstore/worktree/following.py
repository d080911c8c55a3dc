"""The worktree's files and index brought to a commit."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pygit2
from msgspec import Struct
from pygit2.enums import FileMode

from gitstore import durable
from gitstore.format import MergeRule
from gitstore.merge import FILES
from gitstore.objects import Objects
from gitstore.tree import flat, is_safe
from gitstore.worktree import index_file
from gitstore.worktree.aside import Aside
from gitstore.worktree.files import Signature, read_all, signature_of, stat_of, write_all
from gitstore.worktree.folder import Folder
from gitstore.worktree.ledger import Ledger, Seen
from gitstore.worktree.linkage import Health
from gitstore.worktree.marker import Marker
from gitstore.worktree.replaced import Replaced


class Following(Struct, dict=True):
    """Writes the files.

    Args:
        objects: what they are to hold.
        folder: the worktree's.
        ledger: what is known of the files.
        marker: notes the commit that they are in step with.
        replaced: keeps the last names of those that are replaced.
        aside: keeps ends that never became a line.
    """

    objects: Objects
    folder: Folder
    ledger: Ledger
    marker: Marker
    replaced: Replaced
    aside: Aside
    _followed: str | None = None
    _index: os.stat_result | None = None

    def __post_init__(self) -> None:
        self.repository = self.objects.repository
        self.format = self.folder.format

    def anew(self) -> None:
        """The next `follow` looks at every file."""
        self._followed = None

    def follow(self, commit: str) -> None:
        """See `Worktree.follow`."""
        self.marker.at = commit
        if not self.folder.exists or self.folder.linkage().health is not Health.SOUND:
            self.anew()
            return
        tree = self.repository[commit].peel(pygit2.Commit).tree_id
        if self._followed == str(tree) and not self.ledger.behind and not self._lost_index():
            return
        try:
            self._follow(tree)
            if not self.ledger.behind:
                self.marker.store(commit)
        except (OSError, KeyError, pygit2.GitError) as error:
            self.anew()
            self.ledger.complain("index", error)

    def _lost_index(self) -> bool:
        """Whether somebody wrote another index since."""
        index = self.folder.index
        if index is None or self._index is None:
            return True
        found = stat_of(index)
        return found is None or not os.path.samestat(found, self._index)

    def _follow(self, tree: pygit2.Oid) -> None:
        ledger = self.ledger
        ledger.trouble.clear()
        ledger.behind.clear()
        self.folder.patience.renew()
        rows = []
        for path, (blob, mode) in flat(self.repository, tree):
            is_file = mode in FILES and is_safe(path)
            if is_file:
                self._bring(path, blob, mode)
            stat = ledger.stat_of(path, self.folder.path / path, blob) if is_file else None
            rows.append(index_file.Entry(os.fsencode(path), mode, blob, stat, not is_file))
        index = self.folder.index
        if index is None:
            return
        index_file.write(index, rows)
        self._index = index.lstat()
        self._followed = str(tree)

    def _bring(self, path: str, blob: str, mode: FileMode) -> None:
        """Makes the file hold the blob; what must wait is noted."""
        ledger, file = self.ledger, self.folder.path / path
        if ledger.stat_of(path, file, blob):
            return
        try:
            if stat_of(file) is None:
                self.folder.make(file.parent)
                signature = self.folder.put(file, self.objects.data(blob), mode)
                ledger.seen[path] = Seen(signature, blob)
            else:
                self._bring_over(path, file, blob, mode)
        except OSError as error:
            ledger.complain(path, error)
            ledger.behind.add(path)

    def _bring_over(self, path: str, file: Path, blob: str, mode: FileMode) -> None:
        with self.folder.patience.locked(file, fcntl.LOCK_EX) as handle:
            signature = signature_of(os.fstat(handle))
            old = read_all(handle)
            old_blob = str(pygit2.hash(old))
            if old_blob != blob:
                if not self._may_go(path, old_blob):
                    return
                signature = self._renew(path, file, old, self.objects.data(blob), mode)
            self.ledger.seen[path] = Seen(signature, blob)

    def _may_go(self, path: str, blob: str) -> bool:
        """Whether a file with these bytes may be replaced: they came in, or git had put them."""
        known = self.ledger.seen.get(path)
        if known and known.blob == blob:
            return True
        if self.format.rule(path) is not MergeRule.OPAQUE:
            self.ledger.behind.add(path)  # written this moment: it comes in first
            return False
        return known is None and blob == self._blob_in_index(path)

    def _blob_in_index(self, path: str) -> str | None:
        index = self.folder.index
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
                durable.sync(handle)
                return signature_of(os.fstat(handle))
            finally:
                os.close(handle)
        if self.format.is_log(path):
            self.aside.keep_end(path, old)
            self.replaced.keep(path, file)
        return self.folder.put(file, new, mode)
