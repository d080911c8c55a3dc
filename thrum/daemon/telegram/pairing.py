"""Whose phone it is: a code that counts once, for a while, and for three tries. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import anyio

from thrum.daemon.telegram.update import Incoming
from thrum.ids import base32

LASTS_S: Final = 300
TRIES: Final = 3
LENGTH: Final = 8
START: Final = "/start"
"""What Telegram sends where somebody follows a link to a bot, with what the link says."""


@dataclass
class PhonePairing:
    """A pairing that is under way, or its end.

    Attributes:
        code: what the person has to send to the bot.
        monotonic: the clock.
        lasts_s: seconds for which the code counts.
        found: the message that said the code; None as long as none did.
        reason: why it ended without one.
        over: set at its end.
    """

    code: str = field(repr=False)
    monotonic: Callable[[], float]
    lasts_s: float = LASTS_S
    found: Incoming | None = None
    reason: str = ""
    over: anyio.Event = field(default_factory=anyio.Event)
    _left: int = TRIES
    _until: float = 0.0

    def __post_init__(self) -> None:
        self._until = self.monotonic() + self.lasts_s

    @property
    def left_s(self) -> float:
        """Seconds for which the code still counts."""
        return max(self._until - self.monotonic(), 0.0)

    @property
    def is_open(self) -> bool:
        """Whether the code still counts."""
        if not self.over.is_set() and not self.left_s:
            self.end("the code was not sent in time")
        return not self.over.is_set()

    def end(self, reason: str) -> None:
        """Ends it without a phone, if it has not ended."""
        if not self.over.is_set():
            self.reason = reason
            self.over.set()

    def takes(self, message: Incoming, *, is_known: bool) -> bool:
        """Looks whether a message is meant for the pairing, which then is all that it is for.

        Args:
            message: of a person, from a private chat.
            is_known: whether that person is heard anyway: another text is then no try.
        """
        if not self.is_open:
            return False
        said = message.text or ""
        word = said.strip().removeprefix(START).strip().upper()
        if hmac.compare_digest(word.encode(), self.code.encode()):
            self.found = message
            self.over.set()
            return True
        if is_known or not word:
            return False
        self._left -= 1
        if self._left <= 0:
            self.end(f"{TRIES} wrong codes were sent to the bot")
        return True


def drawn(random: Callable[[int], bytes]) -> str:
    """A new code: letters and digits that are not taken for each other.

    Args:
        random: gives that many random bytes.
    """
    return base32(random(LENGTH * 5 // 8))[:LENGTH]
