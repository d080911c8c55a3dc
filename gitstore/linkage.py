"""Where the branch's linked worktree is, whether it is sound, and how one is made.

Git's layout (gitrepository-layout(5)): the worktree's ``.git`` is a file that names a directory
below ``worktrees/`` of the repository; in there ``gitdir`` names that file, ``HEAD`` the branch,
and a file ``locked`` keeps git from removing it. Only these files are looked at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from gitstore.errors import LogError
from gitstore.format import Format
from gitstore.ref import STALE_SECONDS

FOLDER_MODE: Final = 0o750


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


@dataclass(frozen=True, slots=True)
class Linkage:
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
        for entry in _registered(common):
            if _pointed(entry / "gitdir", "", entry) == folder / ".git":
                return Linkage(Health.MISSING, folder, entry, _lock(entry))
        return Linkage(Health.NONE, folder)
    if folder.is_symlink() or not folder.is_dir():
        return Linkage(Health.OCCUPIED, folder)
    admin = _pointed(folder / ".git", "gitdir:", folder)
    if admin is None or (admin.parent == common / "worktrees" and not admin.is_dir()):
        return Linkage(Health.UNREGISTERED, folder)
    if admin.parent != common / "worktrees" or not _is_mutual(admin, folder):
        return Linkage(Health.ELSEWHERE, folder)
    health = Health.SOUND if _has_branch(admin, format) else Health.OTHER_BRANCH
    return Linkage(health, folder, admin, _lock(admin))


def _registered(common: Path) -> Iterator[Path]:
    worktrees = common / "worktrees"
    yield from sorted(worktrees.iterdir()) if worktrees.is_dir() else ()


def _pointed(file: Path, prefix: str, start: Path) -> Path | None:
    """The absolute path in a one-line file; relative ones begin at `start`."""
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
    return _pointed(admin / "gitdir", "", admin) == folder.resolve() / ".git"


def _has_branch(admin: Path, format: Format) -> bool:
    try:
        return (admin / "HEAD").read_bytes().strip() == f"ref: {format.ref}".encode()
    except OSError:
        return False


def _lock(admin: Path) -> str | None:
    try:
        return (admin / "locked").read_text(errors="replace").strip()
    except OSError:
        return None


def other_checkouts(common: Path, format: Format | None = None) -> list[Path]:
    """Folders where somebody else has the branch checked out; their files do not follow."""
    common, format = common.resolve(), format or Format()
    own = common / format.worktree
    found = []
    if _has_branch(common, format) and common.name == ".git":
        found.append(common.parent)
    for admin in _registered(common):
        marker = _pointed(admin / "gitdir", "", admin)
        if marker is None or marker.parent == own or not _has_branch(admin, format):
            continue
        if _pointed(marker, "gitdir:", marker.parent) == admin:
            found.append(marker.parent)
    return found


def make(common: Path, format: Format) -> Linkage:
    """Registers the worktree with git, and makes its folder without files in it.

    Raises:
        LogError: what is there forbids it; the text says what to do.
        OSError: the disk refuses.
    """
    common = common.resolve()
    found = find(common, format)
    if found.health is Health.SOUND:
        return found
    _refuse(found, other_checkouts(common, format), format)
    for stale in _stale(common, format):
        shutil.rmtree(stale)
    folder = found.folder
    folder.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    admin = _free_name(common / "worktrees", folder.name)
    # Whoever looks at worktrees/ meanwhile sees a whole entry or none.
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    (new / "HEAD").write_text(f"ref: {format.ref}\n")
    (new / "commondir").write_text("../..\n")
    (new / "gitdir").write_bytes(os.fsencode(folder / ".git") + b"\n")
    (folder / ".git").write_bytes(b"gitdir: " + os.fsencode(admin) + b"\n")
    admin.parent.mkdir(exist_ok=True)
    new.rename(admin)
    return find(common, format)


def _stale(common: Path, format: Format) -> Iterator[Path]:
    """Entries of git's list for this worktree, as it stood before the repository was moved."""
    for admin in _registered(common):
        marker = _pointed(admin / "gitdir", "", admin)
        is_ours = marker is not None and marker.parent.match(f"*/{format.worktree}")
        if is_ours and _has_branch(admin, format) and _lock(admin) is None:
            yield admin


def _refuse(found: Linkage, others: list[Path], format: Format) -> None:
    if found.health is Health.OCCUPIED:
        raise LogError(f"{found.folder} is no folder; move it away first")
    if found.health is Health.OTHER_BRANCH:
        raise LogError(
            f"another branch is checked out in {found.folder}; "
            f"run `git -C {found.folder} switch {format.branch}`"
        )
    if found.is_locked:
        raise LogError(f"git lists {found.folder} as locked; run `git worktree unlock` on it")
    if others:
        raise LogError(f"{format.branch} is checked out in {others[0]}; git allows it once")


def _free_name(folder: Path, name: str) -> Path:
    path, number = folder / name, 0
    while path.exists():
        number += 1
        path = folder / f"{name}{number}"
    return path


def unlink(common: Path, format: Format, linkage: Linkage) -> None:
    """Takes the worktree, whose folder must be empty but for ``.git``, off git's list.

    Raises:
        OSError: the folder is not empty, or the disk refuses.
    """
    folder, admin = linkage.folder, linkage.admin
    marker = folder / ".git"
    if folder.is_dir():
        for path in folder.iterdir():
            if path != marker:
                raise OSError(f"{path} is still there")
        marker.unlink(missing_ok=True)
        folder.rmdir()
    for entry in {*_stale(common.resolve(), format), *([admin] if admin else [])}:
        shutil.rmtree(entry)
    for left in (common / "worktrees", folder.parent):
        _remove_if_empty(left)


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
