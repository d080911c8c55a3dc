"""What a commit of ours did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tip:
    """A commit of ours: its id, its parent, and how many lines it added."""

    id: str
    parent: str
    lines: int
