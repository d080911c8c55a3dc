"""Whether the program on the disk is still the one that is loaded.

Whatever installs another one, or takes another commit of it, makes files anew; that changes the
folder that they are in.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

Folders = Mapping[str, tuple[int, int]]


def folders() -> Folders:
    """Every folder from which something of ours is loaded, with its number and time of change."""
    found = {}
    for name, module in sys.modules.items():
        path = getattr(module, "__file__", None)
        if path and name.partition(".")[0] == "thrum":
            folder = os.path.dirname(path)  # noqa: PTH120 -- as the import system writes it
            found[folder] = _state(folder)
    return found


def are_as(known: Folders) -> bool:
    """Whether nothing was made or removed in them since."""
    return all(_state(folder) == state for folder, state in known.items())


def _state(folder: str) -> tuple[int, int]:
    try:
        found = os.stat(folder)  # noqa: PTH116 -- with each command
    except OSError:
        return (0, 0)
    return found.st_ino, found.st_mtime_ns
