"""Up to where a reader has seen the log, and what it has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from gitstore.line import Line


class Cursor(NamedTuple):
    """Up to where a reader has seen the log: a commit, and a place in the journal."""

    tip: str
    generation: str
    offset: int

    def to_text(self) -> str:
        """As one word, to be stored."""
        return f"{self.tip}:{self.generation}:{self.offset}"

    @classmethod
    def from_text(cls, text: str) -> Cursor:
        """The cursor that `to_text` wrote.

        Raises:
            ValueError: the text is something else.
        """
        tip, generation, offset = text.split(":")
        return cls(tip, generation, int(offset))


class Since(Struct, frozen=True):
    """What a reader has not seen: lines of the branch, then of the journal; then `cursor` holds."""

    lines: Iterator[Line]
    cursor: Cursor
