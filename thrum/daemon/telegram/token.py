"""The token of a bot, which nothing prints by accident."""

from __future__ import annotations

import re
from typing import Final

from thrum.errors import ThrumError

SHOWN: Final = 10
"""Characters of a token by which its owner recognizes it: the bot's number, mostly."""

_TOKEN: Final = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{20,100}", re.ASCII)


class Token:
    """A token. Only `reveal` gives it, for the path of a request."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"Token({masked(self._text)})"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def reveal(self) -> str:
        """The token itself."""
        return self._text

    def without(self, text: str) -> str:
        """A text in which the token does not stand."""
        return text.replace(self._text, masked(self._text)) if self._text else text


def masked(text: str) -> str:
    """As much of a token as may be shown; of one that is too short for that nothing."""
    if not text:
        return ""
    return f"{text[:SHOWN]}..." if len(text) >= 2 * SHOWN else "..."


def checked(text: str) -> str:
    """The token, if it is written like one.

    Raises:
        ThrumError: ``invalid_params``; the text is no part of the message, most may be right.
    """
    token = text.strip()
    if _TOKEN.fullmatch(token) is None:
        raise ThrumError(
            "invalid_params",
            "invalid token format (expected: 123456789:AAH...)",
            "@BotFather of Telegram tells it when the bot is made, and again by /token",
        )
    return token
