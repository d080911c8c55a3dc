"""Has pages told what agents do, as a service.

Much of it is no event: hooks tell of turns, looks at worktrees of files, and processes just end. So
whatever happens, all rows are made anew, soon and not often, and those that differ from what was
told last are told. While no page is open nothing of that is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio

from thrum import events
from thrum.daemon.hub import News
from thrum.daemon.notices import Changed, Moved
from thrum.daemon.now.looking import look
from thrum.daemon.now.row import REFRESH_S, Row, changed, gone
from thrum.daemon.push.service import Push
from thrum.daemon.rpc.pushed import Pushed
from thrum.daemon.service.contract import Service

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Method

PAUSE_S: Final = 0.2
"""Seconds between two looks at least."""

SHARE: Final = 10
"""Of so many seconds one may go into looking."""


class NowTold(Pushed):
    """What an agent does is another thing; `row` as `now.list` has it, absent once it is deleted.

    Of signs of life alone it is told once a minute.
    """

    name: ClassVar = "notification.now"
    agent_id: str
    row: Row | None = None


class Now(Service):
    """Knows what pages were told of what agents do."""

    name: ClassVar = "now"
    hears: ClassVar = (*events.TYPES.values(), Changed, Moved)
    pushes: ClassVar = (NowTold,)

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._told: dict[str, tuple[Row, float]] = {}
        self._called = anyio.Event()

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.now import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    async def start(self) -> None:
        """See `Service`."""
        self.node.service(Push).feeds.offer(self.name, self._current)

    def heard(self, news: Sequence[News]) -> None:
        """See `Service`."""
        if self.node.service(Push).feeds.count:
            self._called.set()

    def missed(self) -> None:
        """See `Service`."""
        self._called.set()

    async def _current(self) -> list[Pushed]:
        """Everything, for a page that was away."""
        return [NowTold(agent_id=each.agent_id, row=each) for each in await look(self.node)]

    async def run(self) -> None:
        """Looks as often as something happens, but for the pauses."""
        clock = self.node.setting.clock
        while True:
            await self._called.wait()
            self._called = anyio.Event()
            began = clock.monotonic()
            await self._tell()
            await anyio.sleep(max(PAUSE_S, SHARE * (clock.monotonic() - began)))

    async def _tell(self) -> None:
        feeds, now = self.node.service(Push).feeds, self.node.setting.clock.monotonic()
        rows = {each.agent_id: each for each in await look(self.node)}
        for agent_id, row in rows.items():
            before, at = self._told.get(agent_id, (None, now))
            if changed(before, row, is_old=now - at >= REFRESH_S):
                self._told[agent_id] = (row, now)
                feeds.say(NowTold(agent_id=agent_id, row=row))
        for agent_id in gone(self._told, rows):
            del self._told[agent_id]
            feeds.say(NowTold(agent_id=agent_id))
