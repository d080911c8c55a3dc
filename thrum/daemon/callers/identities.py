"""The identity files of all worktrees, kept in memory until one of their folders changes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from thrum import git_place
from thrum.clock import NowNs
from thrum.daemon.callers.silence import Silence
from thrum.identity import files
from thrum.identity.files import Identity

Stamp = tuple[tuple[str, int], ...]
"""The identity directories with the times of their last change."""

TICK_NS: Final = 20_000_000
"""Two changes that are no further apart may bear the same time: the disk's clock is coarse."""


def weight(identity: Identity) -> tuple[bool, int]:
    """What of two files of one agent says more: that it is no copy, then that it is newer."""
    return identity.is_native, identity.written_ns


class Identities(Struct, dict=True):
    """The identity files of one repository's worktrees. Any thread.

    A worktree on a disk that does not answer is as if it were not there, until it answers.

    Args:
        repository: the checkout that the daemon serves.
        now_ns: the clock that the disk's times are compared with.
        silence: keeps from asking where nothing answers.
    """

    repository: Path
    now_ns: NowNs = time.time_ns
    silence: Silence = field(default_factory=Silence)
    _read: tuple[Stamp, list[Identity]] = ((), [])
    _roots: tuple[int, list[str]] = field(default=(-1, []))

    def __post_init__(self) -> None:
        git = git_place.of(self.repository)
        common = git.common_dir if git else self.repository
        self._added = str(common / "worktrees")

    def places(self) -> list[str] | None:
        """The directories that are looked into; None if they have to be listed anew."""
        moment, watched = self._roots
        return watched if moment == _changed(self._added) else None

    def stamp(self, local: Sequence[str] | None = None) -> Stamp:
        """When the directories last changed: every write of ours renames a file into one.

        Args:
            local: what `places` gave just now, where all of it lies on disks of this machine, which
                answer.
        """
        if local is not None:
            return tuple([(each, moment) for each in local if (moment := _changed(each))])
        stamp = []
        for directory in self._watched():
            moment = self.silence.broken(directory, partial(_changed, directory), 0)
            if moment:
                stamp.append((directory, moment))
        return tuple(stamp)

    def read(self, stamp: Stamp) -> list[Identity]:
        """All readable identities as they are since that stamp."""
        then, known = self._read
        if then == stamp and stamp:
            return known
        nothing: list[Identity] = []
        found = [
            each
            for name, _ in stamp
            for each in self.silence.broken(name, partial(files.read_all, Path(name)), nothing)
        ]
        self._read = (stamp if self.settled(stamp) else (), found)
        return found

    def all(self) -> list[Identity]:
        """All readable identities as they are now."""
        return self.read(self.stamp())

    def settled(self, stamp: Stamp) -> bool:
        """Whether the next change is sure to give another stamp."""
        now = self.now_ns()
        return all(abs(now - changed) >= TICK_NS for _, changed in stamp)

    def forget(self) -> None:
        """Has the files read again: one was changed where it lies, which no stamp tells."""
        self._read = ((), [])

    def by_name(self) -> dict[str, Identity]:
        """The newest identity of each name; one that was copied from elsewhere only for want."""
        return {each.name: each for each in sorted(self.all(), key=weight)}

    def is_worktree(self, root: Path) -> bool:
        """Whether the folder is a worktree of the repository, as the repository itself says.

        One that only looks like a worktree, with copies of its files or links to them, is none, and
        neither is one that cannot be named in UTF-8.
        """
        if not git_place.is_text(root):
            return False
        directory = str(files.folder(root))
        # One that was moved, or made just now, is not among those listed before.
        return directory in self._watched() or directory in self._watched(anew=True)

    def _watched(self, *, anew: bool = False) -> list[str]:
        """The identity directories; listed again when a worktree is added or removed."""
        try:
            moment = os.stat(self._added).st_mtime_ns  # noqa: PTH116
        except OSError:
            moment = 0
        then, watched = self._roots
        if anew or then != moment:
            watched = [str(path) for path in files.folders(self.repository, self._ask)]
            # What did not answer is missing, so it is listed again.
            self._roots = (-1 if self.silence.is_kept() else moment, watched)
        return watched

    def _ask(self, path: Path, question: Callable[[], Path | None]) -> Path | None:
        return self.silence.broken(str(path), question, None)

    def mark(self, path: Path, *, is_local: bool = False) -> files.Mark:
        """The file's `mark` as it is now."""
        if is_local:
            return files.mark(path)
        return self.silence.broken(str(path.parent), partial(files.mark, path), files.GONE)


def _changed(directory: str) -> int:
    """When it last changed; 0 if it is not there."""
    try:
        return os.stat(directory).st_mtime_ns  # noqa: PTH116 -- for every request to the daemon
    except OSError:
        return 0
