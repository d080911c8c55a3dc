"""Has pages told what agents do and on what they work, as a service.

Much of it is no event: hooks tell of turns, looks at worktrees of files, and processes just end. So
whatever happens, all rows are made anew, soon and not often, and those that differ from what was
told last are told. While no page is open nothing of that is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio
import msgspec

from thrum import events
from thrum.daemon.hub import News
from thrum.daemon.notices import Changed, Moved
from thrum.daemon.now.row import Row, calm
from thrum.daemon.now.told import Told
from thrum.daemon.projection.queries.sessions import Context
from thrum.daemon.push.service import Push
from thrum.daemon.rpc.pushed import Pushed
from thrum.daemon.service.contract import Service

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.now.looking import Sight
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


class WorkTold(Pushed):
    """An agent works on something else: another branch, commits, files, a task or an intent.

    `contexts` is all that `agent.listContext` tells a page of it; there are none once no session of
    it is open. That a look found nothing new is told once a minute.
    """

    name: ClassVar = "notification.work"
    agent_id: str
    contexts: list[Context]


class Now(Service):
    """Knows what pages were told of what agents do."""

    name: ClassVar = "now"
    hears: ClassVar = (*events.TYPES.values(), Changed, Moved)
    pushes: ClassVar = (NowTold, WorkTold)

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._rows = Told[Row](calm)
        self._works = Told[list[Context]](_undated)
        self._called = anyio.Event()
        self._looking = anyio.Lock()

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
        seen = await self.look()
        works = [WorkTold(agent_id=who, contexts=each) for who, each in seen.contexts.items()]
        return [*(NowTold(agent_id=each.agent_id, row=each) for each in seen.rows), *works]

    async def run(self) -> None:
        """Looks as often as something happens, but for the pauses."""
        clock = self.node.setting.clock
        while True:
            await self._called.wait()
            self._called = anyio.Event()
            began = clock.monotonic()
            await self.look()
            await anyio.sleep(max(PAUSE_S, SHARE * (clock.monotonic() - began)))

    async def look(self) -> Sight:
        """Looks at every agent, and has pages told of what they do not know.

        Whoever asks how it is looks by this, too: so what they see is what was told last, and
        whatever becomes another thing after it is told. One looks after the other.

        Raises:
            ThrumError: as `looking.look`.
        """
        from thrum.daemon.now.looking import look

        feeds, clock = self.node.service(Push).feeds, self.node.setting.clock
        async with self._looking:
            seen, now = await look(self.node), clock.monotonic()
            for agent_id, row in self._rows.news({each.agent_id: each for each in seen.rows}, now):
                feeds.say(NowTold(agent_id=agent_id, row=row))
            for agent_id, contexts in self._works.news(seen.contexts, now):
                feeds.say(WorkTold(agent_id=agent_id, contexts=contexts or []))
            return seen


def _undated(contexts: list[Context]) -> list[Context]:
    """The same without when somebody looked last."""
    return [msgspec.structs.replace(each, git_updated_at="") for each in contexts]
