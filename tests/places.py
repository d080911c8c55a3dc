"""Where daemons are or were, in a folder full of clones."""

from __future__ import annotations

import os
from pathlib import Path

from thrum import paths


def places(root: Path) -> list[paths.Place]:
    """Every repository where a daemon was; git's own folders come and go while a push is ending."""
    found = []
    for folder, names, _ in os.walk(root):
        place = Path(folder)
        shared = [place / paths.NAME, place / paths.INSIDE_GIT]
        if any((each / "var/thrum.lock").exists() for each in shared):
            found.append(paths.find(place, {}))
        names[:] = [name for name in names if name not in {".thrum", ".git", "objects"}]
    return found
