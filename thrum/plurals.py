"""How many there are of something, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def counted(count: int, what: str) -> str:
    """So many of them: ``1 message``, ``2 messages``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """The names as a sentence has them: ``a``, ``a and b``, ``a, b and c``."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
