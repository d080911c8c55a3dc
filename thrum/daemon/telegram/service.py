"""The bridge to Telegram, as a service: one runs while the configuration wants it.

Where it does not, nothing of Telegram is loaded but what the configuration means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import anyio

from thrum import events
from thrum.config import Config, Key
from thrum.daemon.eventloop import EventLoop
from thrum.daemon.hub import News
from thrum.daemon.service.contract import Service
from thrum.daemon.telegram import kept, stanza
from thrum.daemon.telegram.stanza import Stanza
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.service.contract import Check
    from thrum.daemon.telegram.bridge import Bridge

SOON_S = 0.05
"""How soon a bridge is looked for that is just beginning."""

NOBODY = "telegram.user_id names nobody whose mail would be carried"


class Telegram(Service):
    """Runs the bridge that is wanted, and another one when something else is.

    Attributes:
        bridge: the one that runs; None where none does.
        fault: why none can run as it is configured; empty if one can.
    """

    name: ClassVar = "telegram"
    keys: ClassVar[Mapping[str, Key]] = stanza.KEYS
    hears: ClassVar = (events.MessageCreate, events.MessageEdit, events.MessageDelete)
    schema: ClassVar = kept.SCHEMA

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.bridge: Bridge | None = None
        self.fault = ""
        self._loop: EventLoop | None = None
        self._changed = anyio.Event()

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.rpc.registry import declared_in
        from thrum.daemon.telegram import methods

        return declared_in(methods)

    @classmethod
    def checks(cls) -> Mapping[str, Check]:
        """See `Service`."""
        from thrum.daemon.telegram import check

        return {"telegram": check.bridged}

    async def start(self) -> None:
        """See `Service`."""
        self._loop = EventLoop.here()
        self._changed = anyio.Event()

    async def run(self) -> None:
        """See `Service`."""
        while True:
            changed = self._changed
            wanted = self._wanted()
            async with anyio.create_task_group() as tasks:
                if wanted is not None:
                    tasks.start_soon(self._bridge, wanted)
                await changed.wait()
                self._changed = anyio.Event()
                tasks.cancel_scope.cancel()

    async def _bridge(self, wanted: Stanza) -> None:
        # Imported here: most daemons have no phone.
        from thrum.daemon.telegram.bridge import Bridge

        self.bridge = Bridge(self.node, self.tables, wanted)
        try:
            await self.bridge.run()
        finally:
            self.bridge = None

    def _wanted(self) -> Stanza | None:
        """The bridge that is wanted, if one is and can be."""
        self.fault = ""
        try:
            found = stanza.read(self.node.config)
        except ThrumError as error:
            self.fault = error.message
            return None
        if found.is_enabled and not found.person:
            self.fault = NOBODY
        return found if found.is_enabled and found.person else None

    def heard(self, news: Sequence[News]) -> None:
        """See `Service`."""
        carrier = self.bridge.carrier if self.bridge else None
        if carrier is not None:
            for each, _ in news:
                carrier.noted(str(getattr(each, "message_id", "")))

    def missed(self) -> None:
        """See `Service`."""
        if self.bridge is not None and self.bridge.carrier is not None:
            self.bridge.carrier.look_back()

    def changed(self, config: Config) -> None:
        """See `Service`."""
        if self._loop is not None:
            self._loop.soon(self._begin_anew)

    def _begin_anew(self) -> None:
        self._changed.set()

    async def connected(self, seconds: float) -> Bridge:
        """The bridge, once Telegram has answered it.

        Args:
            seconds: for how long that is waited for.

        Raises:
            ThrumError: ``conflict``, there is none, or Telegram does not answer.
        """
        if self._wanted() is None:
            text = self.fault or "telegram bridge not configured"
            raise ThrumError("conflict", text, "run `thrum telegram configure`")
        with anyio.move_on_after(seconds):
            while self.bridge is None or self._changed.is_set():
                await self.node.setting.clock.wait(anyio.Event(), SOON_S)
            await self.bridge.ready.wait()
        if self.bridge is None or not self.bridge.ready.is_set():
            text = f"telegram bridge not connected (waited {seconds:g}s)"
            raise ThrumError("conflict", text, self.trouble or "see `thrum telegram status`")
        return self.bridge

    @property
    def trouble(self) -> str:
        """What is wrong; empty while all is well."""
        return self.fault or (self.bridge.trouble if self.bridge else "")

    def health(self) -> str:
        """See `Service`."""
        return self.trouble
