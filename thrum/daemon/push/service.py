"""Pushes to subscribed connections, as a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio

from thrum import events
from thrum.clock import format_ns
from thrum.daemon.hub import News
from thrum.daemon.projection.queries import sessions
from thrum.daemon.push import wishes
from thrum.daemon.push.wishes import Wish, Wishes
from thrum.daemon.service.contract import Service
from thrum.events import Pair
from thrum.plurals import counted

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Method


LATELY_S: Final = 600.0
"""Seconds for which it is told that listeners were left out."""


class Push(Service):
    """Owns what sessions subscribed to: in memory to be quick, in ``state.db`` to last."""

    name: ClassVar = "push"
    hears: ClassVar = (events.SessionEnd,)
    schema: ClassVar = wishes.SCHEMA

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._wishes: Wishes = {}
        self._ended: list[str] = []
        self._woken = anyio.Event()
        self._asking = anyio.Lock()
        self._has_missed = False

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.push import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    async def start(self) -> None:
        """Reads what was asked for before the daemon began, by sessions that still go on."""
        async with self._asking:
            found = await self.tables.ask(wishes.read)
            running = await self.node.store.ask(sessions.open_ids)
            self._wishes = {each: found[each] for each in found if each in running}
        self._forget([each for each in found if each not in running])

    def _forget(self, session_ids: list[str]) -> None:
        if session_ids:
            self._ended += session_ids
            self._woken.set()

    async def run(self) -> None:
        """Strikes out what sessions asked for, once they have ended."""
        while True:
            await self._woken.wait()
            self._woken = anyio.Event()
            if self._has_missed:
                self._has_missed = False
                await self.start()
            ended, self._ended = self._ended, []
            await self.tables.write(lambda db, ended=ended: wishes.forget(db, ended))  # type: ignore[misc]

    def heard(self, news: Sequence[News]) -> None:
        """A session that has ended is told of nothing."""
        ended = [event.session_id for event, _ in news if isinstance(event, events.SessionEnd)]
        self._forget([each for each in ended if self._wishes.pop(each, None)])

    def missed(self) -> None:
        """Sessions may have ended without a word; they are looked for."""
        self._has_missed = True
        self._woken.set()

    def wishes_of(self, session_id: str) -> list[Wish]:
        """What a session subscribed to, in the order of asking."""
        return self._wishes.get(session_id, [])

    async def ask_for(self, session_id: str, scope: Pair | None, mention: str) -> tuple[Wish, bool]:
        """The session's subscription to that, and whether it is new; it is on disk then.

        Raises:
            ThrumError: as `Tables.write`.
        """
        async with self._asking:
            for wish in self.wishes_of(session_id):
                if (wish.scope, wish.mention) == (scope, mention):
                    return wish, False
            now = format_ns(self.node.now_ns())
            made = await self.tables.write(
                lambda db: wishes.add(db, session_id, scope, mention, now)
            )
            self._wishes.setdefault(session_id, []).append(made)
            return made, True

    async def remove(self, session_id: str, number: int) -> bool:
        """Ends a session's subscription; whether there was one of that number.

        Raises:
            ThrumError: as `Tables.write`.
        """
        async with self._asking:
            known = self.wishes_of(session_id)
            found = next((each for each in known if each.id == number), None)
            if found is None:
                return False
            await self.tables.write(lambda db: wishes.remove(db, number))
            known.remove(found)
            return True

    def health(self) -> str:
        """See `Service`."""
        hub = self.node.hub
        if hub.monotonic() - hub.left_out_at > LATELY_S:
            return ""
        left = counted(hub.left_out, "event")
        return f"the event loop did not keep up: listeners were not told of {left}"
