"""Where tests keep their files: in memory where there is room, for a disk keeps them waiting."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")
ROOM: Final = 2 << 30
"""Bytes that have to be free there; all tests at once take a part of it."""


def has_room() -> bool:
    """Whether files may be kept in memory here."""
    if not os.access(MEMORY, os.W_OK | os.X_OK):
        return False
    found = os.statvfs(MEMORY)
    return found.f_bavail * found.f_frsize >= ROOM
