"""Who is heard: every update passes here before anything else is read of it. Pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from thrum.daemon.telegram.stanza import Stanza
from thrum.daemon.telegram.update import Chat, TelegramUser

MOST: Final = 30
"""Messages of one user within `WITHIN_S`."""
WITHIN_S: Final = 60.0
MOST_USERS: Final = 10_000
"""Users whose pace is known; of more, the one who was silent longest is forgotten."""

NO_SENDER: Final = "no_sender"
OWN: Final = "own"
BOT: Final = "bot"
NOT_ALLOWED: Final = "not_allowed"
NO_GROUP: Final = "unknown_chat"
TOO_MANY: Final = "rate"


class Gate:
    """Decides whom to hear, and counts whom it did not.

    Args:
        stanza: what is wanted.
        monotonic: the clock of the pace.

    Attributes:
        bot_id: our bot, which does not hear itself.
        dropped: how much was dropped, by reason.
    """

    def __init__(self, stanza: Stanza, monotonic: Callable[[], float]) -> None:
        self._stanza = stanza
        self._monotonic = monotonic
        self._paces: dict[int, deque[float]] = {}
        self.bot_id = 0
        self.dropped: Counter[str] = Counter()

    def drops(self, reason: str) -> None:
        """Counts what was dropped."""
        self.dropped[reason] += 1

    def refusal(self, sender: TelegramUser | None, chat: Chat) -> str:
        """Why somebody is not heard in a chat; empty who is."""
        if sender is None:
            return NO_SENDER
        if sender.id == self.bot_id:
            return OWN
        group = self._stanza.of_chat(chat.id)
        is_trusted = sender.is_bot and group is not None and sender.id in group.trusted_bots
        if sender.is_bot and not is_trusted:
            return BOT
        if not (is_trusted or self._stanza.allow_all or self.is_listed(sender)):
            return NOT_ALLOWED
        return "" if chat.is_private or group is not None else NO_GROUP

    def is_listed(self, sender: TelegramUser) -> bool:
        """Whether a person is one of those who are named, and so may answer prompts."""
        return not sender.is_bot and sender.id in self._stanza.allow_from

    def is_too_fast(self, sender: TelegramUser) -> bool:
        """Notes a message of somebody; whether it is one too many."""
        now = self._monotonic()
        pace = self._paces.pop(sender.id, None) or deque()
        self._paces[sender.id] = pace
        while len(self._paces) > MOST_USERS:
            del self._paces[next(iter(self._paces))]
        while pace and pace[0] <= now - WITHIN_S:
            pace.popleft()
        if len(pace) >= MOST:
            return True
        pace.append(now)
        return False
