"""What processes that were killed leave behind in a git directory, and when it may go.

A git that is killed leaves its locks and half-written files; nobody ever removes the locks, and the
files go with a gc weeks later. Of ours it is known when they ran, so what appeared meanwhile, and
does not change any more, is theirs. libgit2, killed together with our own process, leaves
half-written objects whose names say so.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from gitstore import loose

LOCK_SECONDS: Final = 2.0
"""Age from which a lock that appeared while our git ran is no living process's. Git has it for
milliseconds."""
FILE_SECONDS: Final = 60.0
"""The same for half-written files, counted from the last write."""
_CLOCKS_DIFFER: Final = 1.0
"""Seconds by which a file's time may seem to lie before the moment of its making."""


class Leftovers(Struct, dict=True):
    """Looks after one git directory.

    Args:
        common: the directory that linked worktrees share.
        locks: those that a git of ours takes.
        now: seconds since 1970, as the file system counts them.
    """

    common: Path
    locks: tuple[Path, ...]
    now: Callable[[], float] = time.time
    _suspects: dict[Path, os.stat_result] = field(default_factory=dict)

    def git_was_killed(self, started: float) -> None:
        """Notes what has appeared since a git of ours was started that has just been killed."""
        for path in (*self.locks, *self._half_written()):
            with suppress(FileNotFoundError):
                found = path.lstat()
                if found.st_mtime >= started - _CLOCKS_DIFFER:
                    self._suspects[path] = found

    def clear_locks(self, sleep: Callable[[float], None]) -> None:
        """Removes the locks of a killed git; waits until it is sure that nobody lives who has them.

        Args:
            sleep: waits that many seconds.
        """
        for path in self.locks:
            if path in self._suspects:
                sleep(max(0.0, LOCK_SECONDS - (self.now() - self._suspects[path].st_mtime)))
                self._remove(path)

    def sweep(self) -> None:
        """Removes half-written files that nobody writes any more."""
        for path in [path for path in self._suspects if path not in self.locks]:
            if self._age(path) >= FILE_SECONDS:
                self._remove(path)
        for path in (self.common / "objects").glob(f"{loose.WRITING}*"):
            if self._age(path) >= FILE_SECONDS:
                path.unlink(missing_ok=True)

    def _age(self, path: Path) -> float:
        try:
            return self.now() - path.lstat().st_mtime
        except FileNotFoundError:
            return float("inf")

    def _remove(self, path: Path) -> None:
        """Removes a suspect if it is as it was when its process died."""
        then = self._suspects.pop(path)
        with suppress(FileNotFoundError):
            now = path.lstat()
            if os.path.samestat(then, now) and then.st_mtime_ns == now.st_mtime_ns:
                path.unlink()

    def _half_written(self) -> Iterator[Path]:
        """Packs, indexes and objects under the names that git gives them until they are whole."""
        objects = self.common / "objects"
        yield from (objects / "pack").glob("tmp_*")
        yield from objects.glob("??/tmp_obj_*")
