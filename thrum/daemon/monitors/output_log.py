"""What a monitor's program said, in a file of bounded size and the one before it.

Nobody but the account reads them. Another thread writes; a write that fails is told, and the
monitor goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum.paths import PRIVATE_DIRECTORY, PRIVATE_FILE

LARGEST: Final = 512 * 1024
"""Bytes after which the file is put aside, in the place of the one that was before."""


@dataclass
class OutputLog:
    """The output of one monitor.

    Attributes:
        path: the newest file; the one before it has ``.1`` at its end.
        largest: bytes of one file.
        trouble: why nothing could be written last; empty when it could.
    """

    path: Path
    largest: int = LARGEST
    trouble: str = ""

    @property
    def before(self) -> Path:
        """The file before the newest."""
        return self.path.with_name(f"{self.path.name}.1")

    def write(self, lines: Iterable[str]) -> None:
        """Adds lines. May block."""
        data = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
        if not data:
            return
        try:
            self._append(data)
            self.trouble = ""
        except OSError as error:
            self.trouble = f"its output cannot be kept: {os.strerror(error.errno or 0)}"

    def _append(self, data: bytes) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self.path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        handle = os.open(self.path, flags, PRIVATE_FILE)
        try:
            os.write(handle, data)
            is_full = os.fstat(handle).st_size >= self.largest
        finally:
            os.close(handle)
        if is_full:
            self.path.replace(self.before)

    def tail(self, count: int) -> list[str]:
        """The newest lines, the oldest of them first. May block.

        Raises:
            OSError: a file is there and cannot be read.
        """
        lines: list[str] = []
        for path in (self.before, self.path):
            with suppress(FileNotFoundError):
                lines += path.read_text("utf-8", "replace").splitlines()
        return lines[-count:] if count else lines

    def remove(self) -> None:
        """Removes both files. May block.

        Raises:
            OSError: one cannot be removed.
        """
        for path in (self.path, self.before):
            path.unlink(missing_ok=True)
