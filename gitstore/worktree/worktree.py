"""The worktree of one repository, put together from its parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pygit2
from msgspec import Struct

from gitstore.format import Format
from gitstore.line import Reader
from gitstore.objects import Objects
from gitstore.ref import common_directory
from gitstore.worktree import registration
from gitstore.worktree.aside import Aside
from gitstore.worktree.folder import Folder
from gitstore.worktree.following import Following
from gitstore.worktree.incoming import Incoming, Step
from gitstore.worktree.ledger import Ledger
from gitstore.worktree.linkage import Linkage
from gitstore.worktree.marker import Marker
from gitstore.worktree.removal import Removal
from gitstore.worktree.replaced import Replaced


class Worktree(Struct, dict=True):
    """The worktree of one repository. It belongs to the thread that has the repository.

    Args:
        repository: whose objects are read.
        objects: where they are written.
        format: the branch and the worktree's place.
        kept: a folder for ends of files that are no line, and files that are in the way.
        note: a file that names the commit that the files were last in step with.
        now: seconds since 1970, as the file system counts them.
        sleep: waits that many seconds.
    """

    repository: pygit2.Repository
    objects: Objects
    format: Format
    kept: Path
    note: Path
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        reader = Reader(self.format)
        self.folder = Folder(common_directory(self.repository), self.format, self.sleep)
        self.ledger = Ledger()
        self.marker = Marker(self.note)
        self.aside = Aside(self.kept, reader)
        self.replaced = Replaced(self.folder, self.now)
        self.incoming = Incoming(
            self.objects, reader, self.folder, self.ledger, self.marker, self.replaced
        )
        self.following = Following(
            self.objects, self.folder, self.ledger, self.marker, self.replaced, self.aside
        )
        self.removal = Removal(self.repository, self.folder, self.ledger, self.marker, self.aside)

    def linkage(self) -> Linkage:
        """How it stands with the worktree."""
        return self.folder.linkage()

    @property
    def trouble(self) -> dict[str, str]:
        """What could not be done last time, by file."""
        return self.ledger.trouble

    def step(self, commit: str) -> Step | None:
        """The tree with the files that say something else in their own version; None: none do.

        A worktree that is not there costs one stat, one where nothing changed a stat per file.
        When the commit that the step leads to is durable, `came_in` has to be called.

        Args:
            commit: the branch's.
        """
        return self.incoming.step(commit)

    def came_in(self, commit: str) -> None:
        """Tells that what the last step found is in this durable commit of the branch."""
        self.ledger.came_in()
        self.marker.at = commit
        self.replaced.forget()

    def follow(self, commit: str) -> None:
        """Brings files and index to a commit whose tree holds everything that came in.

        What cannot be done now (a locked file, a full disk) is in `trouble` and is tried again
        with the next call; the branch does not wait for it.
        """
        self.following.follow(commit)

    @property
    def is_overtaken(self) -> bool:
        """Whether files were written to while they were to follow; they come in and follow anew."""
        return self.ledger.is_overtaken

    def make(self, commit: str) -> Linkage:
        """Makes the worktree, or repairs it, with the files of a commit.

        Raises:
            LogError: what is there forbids it.
            OSError: the disk refuses.
        """
        registration.make(self.folder.common, self.format)
        self.following.anew()
        self.follow(commit)
        return self.linkage()

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
        kept = self.removal.remove(commit, keep=keep)
        self.following.anew()
        return kept
