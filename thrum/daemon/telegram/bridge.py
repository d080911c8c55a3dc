"""One bot at work: what happens there is read, what is for the phone is carried there.

Nothing of it holds up anybody else: where Telegram is away, what is for it waits on disk, and it is
asked again after pauses that grow to a minute.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio

from thrum.clock import format_ns, format_seconds
from thrum.daemon.telegram import kept, posting
from thrum.daemon.telegram.bot_api import BotApi
from thrum.daemon.telegram.desk import Desk
from thrum.daemon.telegram.gate import Gate
from thrum.daemon.telegram.patience import Patience
from thrum.daemon.telegram.reading import Reader
from thrum.daemon.telegram.sending import Carrier
from thrum.daemon.telegram.stanza import Stanza

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.state import Tables

logger = logging.getLogger("thrum.telegram")


class Bridge:
    """A bot, a person, and what goes between them. On the event loop only.

    Args:
        node: the daemon's parts.
        tables: the bridge's.
        stanza: what is wanted.

    Attributes:
        desk: what it works with; None until Telegram has answered.
        reader: reads the bot, from then on.
        carrier: carries mail to the phone, from then on.
        connected_at: when Telegram answered first; empty before.
        ready: set then.
    """

    def __init__(self, node: Node, tables: Tables, stanza: Stanza) -> None:
        self._node = node
        self._tables = tables
        self.stanza = stanza
        self._patience = Patience(node.setting.clock)
        self.desk: Desk | None = None
        self.reader: Reader | None = None
        self.carrier: Carrier | None = None
        self.connected_at = ""
        self.ready = anyio.Event()

    @property
    def trouble(self) -> str:
        """What is wrong; empty while all is well."""
        return self._patience.trouble

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        async with BotApi(self.stanza.api_base, self.stanza.token) as api:
            desk = self.desk = await self._introduced(api)
            reader, carrier = Reader(desk), Carrier(desk)
            self.reader, self.carrier = reader, carrier
            self.ready.set()
            logger.info("@%s carries mail of %s", desk.bot.username, self.stanza.person)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(reader.run)
                tasks.start_soon(carrier.run)

    async def _introduced(self, api: BotApi) -> Desk:
        """Asks who the bot is, and has its groups be groups here."""
        bot = await self._patience.insist("bot", api.me)
        gate = Gate(self.stanza, self._node.setting.clock.monotonic)
        gate.bot_id = bot.id
        now = self._node.now_ns()
        self.connected_at = format_seconds(now)
        begun = await self._patience.insist(
            "tables",
            lambda: self._tables.write(
                lambda db: kept.begin(db, bot.id, format_ns(now), now // 1_000_000_000)
            ),
        )
        desk = Desk(self._node, self._tables, self.stanza, api, bot, gate, self._patience, begun)
        await desk.store(
            lambda t: posting.mirror(t, self.stanza, lambda: self._node.ids.make("grp"))
        )
        return desk
