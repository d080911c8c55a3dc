"""What a daemon stands on: its folder, its lock and its repository may go while it runs.

Somebody deletes the clone, renames it, cleans it (``git clean -fdx``), or removes a lock that looks
stale. The daemon still has its files open then, and would serve what nobody finds. So it looks once
a second. A lock that only lost its name is taken again. Everything else is the end: what the
journal holds is committed if the repository is still there, and nothing is written by paths that
may be another clone's by now.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
from msgspec import Struct, field

from gitstore import LogError
from thrum import git_place

if TYPE_CHECKING:
    from thrum.daemon.lifecycle import Lock

LOOK_S: Final = 1.0
"""Between two looks. Two in a row must say the same, so that nothing fleeting is the end."""


class Footing(Struct, eq=False):
    """Without a lock it stands for something that cannot go.

    Args:
        lock: the lock that the daemon holds.
        folders: the folders by path, with their device and number as they were at the start.
        repository: the git directory among them.
        held: the folders, open: the number of one that is open is given to no other.
    """

    lock: Lock | None = None
    folders: dict[Path, tuple[int, int]] = field(default_factory=dict)
    repository: Path | None = None
    held: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, lock: Lock) -> Footing:
        """What the daemon that holds the lock stands on."""
        place = lock.place
        git = git_place.of(place.repository)
        found = [place.shared, place.var, *([git.common_dir] if git else [])]
        held = [os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) for path in found]
        known = {path: number for path in found if (number := _number(path))}
        return cls(lock, known, git.common_dir if git else None, held)

    def close(self) -> None:
        """Lets go of the folders."""
        while self.held:
            os.close(self.held.pop())

    def lost(self) -> str:
        """What is gone, as a sentence; empty while everything is where it was."""
        if self.lock is None:
            return ""
        for path, number in self.folders.items():
            now = _number(path)
            if now != number:
                return f"{path} is {'another folder now' if now else 'gone'}"
        if self.repository and not git_place.is_git_directory(self.repository):
            return f"{self.repository} is no repository any more"
        if not self.lock.renew():
            return f"another daemon holds {self.lock.place.lock}"
        return ""

    def demand(self) -> None:
        """Refuses to write where the files may be another daemon's.

        Raises:
            LogError: they are gone.
        """
        lost = self.lost()
        if lost:
            raise LogError(f"{lost}; the daemon is about to end")

    def demand_repository(self) -> None:
        """Refuses to move the branch of a repository that only lies where the old one did.

        Raises:
            LogError: it is gone, or another one.
        """
        if not self.has_repository():
            raise LogError(f"{self.repository} is not the repository that it was")

    def has_repository(self) -> bool:
        """Whether the repository is the one that it was, so that it can be committed to."""
        if self.repository is None:
            return self.lock is None
        same = _number(self.repository) == self.folders.get(self.repository)
        return same and git_place.is_git_directory(self.repository)

    async def gone(self) -> str:
        """Returns when something is gone for good, and says what."""
        before = False
        while True:
            words = self.lost()
            if words and before:
                return words
            before = bool(words)
            await anyio.sleep(LOOK_S)


def _number(path: Path) -> tuple[int, int] | None:
    """What tells a folder from every other one; None if there is none at the path."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


FIRM: Final = Footing()
