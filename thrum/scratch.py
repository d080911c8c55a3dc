"""A folder for what is needed only meanwhile, such as a database that is made to be compared.

Whoever is killed leaves it behind, and it may be large. So the next one takes it away: as long as
somebody works in such a folder he holds its lock, which goes with his process.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from thrum.errors import ThrumError
from thrum.platform import try_flock

PREFIX: Final = "thrum-scratch-"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_TRIED: Final = 1 << 20
"""Bytes that a folder takes in which there is room."""


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder in ``TMPDIR`` that is gone afterwards, as is what killed ones left there.

    Raises:
        OSError: it cannot be made.
    """
    import tempfile  # which most commands do without

    around = Path(tempfile.gettempdir())
    _sweep(around)
    folder, handle = _made(around)
    try:
        yield folder
    finally:
        # What cannot be taken away is no fault of the work, and the next one tries again.
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def check_room(folder: Path, error: Exception) -> None:
    """Tells a fault of what was worked on from one of the folder, which has no more room.

    Args:
        folder: of `scratch`, while it is there.
        error: what came of the work.

    Raises:
        ThrumError: ``storage``, it is the folder's.
    """
    if _says_full(error) or not _has_room(folder):
        text = f"there is no room left in {folder.parent}, which this needs meanwhile"
        hint = "make room, or set TMPDIR to a folder that has some"
        raise ThrumError("storage", text, hint) from error


def _says_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
    return any(os.strerror(each) in str(error) for each in _FULL)


def _has_room(folder: Path) -> bool:
    tried = folder / "room"
    try:
        tried.write_bytes(bytes(_TRIED))
    except OSError:
        return False
    finally:
        tried.unlink(missing_ok=True)
    return True


def _made(around: Path) -> tuple[Path, int]:
    """A folder, and the handle by which it is held."""
    import tempfile

    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=around))
        try:
            handle = os.open(folder, _FOLDER)
        except FileNotFoundError:
            continue  # swept before it was held
        if _is_held(handle, folder, without_locks=True) and folder.exists():
            return folder, handle
        os.close(handle)


def _sweep(around: Path) -> None:
    """Takes away what is one's own and held by nobody."""
    for left in around.glob(f"{PREFIX}*"):
        try:
            handle = os.open(left, _FOLDER)
        except OSError:
            continue  # gone by now, another account's, or a link
        try:
            is_own = os.fstat(handle).st_uid == os.geteuid()
            if is_own and _is_held(handle, left, without_locks=False):
                shutil.rmtree(left, ignore_errors=True)
        finally:
            os.close(handle)


def _is_held(handle: int, folder: Path, *, without_locks: bool) -> bool:
    try:
        return try_flock(handle, folder)
    except ThrumError:
        return without_locks  # where the file system has none, nobody sweeps
