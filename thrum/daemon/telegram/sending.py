"""What goes to the phone: it is queued on disk, and carried from there in its order.

What was carried and not noted, because the answer was lost or the daemon was killed meanwhile, is
carried again: once too often is better than never.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import anyio

from thrum.clock import format_ns
from thrum.daemon.telegram import carrying, kept, markup, posting, pressing
from thrum.daemon.telegram.bot_api import RefusedThere
from thrum.daemon.telegram.desk import Desk
from thrum.daemon.telegram.kept import Parcel
from thrum.errors import ThrumError

T = TypeVar("T")

logger = logging.getLogger("thrum.telegram")

BUTTONS_S: Final = 2.0
SWEEP_S: Final = 24 * 3600.0
LOOK_BACK_NS: Final = 7 * 24 * 3600 * 1_000_000_000
"""For so long what came while nobody carried is carried later."""
MOST_NOTED: Final = 1000
"""Messages that are noted by id; of more, the database is asked which."""

REFUSED: Final = "refused_there"
FULL: Final = "queue_full"


class Carrier:
    """Carries mail to a phone.

    Args:
        desk: what it works with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._noted: dict[str, None] = {}
        self._is_behind = True
        self._news = anyio.Event()

    def noted(self, message_id: str) -> None:
        """A message is new, or has changed."""
        if len(self._noted) < MOST_NOTED:
            self._noted[message_id] = None
        else:
            self._is_behind = True
        self._news.set()

    def look_back(self) -> None:
        """Something was missed."""
        self._is_behind = True
        self._news.set()

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._collect)
            tasks.start_soon(self._carry)
            tasks.start_soon(self._tend)

    async def _collect(self) -> None:
        """Queues what is for the phone."""
        while True:
            if not (self._noted or self._is_behind):
                await self._news.wait()
            self._news = anyio.Event()
            ids, self._noted = list(self._noted), {}
            is_behind, self._is_behind = self._is_behind, False
            await self._queue(ids, is_behind)

    async def _queue(self, ids: list[str], is_behind: bool) -> None:
        try:
            await self._desk.patience.insist("store", lambda: self._load(ids, is_behind))
        except ThrumError as error:
            logger.warning("some messages are not carried: %s", error)

    async def _load(self, ids: list[str], is_behind: bool) -> None:
        since = max(self._desk.begun.since, format_ns(self._desk.node.now_ns() - LOOK_BACK_NS))
        stanza, ask = self._desk.stanza, self._desk.node.store.ask
        if is_behind:
            past = self._desk.unix - LOOK_BACK_NS // 1_000_000_000
            lately = await self._desk.ask(lambda db: kept.lately_carried(db, past))
            found = await ask(lambda db: carrying.new_since(db, stanza, since, lately))
            ids = list(dict.fromkeys([*found, *lately, *ids]))
        parents = await ask(lambda db: carrying.replied_to(db, ids))
        chats = await self._desk.ask(lambda db: kept.chats(db, parents.values()))
        known = await self._desk.ask(lambda db: kept.carried(db, ids))
        asking = {each.message_id for each in self._desk.waiting}
        load = await ask(
            lambda db: carrying.load(
                db, stanza, ids, since=since, chats=chats, known=known, asking=asking
            )
        )
        if not (load.parcels or load.seen):
            return
        unix = self._desk.unix
        left_out = await self._desk.tables.write(
            lambda db: kept.put(db, load.parcels, load.seen, unix)
        )
        self._desk.gate.dropped[FULL] += left_out
        if load.parcels:
            self._desk.queued.set()

    async def _carry(self) -> None:
        """Carries what is queued, in its order. What was carried and not noted is carried again."""
        while True:
            self._desk.queued = anyio.Event()
            parcel = await self._desk.patience.insist(
                "store", lambda: self._desk.tables.ask(kept.first)
            )
            if parcel is None:
                await self._desk.queued.wait()
                continue
            await self._hand_over(parcel)

    async def _hand_over(self, parcel: Parcel) -> None:
        tele_id = 0
        try:
            tele_id = await self._desk.patience.insist("send", lambda: self._deliver(parcel))
        except RefusedThere as error:
            self._desk.gate.drops(REFUSED)
            self._desk.patience.troubles["refused"] = str(error)
            logger.warning("a message for chat %s is not carried: %s", parcel.chat_id, error)
        else:
            self._desk.patience.troubles.pop("refused", None)
        unix = self._desk.unix
        await self._desk.keep(lambda db: kept.done(db, parcel, tele_id, unix))
        if parcel.kind == kept.SEND and tele_id:
            self._desk.outbound += 1
            if parcel.chat_id == self._desk.stanza.chat_id:
                await self._mark_read(parcel.message_id)

    async def _mark_read(self, message_id: str) -> None:
        try:
            await self._desk.store(
                lambda t: posting.read(t, self._desk.stanza.person, [message_id])
            )
        except ThrumError as error:
            logger.info("%s stays unread: %s", message_id, error)

    async def _deliver(self, parcel: Parcel) -> int:
        """Does what a parcel says; which message it became there, 0 if none.

        Raises:
            Away, Limited, WrongToken, Contended, RefusedThere: as calls of `BotApi`.
        """
        if parcel.kind == kept.UNBUTTON:
            return await self._forgivingly(self._desk.api.unbutton(parcel.chat_id, parcel.part))
        parts = await self._desk.ask(lambda db: kept.there(db, parcel.message_id))
        _, known = parts.get(parcel.part, (0, 0))
        if parcel.kind == kept.DELETE:
            return (
                await self._forgivingly(self._desk.api.delete(parcel.chat_id, known))
                if known
                else 0
            )
        if parcel.kind == kept.EDIT and known:
            return await self._forgivingly(self._rewrite(parcel, known))
        if parcel.kind == kept.EDIT and not parts:
            return 0
        parents = await self._desk.ask(lambda db: kept.there(db, parcel.reply_to))
        chat, reply_to = parents.get(0, (0, 0))
        return await self._written(
            parcel,
            lambda text, mode: self._desk.api.send(
                parcel.chat_id,
                text,
                mode=mode,
                topic=parcel.topic,
                reply_to=reply_to if chat == parcel.chat_id else 0,
                buttons=pressing.buttons(self._desk, parcel.prompt_id),
            ),
        )

    async def _rewrite(self, parcel: Parcel, known: int) -> None:
        await self._written(
            parcel, lambda text, mode: self._desk.api.edit(parcel.chat_id, known, text, mode=mode)
        )

    @staticmethod
    async def _written(parcel: Parcel, write: Callable[[str, str], Awaitable[T]]) -> T:
        """Writes a text with its marks; without them where Telegram does not take those."""
        if parcel.format == carrying.MARKDOWN:
            try:
                return await write(markup.html(parcel.content), "HTML")
            except RefusedThere as error:
                if "entit" not in str(error) and "parse" not in str(error):
                    raise
        return await write(parcel.content, "")

    @staticmethod
    async def _forgivingly(doing: Awaitable[object]) -> int:
        """Changes a message there; one that is gone, or is so already, is left as it is."""
        try:
            await doing
        except RefusedThere as error:
            logger.info("a message at the phone stays as it is: %s", error)
        return 0

    async def _tend(self) -> None:
        """Takes buttons away of what is answered, and forgets what is old."""
        clock, swept = self._desk.clock, -math.inf
        while True:
            if clock.monotonic() - swept >= SWEEP_S:
                swept = clock.monotonic()
                await self._sweep()
            if await self._desk.ask(kept.buttons):
                await self._take_buttons_away()
            await clock.wait(anyio.Event(), BUTTONS_S)

    async def _sweep(self) -> None:
        unix = self._desk.unix
        await self._desk.keep(lambda db: kept.sweep(db, unix))

    async def _take_buttons_away(self) -> None:
        asking = [each.message_id for each in self._desk.waiting]
        if await self._desk.keep(lambda db: kept.unbutton(db, asking)):
            self._desk.queued.set()
