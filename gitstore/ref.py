"""One loose ref, moved by compare-and-swap under the lock that git itself uses.

Take ``<ref>.lock`` exclusively, compare the current value, write the new one beside it, sync it,
rename it over the ref, sync the directory, give the lock back. No reflog is written: nobody asked
for one, and it would keep every superseded commit alive.

Git's own lock is a file whose existence is the lock, so a process that is killed leaves it locked
for ever. Ours says that it is ours and is held with flock(2) besides, which ends with the process:
found free, it is dead and removed at once. Whatever else lies there (git's, another program's) is
respected until it is so old that nobody can still be at work.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

import pygit2
from msgspec import Struct

from gitstore.disk import Disk
from gitstore.errors import DamagedObject, RefLocked
from gitstore.sharing import Sharing

STALE_SECONDS: Final = 30.0
"""The age from which a lock that is not ours counts as left by a crash."""
PATIENCE_SECONDS: Final = 5.0
"""How long somebody else's lock is waited for."""
MARK: Final = b"held by gitstore with flock(2)\n"
"""What a lock of ours contains. Git writes an object id, or nothing yet."""

log = logging.getLogger(__name__)


class Ref(Struct, dict=True):
    """A ref of a repository.

    Args:
        repository: read through libgit2, so that packed refs are found.
        name: full name.
        disk: the disk calls.
        sleep: waits that many seconds.
    """

    repository: pygit2.Repository
    name: str
    disk: Disk
    sleep: Callable[[float], None] = time.sleep
    stale_lock_removed: bool = False

    @property
    def path(self) -> Path:
        """The loose file; it lies in the common directory of linked worktrees."""
        return common_directory(self.repository) / self.name

    def read(self) -> str | None:
        """The commit it points at, or None when there is no such ref.

        Raises:
            DamagedObject: its file holds something else.
        """
        try:
            target = self.repository.references[self.name].resolve().target
        except KeyError:
            return None
        except (ValueError, pygit2.GitError) as error:
            raise DamagedObject("", f"the ref {self.path} is damaged: {error}") from error
        return str(target)

    def seen(self) -> str | None:
        """As `read`, of a ref that only notes what somebody else has: damaged, it is removed.

        Git does not sync refs of that kind everywhere, so a power cut may leave one empty.

        Raises:
            DamagedObject: it cannot be removed.
        """
        try:
            return self.read()
        except DamagedObject as error:
            log.warning("%s; it is fetched again", error)
        with self._locked():
            self.path.unlink(missing_ok=True)
        return self.read()

    def swap(self, old: str | None, new: str) -> bool:
        """Moves the ref from `old` (None: it must not exist) to `new`, durably.

        Returns:
            Whether the ref was at `old`; if not, nothing changed.

        Raises:
            RefLocked: somebody holds the lock longer than a few seconds.
            OSError: the disk refuses.
        """
        self._make_folders()
        with self._locked():
            if self.read() != old:
                return False
            self._move(f"{new}\n".encode())
        return True

    def settle(self) -> None:
        """Returns when the ref stays where it is, whoever moved it there, after a power cut too.

        Raises:
            OSError: the disk refuses.
        """
        packed = common_directory(self.repository) / "packed-refs"
        self.disk.settle(self.path if self.path.exists() else packed)

    def _make_folders(self) -> None:
        missing = [folder for folder in self.path.parents if not folder.exists()]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        Sharing.of(self.repository).apply(*missing)

    def _move(self, value: bytes) -> None:
        """Makes it the ref's value. Who has the lock alone writes the file beside the ref."""
        try:
            self.disk.create(self._new, value, mode=0o666)
        except FileExistsError:
            self.disk.remove(self._new)  # left by one who was killed here
            self.disk.create(self._new, value, mode=0o666)
        except BaseException:
            self._new.unlink(missing_ok=True)
            raise
        Sharing.of(self.repository).apply(self._new)
        self.disk.replace(self._new, self.path)

    @property
    def lock(self) -> Path:
        """The file whose existence keeps everybody else from moving the ref."""
        return self.path.with_name(f"{self.path.name}.lock")

    @property
    def _new(self) -> Path:
        """Where the new value is written; the leading dot makes it no lock of any ref."""
        return self.path.with_name(f".{self.path.name}.new.lock")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = self._take()
        try:
            yield
        finally:
            try:
                with suppress(FileNotFoundError):
                    self.disk.remove(self.lock)
            finally:
                self.disk.close(handle)

    def _take(self) -> int:
        waited = 0.0
        while True:
            try:
                return self.disk.claim(self.lock, MARK)
            except FileExistsError:
                if self.remove_stale_lock():
                    continue
            if waited >= PATIENCE_SECONDS:
                raise RefLocked(
                    f"{self.lock} is held by another process; if a crash left it, it is removed "
                    f"when it is {STALE_SECONDS:g} s old"
                )
            self.sleep(0.05)
            waited += 0.05

    def remove_stale_lock(self) -> bool:
        """Removes a lock that a crash left behind; True if there was one."""
        if not self.disk.remove_unheld(self.lock, left_by_crash):
            return False
        log.warning("removed %s, which a crash left behind", self.lock)
        self.stale_lock_removed = True
        return True

    def recover(self) -> bool:
        """Removes whatever a process that was killed in `swap` left; True if a lock was there."""
        was_locked = self.remove_stale_lock()
        self.disk.sweep(self.lock)
        if self._new.exists():
            with suppress(RefLocked, FileNotFoundError), self._locked():
                self.disk.remove(self._new)
        return was_locked


def left_by_crash(data: bytes, age: float) -> bool:
    """Whether a lock that nobody holds with flock(2) is dead: ours at once, others by their age.

    Args:
        data: what it contains.
        age: in seconds.
    """
    return data == MARK or age >= STALE_SECONDS


def common_directory(repository: pygit2.Repository) -> Path:
    """The directory that linked worktrees share: where refs, objects and config are."""
    return _common(repository.path)


@lru_cache(maxsize=256)
def _common(folder: str) -> Path:
    """The same by a repository's own folder. Git writes it once, when it links a worktree."""
    git = Path(folder)
    pointer = git / "commondir"
    return (git / pointer.read_text().strip()).resolve() if pointer.exists() else git
