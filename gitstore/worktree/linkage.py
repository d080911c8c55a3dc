"""Where the branch's linked worktree is, and whether it is sound.

Git's layout (gitrepository-layout(5)): the worktree's ``.git`` is a file that names a directory
below ``worktrees/`` of the repository; in there ``gitdir`` names that file, ``HEAD`` the branch,
and a file ``locked`` keeps git from removing it. Only these files are looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Final

from msgspec import Struct

from gitstore.format import Format
from gitstore.ref import STALE_SECONDS


class Health(Enum):
    """How it stands with the worktree."""

    NONE = "none"
    SOUND = "sound"
    MISSING = "missing"
    UNREGISTERED = "unregistered"
    ELSEWHERE = "elsewhere"
    OTHER_BRANCH = "other branch"
    OCCUPIED = "occupied"


_SENTENCES: Final = {
    Health.NONE: "there is none",
    Health.SOUND: "it is in step with each commit",
    Health.MISSING: "its folder is gone, git still lists it",
    Health.UNREGISTERED: "its folder is there, git does not list it",
    Health.ELSEWHERE: "its .git file points into another place, as in a repository that was copied",
    Health.OTHER_BRANCH: "another branch is checked out there",
    Health.OCCUPIED: "something that is no folder stands in its place",
}


class Linkage(Struct, frozen=True):
    """What was found.

    Attributes:
        health: how it stands.
        folder: where the worktree is, or would be.
        admin: git's directory about it, if git lists it.
        lock: why it is locked; None if it is not.
    """

    health: Health
    folder: Path
    admin: Path | None = None
    lock: str | None = None

    @property
    def text(self) -> str:
        """A sentence for people."""
        text = _SENTENCES[self.health]
        return f"{text}; it is locked: {self.lock or 'no reason given'}" if self.is_locked else text

    @property
    def is_locked(self) -> bool:
        """Whether ``git worktree lock`` was used on it."""
        return self.lock is not None

    def index_lock_left(self, now: float) -> Path | None:
        """The lock of its index, if it is so old that a crash must have left it.

        Args:
            now: seconds since 1970.
        """
        path = self.admin / "index.lock" if self.admin else None
        if path and path.exists() and now - path.lstat().st_mtime > STALE_SECONDS:
            return path
        return None

    @property
    def holds_lines(self) -> bool:
        """Whether the folder's files are (or were) the branch's."""
        return self.health in {Health.SOUND, Health.UNREGISTERED, Health.ELSEWHERE}


def find(common: Path, format: Format | None = None) -> Linkage:
    """How it stands with the branch's worktree; two or three small files are read.

    Args:
        common: the directory that linked worktrees share.
        format: the branch, and the worktree's place.
    """
    common, format = common.resolve(), format or Format()
    folder = common / format.worktree
    if not os.path.lexists(folder):
        for entry in registered(common):
            if pointed(entry / "gitdir", "", entry) == folder / ".git":
                return Linkage(Health.MISSING, folder, entry, lock_of(entry))
        return Linkage(Health.NONE, folder)
    if folder.is_symlink() or not folder.is_dir():
        return Linkage(Health.OCCUPIED, folder)
    admin = pointed(folder / ".git", "gitdir:", folder)
    if admin is None or (admin.parent == common / "worktrees" and not admin.is_dir()):
        return Linkage(Health.UNREGISTERED, folder)
    if admin.parent != common / "worktrees" or not _is_mutual(admin, folder):
        return Linkage(Health.ELSEWHERE, folder)
    health = Health.SOUND if has_branch(admin, format) else Health.OTHER_BRANCH
    return Linkage(health, folder, admin, lock_of(admin))


def registered(common: Path) -> Iterator[Path]:
    """Git's directories about linked worktrees."""
    worktrees = common / "worktrees"
    yield from sorted(worktrees.iterdir()) if worktrees.is_dir() else ()


def pointed(file: Path, prefix: str, start: Path) -> Path | None:
    """The absolute path in a one-line file; relative ones begin at `start`. None: it has none."""
    try:
        text = os.fsdecode(file.read_bytes()).strip()
    except OSError:
        return None
    path = text.removeprefix(prefix).strip()
    if not text.startswith(prefix) or not path or "\0" in path:
        return None
    joined = start / path
    # The folder may be gone, and what is named may be a link: only its parent is resolved.
    return joined.parent.resolve() / joined.name


def _is_mutual(admin: Path, folder: Path) -> bool:
    return pointed(admin / "gitdir", "", admin) == folder.resolve() / ".git"


def has_branch(admin: Path, format: Format) -> bool:
    """Whether the branch is checked out there."""
    try:
        return (admin / "HEAD").read_bytes().strip() == f"ref: {format.ref}".encode()
    except OSError:
        return False


def lock_of(admin: Path) -> str | None:
    """Why the worktree is locked; None if it is not."""
    try:
        return (admin / "locked").read_text(errors="replace").strip()
    except OSError:
        return None


def other_checkouts(common: Path, format: Format | None = None) -> list[Path]:
    """Folders where somebody else has the branch checked out; their files do not follow."""
    common, format = common.resolve(), format or Format()
    own = common / format.worktree
    found = []
    if has_branch(common, format) and common.name == ".git":
        found.append(common.parent)
    for admin in registered(common):
        marker = pointed(admin / "gitdir", "", admin)
        if marker is None or marker.parent == own or not has_branch(admin, format):
            continue
        if pointed(marker, "gitdir:", marker.parent) == admin:
            found.append(marker.parent)
    return found
