"""A folder that is made once, and put back as it was before each test.

What a clone holds names places on the disk, so it is put back at the very place.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Kept:
    """A folder in which nothing works any more, and a copy of it."""

    root: Path
    copy: Path

    @classmethod
    def of(cls, root: Path) -> Kept:
        """Copies the folder to beside it."""
        copy = root.with_name(f"{root.name}-kept")
        shutil.copytree(root, copy, symlinks=True)
        return cls(root, copy)

    def put_back(self) -> None:
        """Has the folder be as it was."""
        shutil.rmtree(self.root)
        shutil.copytree(self.copy, self.root, symlinks=True)
