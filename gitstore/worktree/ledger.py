"""What is known of the worktree's files, by their paths in the tree."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct, field

from gitstore.line import printable
from gitstore.worktree.files import Signature, signature_of, stat_of

log = logging.getLogger(__name__)


class Seen(NamedTuple):
    """A file that was read: what tells that it is unchanged, and the blob of its bytes."""

    signature: Signature
    blob: str


class Ledger(Struct, dict=True):
    """What was read, what has come in, and what is still to be done.

    Args:
        seen: files whose bytes have come in, or are the branch's.
        fresh: files that were read for a step which is not durable yet.
        behind: files that do not hold what the branch holds.
        trouble: what could not be done last time, in words.
    """

    seen: dict[str, Seen] = field(default_factory=dict)
    fresh: dict[str, Seen] = field(default_factory=dict)
    behind: set[str] = field(default_factory=set)
    trouble: dict[str, str] = field(default_factory=dict)

    def came_in(self) -> None:
        """What was read for the last step is durable."""
        self.seen |= self.fresh
        self.fresh.clear()

    @property
    def is_overtaken(self) -> bool:
        """Whether files were written to while they were to follow."""
        return bool(self.behind - self.trouble.keys())

    def stat_of(self, path: str, file: Path, blob: str) -> os.stat_result | None:
        """The file's stat if it is known to hold the blob."""
        known, found = self.seen.get(path), stat_of(file)
        same = found and known and known.blob == blob and known.signature == signature_of(found)
        return found if same else None

    def complain(self, path: str, error: Exception) -> None:
        """Notes why something could not be done; says it once."""
        words = str(getattr(error, "strerror", None) or error)
        if isinstance(error, FileExistsError):
            words = f"{error.filename} is held by another program, or left by one that crashed"
        if self.trouble.get(path) != words:
            log.warning("the worktree's %s: %s", printable(path), words)
        self.trouble[path] = words
