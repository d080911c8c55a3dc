"""Where a log stands: when it was opened, and now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gitstore.branch import Branch


@dataclass(frozen=True, slots=True)
class Opened:
    """What was found and done when the log was opened."""

    branch: Branch
    torn: Path | None
    damaged_records: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the branch stands.

    Attributes:
        tip: its commit.
        ahead, behind: commits that the remote lacks and that we lack, as last seen.
        remote: the name of the remote; empty if there is none.
    """

    tip: str
    ahead: int
    behind: int
    remote: str
