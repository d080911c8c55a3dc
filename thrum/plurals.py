"""How many there are of something, in a sentence."""

from __future__ import annotations


def counted(count: int, what: str) -> str:
    """So many of them: ``1 message``, ``2 messages``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
