"""What a message that answers a question says. Pure."""

from __future__ import annotations

from typing import Final

_ALLOWS: Final = frozenset({"y", "yes", "approve", "allow", "a"})
_REFUSES: Final = frozenset({"n", "no", "deny", "d"})


def meaning(text: str) -> bool | None:
    """Whether a text allows what was asked for or refuses it; None for any other text."""
    word = text.strip().lower()
    if word in _ALLOWS:
        return True
    return False if word in _REFUSES else None
