"""Having bytes be on the disk itself, on each system."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def sync(handle: int) -> None:
    """Returns when a file, or a directory, is on the disk.

    On macOS ``fsync`` leaves it in the disk's own memory, from which a power cut takes it.

    Raises:
        OSError: the disk refuses.
    """
    if not _sync_fully(handle):
        os.fsync(handle)


def sync_data(handle: int) -> None:
    """The same for the bytes of a file alone, where the system makes that difference.

    Raises:
        OSError: the disk refuses.
    """
    if not _sync_fully(handle):
        getattr(os, "fdatasync", os.fsync)(handle)


def _sync_fully(handle: int) -> bool:
    """Whether the system has a way of its own, and the file system goes it."""
    request = getattr(fcntl, "F_FULLFSYNC", None)
    if request is None:
        return False
    try:
        fcntl.fcntl(handle, request)
    except OSError:
        return False  # not every file system does; what else is wrong, fsync says as well
    return True


def sync_folder(path: Path) -> None:
    """Returns when the names in a folder are on the disk.

    Raises:
        OSError: the disk refuses.
    """
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync(handle)
    finally:
        os.close(handle)
