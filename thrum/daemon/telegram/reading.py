"""What happens at the phone: it passes the gate, becomes a message or an answer, and is noted.

How far the bot was read is noted after what was read is on disk, so nothing is lost; and what is
read twice is known by its id.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from typing import TYPE_CHECKING, Any, Final

import anyio

from thrum.daemon.projection.queries import messages as message_queries
from thrum.daemon.projection.queries.targets import meant_by
from thrum.daemon.prompts.reply import meaning
from thrum.daemon.telegram import gate, kept, posting, pressing
from thrum.daemon.telegram.bot_api import Away, Limited, RefusedThere
from thrum.daemon.telegram.desk import Desk
from thrum.daemon.telegram.pairing import START
from thrum.daemon.telegram.posting import Post
from thrum.daemon.telegram.stanza import TelegramGroup
from thrum.daemon.telegram.update import Batch, Incoming, Pressed, TelegramUser, Update, decoded
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.telegram.pairing import PhonePairing

logger = logging.getLogger("thrum.telegram")

RENUMBERED_S: Final = 6 * 24 * 3600
"""After a week without any, Telegram may number updates anew; then none may be left out."""
SENSELESS_S: Final = 60.0
"""A pause after an answer of which nothing can be understood, not even its numbers."""
HELP: Final = "/help"

MALFORMED: Final = "malformed"
EMPTY: Final = "empty"
OTHERS: Final = "to_others"
UNSURE: Final = "answers"

_MENTION: Final = re.compile(r"(?:^|(?<=\s))@([A-Za-z0-9_]+)")
_TO: Final = re.compile(r"@(?P<name>[A-Za-z0-9_][A-Za-z0-9_:-]*)[ \t,:]*\s(?P<rest>.+)", re.DOTALL)


class Reader:
    """Reads a bot.

    Args:
        desk: what it works with.

    Attributes:
        pairing: the one under way, or the last.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.pairing: PhonePairing | None = None

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        offset, moved_at = self._desk.begun.next_update, self._desk.begun.moved_at
        while True:
            if self._desk.unix - moved_at > RENUMBERED_S:
                offset = 0
            batch = await self._polled(offset)
            for _ in range(batch.malformed):
                self._desk.gate.drops(MALFORMED)
            for update in batch.updates:
                await self._take(update)
            if batch.last is not None:
                offset, moved_at = batch.last + 1, self._desk.unix
                await self._note_place(offset, moved_at)
            elif batch.malformed:
                await self._desk.clock.wait(anyio.Event(), SENSELESS_S)

    async def _polled(self, offset: int) -> Batch:
        api = self._desk.api
        raws = await self._desk.patience.insist("poll", lambda: api.updates(offset))
        return decoded(raws)

    async def _note_place(self, offset: int, unix: int) -> None:
        await self._desk.keep(lambda db: kept.move(db, self._desk.bot.id, offset, unix))

    async def _take(self, update: Update) -> None:
        if update.callback_query is not None:
            await self._pressed(update.callback_query)
        elif update.message is not None:
            await self._message(update.message)
        elif update.edited_message is not None:
            await self._edited(update.edited_message, update.update_id)

    async def _message(self, message: Incoming) -> None:
        sender = message.sender
        refusal = self._desk.gate.refusal(sender, message.chat)
        if refusal in {"", gate.NOT_ALLOWED} and self._is_for_pairing(message, not refusal):
            return
        if not refusal and sender is not None and self._desk.gate.is_too_fast(sender):
            refusal = gate.TOO_MANY
        if refusal or sender is None:
            self._desk.gate.drops(refusal)
            return
        group = self._desk.stanza.of_chat(message.chat.id)
        text = self._said(message, group)
        if text is None or not text.strip():
            self._desk.gate.drops(OTHERS if text is None else EMPTY)
            return
        if group is None and text.split()[0] in {START, HELP}:
            await self._desk.note(message.chat.id, self._help())
            return
        await self._post(message, sender, group, text)

    def _is_for_pairing(self, message: Incoming, is_heard: bool) -> bool:
        sender, pairing = message.sender, self.pairing
        if pairing is None or sender is None or sender.is_bot or not message.chat.is_private:
            return False
        return pairing.takes(message, is_known=is_heard and self._desk.gate.is_listed(sender))

    def _said(self, message: Incoming, group: TelegramGroup | None) -> str | None:
        """What a message says to us; None where it is for others in the group."""
        text = message.words
        if group is None:
            return text
        names = [found[1].lower() for found in _MENTION.finditer(text)]
        own = self._desk.bot.username.lower()
        if names and own not in names:
            return None
        for found in _MENTION.finditer(text):
            if found[1].lower() == own:
                return (text[: found.start()] + text[found.end() :]).strip()
        return text

    async def _post(
        self, message: Incoming, sender: TelegramUser, group: TelegramGroup | None, text: str
    ) -> None:
        """Sends what came, or tells the phone why it cannot be."""
        try:
            said = await self._addressed(message, sender, group, text)
            is_new = await self._desk.store(lambda t: posting.post(t, said, self._desk.is_virtual))
        except ThrumError as error:
            hint = f" ({error.hint})" if error.hint else ""
            await self._desk.note(message.chat.id, f"Not sent: {error.message}{hint}")
            return
        self._desk.inbound += is_new
        ids = (message.chat.id, message.message_id, said.message_id, 0, self._desk.unix)
        await self._desk.keep(lambda db: kept.pair(db, *ids))

    async def _addressed(
        self, message: Incoming, sender: TelegramUser, group: TelegramGroup | None, text: str
    ) -> Post:
        """What came, with whom it is for.

        Raises:
            ThrumError: ``conflict``, it answers a question, and several wait.
        """
        reply_to = await self._answers(message, sender, group, text)
        author = (
            await self._desk.node.store.ask(lambda db: _author(db, reply_to)) if reply_to else ""
        )
        author = "" if author == self._desk.stanza.person else author
        if group is not None:
            to = [group.group, *([author] if author else [])]
        elif author:
            to = [author]
        else:
            to, text = await self._desk.node.store.ask(lambda db: self._target(db, text))
        return Post(
            self._id(message), self._desk.stanza.person, text, to, reply_to, _about(message, group)
        )

    async def _answers(
        self, message: Incoming, sender: TelegramUser, group: TelegramGroup | None, text: str
    ) -> str:
        """The message here that one there answers.

        Whoever is not named may answer no question, so a word that could be taken for the answer
        to one is an answer to nothing.

        Raises:
            ThrumError: ``conflict``, several questions wait.
        """
        is_answer = meaning(text) is not None
        if is_answer and not self._desk.gate.is_listed(sender):
            return ""
        if message.reply_to_message is not None:
            chat, tele = message.chat.id, message.reply_to_message.message_id
            return await self._desk.ask(lambda db: kept.here(db, chat, tele))
        if not is_answer or group is not None:
            return ""
        asked = [each for each in self._desk.waiting if self._desk.stanza.person in each.recipients]
        if len(asked) > 1:
            text = f"{len(asked)} questions wait for an answer"
            raise ThrumError("conflict", text, "press its button, or reply to the one you mean")
        return asked[0].message_id if asked else ""

    def _target(self, db: sqlite3.Connection, text: str) -> tuple[list[str], str]:
        """Whom a text is for: who is named at its beginning, else the usual one.

        Raises:
            ThrumError: ``invalid_params``, there is no usual one.
        """
        found = _TO.match(text)
        if found is not None and meant_by(db, found["name"].lower()) is not None:
            return [found["name"].lower()], found["rest"]
        if not self._desk.stanza.target:
            text = "nobody is named, and telegram.target says nobody"
            raise ThrumError("invalid_params", text, "begin with @name")
        return [self._desk.stanza.target], text

    async def _edited(self, message: Incoming, update_id: int) -> None:
        sender = message.sender
        refusal = self._desk.gate.refusal(sender, message.chat)
        if refusal or sender is None:
            self._desk.gate.drops(refusal)
            return
        text = self._said(message, self._desk.stanza.of_chat(message.chat.id))
        if text is None or not text.strip():
            return
        if meaning(text) is not None and not self._desk.gate.is_listed(sender):
            # It may be in the thread of a question.
            self._desk.gate.drops(UNSURE)
            return
        said = Post(self._id(message), self._desk.stanza.person, text, [])
        once = f"telegram {self._desk.bot.id} {update_id}"
        try:
            await self._desk.store(lambda t: posting.edit(t, self._without_name(t.db, said), once))
        except ThrumError as error:
            await self._desk.note(message.chat.id, f"The change does not count: {error.message}")

    def _without_name(self, db: sqlite3.Connection, said: Post) -> Post:
        """A changed text without the name of whom it is for, as it was sent."""
        found = _TO.match(said.content)
        if found is None or meant_by(db, found["name"].lower()) is None:
            return said
        return Post(said.message_id, said.person, found["rest"], [])

    def _help(self) -> str:
        target = self._desk.stanza.target
        to = f" goes to @{target}" if target else " needs a name"
        return (
            f"You are {self._desk.stanza.person} here. What you write{to}; begin with @name for"
            " somebody else, or reply to a message to answer it."
        )

    async def _pressed(self, pressed: Pressed) -> None:
        """Answers a question, for those alone who are named."""
        if not self._desk.gate.is_listed(pressed.sender):
            self._desk.gate.drops(gate.BOT if pressed.sender.is_bot else gate.NOT_ALLOWED)
            return
        word, _, message_id = pressed.data.partition(":")
        if word not in {pressing.ALLOW, pressing.DENY}:
            self._desk.gate.drops(MALFORMED)
            return
        is_allowed = word == pressing.ALLOW
        said = await self._desk.patience.insist(
            "store", lambda: pressing.answer(self._desk, message_id, is_allowed=is_allowed)
        )
        try:
            await self._desk.api.answer(pressed.id, said)
        except (Away, Limited, RefusedThere) as error:
            # The answer counts; only its sign is lost.
            logger.info("who pressed a button is not told of it: %s", error)

    def _id(self, message: Incoming) -> str:
        return posting.message_id(
            self._desk.bot.id, message.chat.id, message.message_id, message.date
        )


def _author(db: sqlite3.Connection, message_id: str) -> str:
    found = message_queries.message(db, message_id) if message_id else None
    return found.author.agent_id if found else ""


def _about(message: Incoming, group: TelegramGroup | None) -> dict[str, Any]:
    """What stands beside a text that came, for programs."""
    sender = message.sender
    assert sender is not None
    about: dict[str, Any] = {
        "chat_id": message.chat.id,
        "message_id": message.message_id,
        "telegram_user": sender.called,
        "telegram_user_id": sender.id,
    }
    if group is not None:
        about["group_name"] = group.name
    if message.topic:
        about["topic"] = message.topic
    return about
