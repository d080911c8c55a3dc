"""Moving the shared files of a repository to where no worktree takes them along.

They may lie in a worktree that ``git worktree remove`` deletes: an older program put them there, or
the repository has become bare since. Whoever starts the daemon or runs ``thrum init`` moves them,
unless a daemon works in them at that moment. Identities and contexts stay in their worktree.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from thrum import atomic, git_place, paths, pid_file, seat
from thrum.errors import ThrumError
from thrum.git_place import GitPlace
from thrum.paths import Place
from thrum.platform import try_flock

STAYS: Final = frozenset({"identities", "context", "restart", paths.REDIRECT})
"""What of a ``.thrum`` belongs to its worktree."""


def settled(place: Place) -> Place:
    """The place as it is once its shared files are where they belong.

    Raises:
        ThrumError: ``busy``, another process moves them and does not end.
        OSError: the disk refuses; everything is still where it was.
    """
    git = git_place.of(place.repository)
    if git is None or not git.is_there or paths.host(git) == place.shared:
        return place
    with atomic.locked(git.common_dir):
        settle(git)
    return paths.find(place.root, {})


def settle(git: GitPlace) -> Path | None:
    """Moves the shared files where they belong; call it with the git directory locked.

    Returns:
        Where they were; None if they are where they belong, are nowhere, or a daemon uses them.

    Raises:
        OSError: the disk refuses.
    """
    target = paths.host(git)
    found = None if paths.is_set_up(target) else newest(git)
    if found and not _moved(found, target):
        return None
    if paths.is_set_up(target):
        point(git)
    return found


def strays(git: GitPlace) -> Iterator[Path]:
    """Folders that hold shared files of the repository, besides where they belong."""
    roots = [root / paths.NAME for root in git_place.worktrees(git)]
    if git.common_dir.name == ".git":
        roots.append(git.common_dir.parent / paths.NAME)
    target = paths.host(git)
    for folder in dict.fromkeys([git.common_dir / paths.INSIDE_GIT, *roots]):
        used = (folder / "config.json").is_file() and (folder / "var").is_dir()
        if folder != target and used and not folder.is_symlink():
            yield folder


def newest(git: GitPlace) -> Path | None:
    """The folder among `strays` in which a daemon worked last."""
    return max(strays(git), key=lambda folder: (folder / "var").stat().st_mtime_ns, default=None)


def point(git: GitPlace) -> None:
    """Has every worktree's redirect name the shared files, where it has a ``.thrum``."""
    target = paths.host(git)
    for root in git_place.worktrees(git):
        local = root / paths.NAME
        if local != target and local.is_dir() and not local.is_symlink():
            seat.redirect(local, target)


@contextmanager
def kept_free(shared: Path) -> Iterator[bool]:
    """Whether no daemon works in shared files; while it is open, none begins to.

    Raises:
        OSError, ThrumError: the lock cannot be opened, or the disk has none.
    """
    lock = shared / "var" / "thrum.lock"
    handle = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, paths.PRIVATE_FILE)
    try:
        yield try_flock(handle, lock)
    finally:
        os.close(handle)


def _moved(source: Path, target: Path) -> bool:
    """Moves what is shared, the configuration last, for it says that the rest is there.

    False if a daemon is at work in it; its lock is moved with the others, and held meanwhile.
    """
    with kept_free(source) as is_free:
        if not is_free:
            return False
        target.mkdir(mode=paths.SHARED_DIRECTORY, exist_ok=True)
        names = sorted(each.name for each in source.iterdir() if each.name not in STAYS)
        for name in sorted(names, key="config.json".__eq__):
            if not (target / name).exists():
                # Within one file system a rename; else a copy, of which nothing counts before
                # the configuration has come.
                shutil.move(source / name, target / name)
    atomic.sync_directory(target)
    return True


def refuse_second(git: GitPlace) -> None:
    """Refuses where a daemon still works in files that are not the repository's shared ones.

    Raises:
        ThrumError: ``conflict``.
    """
    for folder in strays(git):
        with kept_free(folder) as is_free:
            if not is_free:
                pid = pid_file.read(folder / "var" / "thrum.pid").get("pid", "PID")
                raise ThrumError(
                    "conflict",
                    f"a daemon of its own is at work in {folder}",
                    f"end it with `kill {pid}`, then run `thrum init` again",
                )
