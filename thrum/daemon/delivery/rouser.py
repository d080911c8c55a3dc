"""Rouses sessions that are idle by their inboxes, where nothing else waits to wake them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import anyio

from thrum.daemon.delivery import inboxes
from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.inboxes import Inbox
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.delivery.service import Delivery

MOST: Final = 1000
"""Inboxes that are kept in mind; of more, the latest."""

logger = logging.getLogger("thrum.delivery")


class Rouser:
    """Knows the inboxes that hooks told of.

    Args:
        delivery: what sessions do and are to be given.
    """

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._inboxes: dict[Seat, Inbox] = {}
        self._stirred = anyio.Event()

    def note(self, seat: Seat, inbox: Inbox | None) -> None:
        """Notes the inbox of a session, or that it has none any more."""
        before = self._inboxes.pop(seat, None)
        if inbox is not None and inbox.pid and inbox.is_likely:
            is_same = before and (before.path, before.pid) == (inbox.path, inbox.pid)
            inbox.told = before.told if before and is_same else ""
            self._inboxes[seat] = inbox
        while len(self._inboxes) > MOST:
            del self._inboxes[next(iter(self._inboxes))]

    def stir(self) -> None:
        """Has all of them looked at, for something came or ended."""
        if self._inboxes:
            self._stirred.set()

    async def run(self) -> None:
        """Rouses whoever is to be, whenever something happens."""
        while True:
            await self._stirred.wait()
            self._stirred = anyio.Event()
            await self.look()

    async def look(self) -> None:
        """Rouses whoever is to be now."""
        for seat, inbox in list(self._inboxes.items()):
            try:
                await self._rouse(seat, inbox)
            except (OSError, ThrumError) as error:
                logger.warning("%s is not roused by its inbox: %s", seat.agent_id, error)

    async def _rouse(self, seat: Seat, inbox: Inbox) -> None:
        delivery, clock = self._delivery, self._delivery.node.setting.clock
        sitting = delivery.sitting(seat)
        if sitting.pause(clock.monotonic()) or seat in delivery.wakers.seats(seat.agent_id):
            return
        fresh = (await delivery.unread(seat)).fresh
        if not fresh or fresh[-1] == inbox.told:
            return
        # Noted first: of what is not taken nobody knows whether it was, and the mail stays.
        inbox.told, sitting.is_roused = fresh[-1], True
        text = inboxes.word(seat, fresh)
        await anyio.to_thread.run_sync(inboxes.put, inbox, text, abandon_on_cancel=True)
