"""A line that is not typed to its end, cut into words as bash does; and words for such a line.

Bash itself cuts at ``@``, ``:`` and ``=`` too when it completes, and hands out words with their
quotes. zsh and fish do all of this themselves.
"""

from __future__ import annotations

import re
from typing import Final

_NOT_PLAIN: Final = re.compile(r"([^\w@%+=:,./-])")
_SAFE_IN_QUOTES: Final = re.compile(r"[\w@%+=:,./ -]*")
_ESCAPED_IN_DOUBLE: Final = '$`"\\'


def split(line: str) -> tuple[list[str], str]:
    """The words without their quotes, the last one as far as it is typed, and a quote left open."""
    words: list[str] = []
    word: str | None = None
    quote = ""
    rest = iter(line)
    for character in rest:
        if quote:
            if character == quote:
                quote = ""
                continue
            if character == "\\" and quote == '"':
                following = next(rest, "")
                kept = "" if following in _ESCAPED_IN_DOUBLE else character
                character = kept + following
            word = (word or "") + character
        elif character.isspace():
            words += [] if word is None else [word]
            word = None
        elif character in "'\"":
            quote, word = character, word or ""
        else:
            word = (word or "") + (next(rest, "") if character == "\\" else character)
    return [*words, word or ""], quote


def written(value: str, quote: str) -> str | None:
    """The value so that bash reads it as it is; None where it cannot stand in the open quote."""
    if quote:
        return value if _SAFE_IN_QUOTES.fullmatch(value) else None
    return _NOT_PLAIN.sub(r"\\\1", value)
