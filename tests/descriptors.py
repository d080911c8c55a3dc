"""What this process has open, so that tests see what is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

_OPEN = Path("/proc/self/fd")

listed = pytest.mark.skipif(not _OPEN.is_dir(), reason="the system lists no open files")


def files() -> list[str]:
    """The paths of open files and folders, once for each descriptor; a file's that is gone too."""
    found = []
    for each in _OPEN.iterdir():
        try:
            found.append(str(each.readlink()))
        except FileNotFoundError:
            continue  # it was the one of the listing
    return sorted(each for each in found if each.startswith("/"))
