"""One loose ref, moved by compare-and-swap with the protocol that git itself uses.

Take ``<ref>.lock`` exclusively, compare the current value, write the new one into the lock file,
sync it, rename it over the ref, sync the directory. No reflog is written: nobody asked for one, and
it would keep every superseded commit alive.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pygit2

from gitstore.disk import Disk
from gitstore.errors import RefLocked

STALE_SECONDS: Final = 30.0
PATIENCE_SECONDS: Final = 5.0


@dataclass
class Ref:
    """A ref of a repository.

    Args:
        repository: read through libgit2, so that packed refs are found.
        name: full name.
        disk: the disk calls.
        now: seconds since 1970, to tell a lock left by a crash from one in use.
        sleep: waits that many seconds.
    """

    repository: pygit2.Repository
    name: str
    disk: Disk
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    stale_lock_removed: bool = False

    @property
    def path(self) -> Path:
        """The loose file; it lies in the common directory of linked worktrees."""
        return common_directory(self.repository) / self.name

    def read(self) -> str | None:
        """The commit it points at, or None when there is no such ref."""
        try:
            target = self.repository.references[self.name].resolve().target
        except KeyError:
            return None
        return str(target)

    def swap(self, old: str | None, new: str) -> bool:
        """Moves the ref from `old` (None: it must not exist) to `new`, durably.

        Returns:
            Whether the ref was at `old`; if not, nothing changed.

        Raises:
            RefLocked: somebody holds the lock longer than a few seconds.
            OSError: the disk refuses.
        """
        lock = self.path.with_name(f"{self.path.name}.lock")
        lock.parent.mkdir(parents=True, exist_ok=True)
        self._take(lock, f"{new}\n".encode())
        try:
            if self.read() != old:
                self.disk.remove(lock)
                return False
            self.disk.replace(lock, self.path)
        except BaseException:
            lock.unlink(missing_ok=True)
            raise
        return True

    def _take(self, lock: Path, content: bytes) -> None:
        waited = 0.0
        while True:
            try:
                self.disk.create(lock, content, mode=0o644)
                return
            except FileExistsError:
                if self.remove_stale_lock():
                    continue
                if waited >= PATIENCE_SECONDS:
                    raise RefLocked(
                        f"{lock} is held by another process; if none runs, remove the file"
                    ) from None
            self.sleep(0.05)
            waited += 0.05

    def remove_stale_lock(self) -> bool:
        """Removes a lock file that a crash left behind; True if there was one."""
        lock = self.path.with_name(f"{self.path.name}.lock")
        try:
            age = self.now() - lock.stat().st_mtime
        except FileNotFoundError:
            return False
        if age < STALE_SECONDS:
            return False
        lock.unlink(missing_ok=True)
        self.stale_lock_removed = True
        return True


def common_directory(repository: pygit2.Repository) -> Path:
    """The directory that linked worktrees share: where refs, objects and config are."""
    git = Path(repository.path)
    pointer = git / "commondir"
    return (git / pointer.read_text().strip()).resolve() if pointer.exists() else git
