"""Packs that a gc has replaced, be it ours or somebody's: libgit2 keeps each of them open for good.

It learns of new packs by looking again, and never forgets one. So a process that lives for weeks
would come to hold a descriptor for every pack that there ever was, and their bytes on the disk with
it.
"""

from __future__ import annotations

from pathlib import Path

import pygit2
from msgspec import Struct

from gitstore.ref import common_directory


class Vanished(Struct, dict=True):
    """Which packs a repository had when one looked last. Belongs to the thread with libgit2.

    Args:
        repository: whose packs.
    """

    repository: pygit2.Repository

    def __post_init__(self) -> None:
        self._known = self._packs()

    def let_go(self) -> bool:
        """Has libgit2 open the object store anew, if a pack is gone; whether one was."""
        before, self._known = self._known, self._packs()
        is_gone = not before <= self._known
        if is_gone:
            self.repository.free()
        return is_gone

    def _packs(self) -> frozenset[Path]:
        folder = common_directory(self.repository) / "objects" / "pack"
        return frozenset(folder.glob("*.pack"))
