"""What a commit of ours did."""

from __future__ import annotations

from msgspec import Struct


class Tip(Struct, frozen=True):
    """A commit of ours: its id, its parent, and how many lines it added."""

    id: str
    parent: str
    lines: int
