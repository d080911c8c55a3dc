"""``type:value`` on the line, as scopes and refs are written."""

from __future__ import annotations

from collections.abc import Iterable

from thrum.errors import ThrumError


def pair(text: str, flag: str) -> dict[str, str]:
    """One scope or ref, split at the first colon.

    Raises:
        ThrumError: ``usage``.
    """
    kind, colon, value = text.partition(":")
    if not colon or not kind or not value:
        raise ThrumError("usage", f"{flag} takes type:value, not {text!r}", "as in module:auth")
    return {"type": kind, "value": value}


def pairs(texts: Iterable[str] | None, flag: str) -> list[dict[str, str]]:
    """All of them.

    Raises:
        ThrumError: ``usage``.
    """
    return [pair(text, flag) for text in texts or ()]
