"""Files that were replaced in the worktree, while somebody may still have them open.

Who opened a file before it was replaced appends to one without a name, which nobody would ever
read. So its last name is a hard link in a folder beside, for a while.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from msgspec import Struct

from gitstore.worktree.folder import Folder

KEPT_S: Final = 30.0
"""How long the last name of a replaced file is kept."""


class Replaced(Struct, dict=True):
    """The replaced files of one worktree.

    Args:
        folder: the worktree's.
        now: seconds since 1970, as the file system counts them.
    """

    folder: Folder
    now: Callable[[], float]

    @property
    def path(self) -> Path:
        """Where they are."""
        return self.folder.replaced

    def keep(self, path: str, file: Path) -> None:
        """Gives a file that is to be replaced another name.

        Raises:
            OSError: the disk refuses.
        """
        self.path.mkdir(mode=0o700, exist_ok=True)
        for number in itertools.count():
            try:
                os.link(file, self.path / f"{number}~{quote(path, safe='')}")
            except FileExistsError:
                continue
            return

    def files(self) -> Iterator[tuple[str, Path]]:
        """Those that somebody may have appended to after all, by their paths in the tree."""
        if not os.path.lexists(self.path):
            return
        for file in sorted(self.path.iterdir()):
            path = unquote(file.name.partition("~")[2])
            if self.folder.format.is_log(path):
                yield path, file

    def forget(self) -> None:
        """Removes those whose last writer is long gone; they have come in."""
        if not os.path.lexists(self.path):
            return
        for file in list(self.path.iterdir()):
            if self.now() - file.lstat().st_ctime >= KEPT_S:
                file.unlink()
        with suppress(OSError):
            self.path.rmdir()
