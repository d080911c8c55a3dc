"""Removing the worktree without losing what is in it."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pygit2
from msgspec import Struct

from gitstore.errors import LogError
from gitstore.format import MergeRule
from gitstore.line import printable
from gitstore.tree import flat
from gitstore.worktree import registration
from gitstore.worktree.aside import Aside
from gitstore.worktree.files import read, read_all, walk
from gitstore.worktree.folder import Folder
from gitstore.worktree.ledger import Ledger
from gitstore.worktree.linkage import Health, Linkage
from gitstore.worktree.marker import Marker


class Removal(Struct, dict=True):
    """Removes it.

    Args:
        repository: whose objects are read.
        folder: the worktree's.
        ledger: what is known of the files.
        marker: goes with it.
        aside: keeps files that are in the way, and ends that never became a line.
    """

    repository: pygit2.Repository
    folder: Folder
    ledger: Ledger
    marker: Marker
    aside: Aside

    def remove(self, commit: str, *, keep: bool) -> list[Path]:
        """See `Worktree.remove`."""
        found = self.folder.linkage()
        if found.health is Health.NONE:
            return []
        _refuse(found)
        tree = self.repository[commit].peel(pygit2.Commit).tree_id
        held = {path: blob for path, (blob, _) in flat(self.repository, tree)}
        kept = []
        if found.folder.is_dir():
            kept = self._clear_foreign(held, keep)
            self._clear(held)
        shutil.rmtree(self.folder.replaced, ignore_errors=True)
        self.folder.new_file.unlink(missing_ok=True)
        self.marker.path.unlink(missing_ok=True)
        registration.unlink(self.folder.common, self.folder.format, found)
        self.ledger.seen.clear()
        return kept

    def _foreign(self, held: Mapping[str, str]) -> list[str]:
        """Files in the folder that are not the tree's and cannot come in."""
        return [
            path
            for path, file in walk(self.folder.path, everything=True)
            if path != ".git" and not self._is_held(path, file, held.get(path))
        ]

    def _is_held(self, path: str, file: Path, blob: str | None) -> bool:
        """Whether the branch has what the file says."""
        if file.is_symlink() or not file.is_file():
            return False
        found = str(pygit2.hash(read(file)))
        known = self.ledger.seen.get(path)
        may_come_in = self.folder.format.rule(path) is not MergeRule.OPAQUE
        return found == blob or (may_come_in and known is not None and known.blob == found)

    def _clear_foreign(self, held: Mapping[str, str], keep: bool) -> list[Path]:
        names = self._foreign(held)
        if names and not keep:
            shown = ", ".join(printable(name) for name in names[:5])
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            raise LogError(
                f"files in {self.folder.path} are not the branch's and would be lost: "
                f"{shown}{more}; "
                "move them away, or run `thrum sync worktree off --keep` to have them set aside"
            )
        return [self.aside.move(name, self.folder.path / name) for name in names]

    def _clear(self, held: Mapping[str, str]) -> None:
        """Removes the files that the branch has, and then the folders that are empty."""
        self.folder.patience.renew()
        for path, file in list(walk(self.folder.path)):
            if path == ".git":
                continue
            with self.folder.patience.locked(file, fcntl.LOCK_EX) as handle:
                if self._is_held(path, file, held.get(path)):
                    if self.folder.format.is_log(path):
                        self.aside.keep_end(path, read_all(handle))
                    file.unlink()
        for folder, _, _ in os.walk(self.folder.path, topdown=False):
            if Path(folder) != self.folder.path:
                with suppress(OSError):
                    Path(folder).rmdir()


def _refuse(found: Linkage) -> None:
    if found.is_locked:
        typed = shlex.quote(str(found.folder))
        raise LogError(f"{found.folder} is locked; run `git worktree unlock {typed}`")
    if found.health in {Health.OTHER_BRANCH, Health.OCCUPIED}:
        raise LogError(f"{found.folder}: {found.text}; look at it and remove it by hand")
