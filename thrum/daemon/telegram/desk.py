"""What both directions of a bridge work with."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import anyio

from thrum.daemon.callers.pseudo_agent import is_supervisor
from thrum.daemon.prompts.service import Prompts
from thrum.daemon.telegram import kept
from thrum.daemon.telegram.bot_api import BotApi
from thrum.daemon.telegram.gate import Gate
from thrum.daemon.telegram.kept import Bot, Parcel
from thrum.daemon.telegram.patience import Patience
from thrum.daemon.telegram.stanza import Stanza
from thrum.daemon.telegram.update import TelegramUser

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.prompts.prompt import Prompt
    from thrum.daemon.service.clock import Clock
    from thrum.daemon.state import Tables
    from thrum.daemon.transaction import Transaction

T = TypeVar("T")

_SECOND_NS: Final = 1_000_000_000
LONGEST_NOTE: Final = 1000


@dataclass
class Desk:
    """A bot that has answered, and whatever its mail passes through.

    Attributes:
        node: the daemon's parts.
        tables: the bridge's.
        stanza: what is wanted.
        api: the way to the bot.
        bot: who the bot is.
        gate: who is heard.
        patience: tries again.
        begun: how far the bot was read when this began.
        queued: set when something is to go out.
        inbound: messages that came.
        outbound: messages that went.
    """

    node: Node
    tables: Tables
    stanza: Stanza
    api: BotApi
    bot: TelegramUser
    gate: Gate
    patience: Patience
    begun: Bot
    queued: anyio.Event = field(default_factory=anyio.Event)
    inbound: int = 0
    outbound: int = 0

    @property
    def clock(self) -> Clock:
        """What tells the time."""
        return self.node.setting.clock

    @property
    def unix(self) -> int:
        """The present, as Telegram counts."""
        return self.node.now_ns() // _SECOND_NS

    @property
    def waiting(self) -> list[Prompt]:
        """What waits for leave."""
        return self.node.service(Prompts).waiting

    def is_virtual(self, name: str) -> bool:
        """Whether somebody can be written to who is registered nowhere."""
        return is_supervisor(name, self.node.config, self.node.identity)

    async def keep(self, decide: Callable[[sqlite3.Connection], T]) -> T:
        """Writes into the tables, as soon as that can be."""
        return await self.patience.insist("tables", lambda: self.tables.write(decide))

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Asks the tables, as soon as that can be."""
        return await self.patience.insist("tables", lambda: self.tables.ask(question))

    async def store(self, decide: Callable[[Transaction], T]) -> T:
        """Writes events, as soon as that can be.

        Raises:
            ThrumError: it would be refused again.
        """
        return await self.patience.insist("store", lambda: self.node.store.transact(decide))

    async def note(self, chat_id: int, text: str) -> None:
        """Says something of the bridge's own at the phone."""
        unix = self.unix
        parcel = Parcel(kept.NOTE, chat_id, content=text[:LONGEST_NOTE])
        await self.keep(lambda db: kept.put(db, [parcel], {}, unix))
        self.queued.set()
