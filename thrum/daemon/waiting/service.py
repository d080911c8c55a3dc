"""Who waits for mail, as a service: each batch of arrivals is asked about once, for all of them.

What a message says of itself is judged from the event. In whose inbox it is, one question tells
for all messages of a batch and all who wait, off the event loop; what arrives meanwhile is the next
batch. So neither the number of those who wait nor that of arrivals holds up anybody else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio

from thrum import events
from thrum.daemon.hub import News
from thrum.daemon.notices import Changed
from thrum.daemon.projection.queries import arrivals
from thrum.daemon.projection.queries.arrivals import Arrival
from thrum.daemon.service.contract import Service

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.waiting.waiter import Waiter

MOST_NEWS: Final = 20_000
"""Messages that may wait to be judged; above that whoever waits looks for itself."""

AT_ONCE: Final = 500
"""Messages that are asked about at once."""


class Waiting(Service):
    """Knows who waits, and wakes them."""

    name: ClassVar = "waiting"
    nouns: ClassVar = ("message",)
    hears: ClassVar = (events.MessageCreate, events.AgentRegister)

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._waiters: dict[Waiter, bool] = {}
        self._news: list[events.MessageCreate] = []
        self._woken = anyio.Event()

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.rpc.registry import declared_in
        from thrum.daemon.waiting import methods

        return declared_in(methods)

    @property
    def count(self) -> int:
        """How many wait."""
        return len(self._waiters)

    def listens(self, agent_id: str) -> bool:
        """Whether somebody reads whatever comes to the agent's inbox as soon as it does."""
        return any(
            each.wanted.agent_id == agent_id and each.wanted.needs_inbox()
            for each, is_reader in self._waiters.items()
            if is_reader
        )

    def look_again(self, agent_ids: Collection[str]) -> None:
        """Has whoever waits for mail of these agents look for itself: what kept it back is gone."""
        for waiter in self._waiters:
            if waiter.wanted.agent_id in agent_ids:
                waiter.missed()

    @contextmanager
    def joined(self, waiter: Waiter, *, is_reader: bool = False) -> Iterator[None]:
        """Has somebody be told of what arrives, for the length of the context.

        Args:
            waiter: who.
            is_reader: whether it is the agent itself that waits, and reads what comes.
        """
        self._waiters[waiter] = is_reader
        self._has_changed(waiter)
        try:
            yield
        finally:
            del self._waiters[waiter]
            self._has_changed(waiter)

    def _has_changed(self, waiter: Waiter) -> None:
        """Mail that comes to its agent waits for something else from now on."""
        self.node.hub.tell([(Changed(waiter.wanted.agent_id), True)])

    def heard(self, news: Sequence[News]) -> None:
        """See `Service`."""
        if not self._waiters:
            return
        self._news += [each for each, _ in news if isinstance(each, events.MessageCreate)]
        registered = {each.agent_id for each, _ in news if isinstance(each, events.AgentRegister)}
        for waiter in self._waiters:
            if waiter.wanted.agent_id in registered:
                waiter.missed()  # it may live elsewhere now, and finds out when it looks
        if len(self._news) > MOST_NEWS:
            self._news.clear()
            self.missed()
        else:
            self._woken.set()

    def missed(self) -> None:
        """See `Service`."""
        for waiter in self._waiters:
            waiter.missed()

    async def run(self) -> None:
        """Judges what arrives, a batch at a time."""
        self.missed()  # what came before a crash is judged by nobody else
        while True:
            await self._woken.wait()
            self._woken = anyio.Event()
            news, self._news = self._news, []
            waiters = tuple(self._waiters)
            for begin in range(0, len(news) if waiters else 0, AT_ONCE):
                await self._judge(news[begin : begin + AT_ONCE], waiters)

    async def _judge(self, news: list[events.MessageCreate], waiters: tuple[Waiter, ...]) -> None:
        agents = {each.wanted.agent_id for each in waiters if each.wanted.needs_inbox()}

        def ask(db: sqlite3.Connection) -> tuple[dict[str, int], set[tuple[str, str]]]:
            ids = [each.message_id for each in news]
            found = arrivals.reached(db, ids, agents) if agents else set()
            return arrivals.numbers(db, [each.event_id for each in news]), found

        numbers, found = await self.node.store.ask(ask)
        for waiter in waiters:
            came = [
                Arrival(numbers.get(each.event_id, 0), each.message_id)
                for each in news
                if _may_count(waiter, each, found)
            ]
            waiter.tell(came, max(numbers.values(), default=0))


def _may_count(waiter: Waiter, event: events.MessageCreate, found: set[tuple[str, str]]) -> bool:
    wanted = waiter.wanted
    if event.agent_id == wanted.agent_id:
        return False
    in_inbox = wanted.needs_inbox() and (event.message_id, wanted.agent_id) in found
    return in_inbox or wanted.is_named_in(event)
