"""Making the branch's worktree as ``git worktree add`` would, and taking it off git's list."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from gitstore.errors import LogError
from gitstore.format import Format
from gitstore.worktree.folder import FOLDER_MODE
from gitstore.worktree.linkage import (
    Health,
    Linkage,
    find,
    has_branch,
    lock_of,
    other_checkouts,
    pointed,
    registered,
)


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
    for admin in registered(common):
        marker = pointed(admin / "gitdir", "", admin)
        is_ours = marker is not None and marker.parent.match(f"*/{format.worktree}")
        if is_ours and has_branch(admin, format) and lock_of(admin) is None:
            yield admin


def _refuse(found: Linkage, others: list[Path], format: Format) -> None:
    if found.health is Health.OCCUPIED:
        raise LogError(f"{found.folder} is no folder; move it away first")
    if found.health is Health.OTHER_BRANCH:
        raise LogError(
            f"another branch is checked out in {found.folder}; "
            f"run `git -C {shlex.quote(str(found.folder))} switch {format.branch}`"
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
