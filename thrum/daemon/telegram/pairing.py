"""Whose phone it is: who says the code to the bot. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from thrum.daemon.one_time_code import TRIES, OneTimeCode
from thrum.daemon.telegram.update import Incoming
from thrum.ids import base32

LENGTH: Final = 8
START: Final = "/start"
"""What Telegram sends where somebody follows a link to a bot, with what the link says."""


@dataclass(kw_only=True)
class PhonePairing(OneTimeCode[Incoming]):
    """A pairing of a phone that is under way, or its end: the message that said the code."""

    late: ClassVar = "the code was not sent in time"

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
        if self.is_said(word):
            self.settle(message)
            return True
        if is_known or not word:
            return False
        self.miss(f"{TRIES} wrong codes were sent to the bot")
        return True


def drawn(random: Callable[[int], bytes]) -> str:
    """A new code: letters and digits that are not taken for each other.

    Args:
        random: gives that many random bytes.
    """
    return base32(random(LENGTH * 5 // 8))[:LENGTH]
