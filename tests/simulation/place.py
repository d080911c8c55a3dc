"""Where runs take place: in memory where that is possible, for nothing needs a real disk."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.memory import MEMORY, has_room


def folder(name: str) -> Path:
    """A new folder; whoever asks deletes it. On a disk a run takes some ten times as long."""
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=MEMORY if has_room() else None))
