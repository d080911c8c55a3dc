"""What is taken out of the worktree without coming in: ends that are no line, files in the way."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from msgspec import Struct

from gitstore import durable
from gitstore.line import Reader, printable, without_end
from gitstore.worktree.files import free, write_all

log = logging.getLogger(__name__)


class Aside(Struct, dict=True):
    """A folder for it; nothing there is ever overwritten.

    Args:
        path: the folder.
        reader: tells whether an end is a line.
    """

    path: Path
    reader: Reader

    def _free(self, name: str) -> Path:
        self.path.mkdir(mode=0o700, exist_ok=True)
        return free(self.path / name)

    def keep_end(self, path: str, data: bytes) -> None:
        """Keeps the end of a file that never became a whole line.

        Raises:
            OSError: the disk refuses.
        """
        rest = data[len(without_end(data, self.reader)) :]
        if not rest:
            return
        target = self._free(f"torn-{Path(path).name}")
        handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            write_all(handle, rest)
            durable.sync(handle)
        finally:
            os.close(handle)
        log.warning("an unfinished line at the end of %s is kept in %s", printable(path), target)

    def move(self, path: str, file: Path) -> Path:
        """Moves a file out of the way; where it is now.

        Raises:
            OSError: the disk refuses.
        """
        target = self._free(path.replace("/", "~"))
        shutil.move(file, target)
        return target
