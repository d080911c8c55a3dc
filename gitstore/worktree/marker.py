"""The commit that the worktree's files were last in step with, noted in a small file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from msgspec import Struct

_ID: Final = re.compile("[0-9a-f]{40}")


class Marker(Struct, dict=True):
    """The note, and where this process knows the files to be.

    Args:
        path: the file.
        at: the commit that holds everything that came in; None: it is as noted.
    """

    path: Path
    at: str | None = None

    def known(self) -> str | None:
        """Where the files were last; None if nobody knows."""
        self.at = self.at or self.stored()
        return self.at

    def stored(self) -> str | None:
        """The commit in the file."""
        try:
            text = self.path.read_text().strip()
        except OSError:
            return None
        return text if _ID.fullmatch(text) else None

    def store(self, commit: str) -> None:
        """Notes that the files are in step with a commit; losing the note does no harm alone."""
        if self.stored() != commit:
            new = self.path.with_name(f"{self.path.name}.new")
            new.write_text(f"{commit}\n")
            new.replace(self.path)
