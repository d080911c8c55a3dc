"""Where tests keep their files: in memory where there is room, for a disk keeps them waiting."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")
ROOM: Final = 2 << 30
"""Bytes that have to be free there; all tests at once take a part of it."""

_PREFIX: Final = "trm-"
"""Tests look for our whole name in files, which hold paths."""


def has_room() -> bool:
    """Whether files may be kept in memory here."""
    if not os.access(MEMORY, os.W_OK | os.X_OK):
        return False
    found = os.statvfs(MEMORY)
    return found.f_bavail * found.f_frsize >= ROOM


def folder() -> Path:
    """Where this run may keep its files; those of runs that have ended go.

    Its name is short: there is room for a hundred bytes in the path of a socket.
    """
    for old in MEMORY.glob(f"{_PREFIX}*"):
        number = old.name.removeprefix(_PREFIX)
        if number.isdigit() and not Path("/proc", number).exists():
            shutil.rmtree(old, ignore_errors=True)
    return MEMORY / f"{_PREFIX}{os.getpid()}"
