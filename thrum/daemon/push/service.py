"""Pushes, as a service: to pages, which are told of everything (`feed`), and to subscribers.

Of what subscribers are told each batch is asked about once, for all of them.
What a push needs to know of a batch of messages, one question tells for all who are subscribed, off
the event loop; what comes meanwhile is the next batch. So neither the number of subscribers nor
that of messages holds up anybody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio
import anyio.lowlevel

from thrum import events
from thrum.clock import format_ns
from thrum.daemon.hub import News
from thrum.daemon.notices import Forgotten
from thrum.daemon.projection.queries import sessions
from thrum.daemon.projection.queries.rows import Row
from thrum.daemon.push import wishes
from thrum.daemon.push.badges import CountsTold
from thrum.daemon.push.feed import Feeds, Reset
from thrum.daemon.push.groups import GroupTold
from thrum.daemon.push.mail import Match, MessageGone, MessageTold
from thrum.daemon.push.people import AgentTold, SessionTold
from thrum.daemon.push.receipts import ReceiptTold
from thrum.daemon.push.threads import ThreadTold
from thrum.daemon.push.wishes import Wish, Wishes
from thrum.daemon.service.contract import Service
from thrum.daemon.signing.service import Signing
from thrum.events import Pair
from thrum.plurals import counted

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.push.pushing import Pushing
    from thrum.daemon.rpc.registry import Connection, Method


AT_ONCE: Final = 500
"""Messages that are asked about at once."""

MOST_NEWS: Final = 20_000
"""Messages that may wait to be pushed; above that connections are hung up on."""

LATELY_S: Final = 600.0
"""Seconds for which it is told that listeners were left out."""


class Push(Service):
    """Owns what sessions subscribed to: in memory to be quick, in ``state.db`` to last."""

    name: ClassVar = "push"
    nouns: ClassVar = ("events", "subscribe", "subscriptions", "unsubscribe")
    hears: ClassVar = (*events.TYPES.values(), Forgotten)
    pushes: ClassVar = (
        MessageTold,
        MessageGone,
        ReceiptTold,
        ThreadTold,
        AgentTold,
        SessionTold,
        GroupTold,
        CountsTold,
        Reset,
    )
    schema: ClassVar = wishes.SCHEMA

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._wishes: Wishes = {}
        self._ended: list[str] = []
        self._woken = anyio.Event()
        self._asking = anyio.Lock()
        self._has_missed = False
        self._pushings: dict[Pushing, None] = {}
        self._of_connection: dict[Connection, dict[Pushing, None]] = {}
        self._news: list[tuple[int, str]] = []
        self._heard = 0
        self._called = anyio.Event()
        self.feeds = Feeds(node.store, self._matching, self._mark)

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.push import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    async def start(self) -> None:
        """Reads what was asked for before the daemon began, by sessions that still go on."""
        self.node.service(Signing).revalued = self.feeds.reset
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
        """Pushes what is heard, and strikes out what sessions asked for once they have ended.

        A disk that is slow to take the one does not hold up the other.
        """
        self._hang_up()  # what came before a crash is pushed by nobody else
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._strike_out)
            tasks.start_soon(self.feeds.run)
            while True:
                await self._called.wait()
                self._called = anyio.Event()
                news, self._news = self._news, []
                for begin in range(0, len(news), AT_ONCE):
                    await self._push(news[begin : begin + AT_ONCE])

    async def _strike_out(self) -> None:
        while True:
            await self._woken.wait()
            self._woken = anyio.Event()
            if self._has_missed:
                self._has_missed = False
                await self.start()
            ended, self._ended = self._ended, []
            await self.tables.write(lambda db, ended=ended: wishes.forget(db, ended))  # type: ignore[misc]

    def heard(self, news: Sequence[News]) -> None:
        """Keeps what is to be pushed; a session that has ended is told of nothing."""
        self.feeds.call()
        for event, _ in news if self._pushings else ():
            if isinstance(event, events.MessageCreate | events.MessageEdit):
                self._heard += 1
                self._news.append((self._heard, event.message_id))
        if len(self._news) > MOST_NEWS:
            self._hang_up()
        elif self._news:
            self._called.set()
        ended = [event.session_id for event, _ in news if isinstance(event, events.SessionEnd)]
        self._forget([each for each in ended if self._wishes.pop(each, None)])

    def missed(self) -> None:
        """Sessions may have ended without a word; they are looked for."""
        self._has_missed = True
        self._woken.set()
        self.feeds.call()
        self._hang_up()

    def _hang_up(self) -> None:
        """Who missed something is hung up on: by that it knows, and asks for its inbox.

        A page missed nothing.
        """
        self._news.clear()
        for pushing in tuple(self._pushings):
            if not self.feeds.tells(pushing.connection):
                pushing.connection.abort()

    def _matching(self, connection: Connection, message: MessageTold) -> Match | None:
        """The subscription of a page that matches a message which it is told of anyway."""
        for pushing in self._of_connection.get(connection, ()):
            wishes = self.wishes_of(pushing.session_id)
            match = message.row and pushing.match(message.row, wishes, ())
            if match:
                return match
        return None

    async def _mark(self, rows: Iterable[Row]) -> None:
        """Says of messages what their signatures are worth."""
        await self.node.service(Signing).mark(rows)

    @property
    def count(self) -> int:
        """How many are told: a connection counts once for each session."""
        return len(self._pushings)

    def join(self, pushing: Pushing) -> None:
        """Has a connection told of what is heard from now on."""
        pushing.since = self._heard
        self._pushings[pushing] = None
        self._of_connection.setdefault(pushing.connection, {})[pushing] = None

    def leave(self, pushing: Pushing) -> None:
        """Ends that."""
        self._pushings.pop(pushing, None)
        rest = self._of_connection.get(pushing.connection, {})
        rest.pop(pushing, None)
        if not rest:
            self._of_connection.pop(pushing.connection, None)

    async def _push(self, news: list[tuple[int, str]]) -> None:
        """Asks once about a batch of messages for all connections, off the event loop."""
        from thrum.daemon.push.pushing import look_up

        ids = list(dict.fromkeys(message_id for _, message_id in news))
        agents = {each.agent_id for each in self._pushings}
        known = await self.node.store.ask(lambda db: look_up(db, ids, agents))
        for number, message_id in news:
            for pushing in tuple(self._pushings):
                if number > pushing.since and not self.feeds.tells(pushing.connection):
                    pushing.push(message_id, self.wishes_of(pushing.session_id), known)
            await anyio.lowlevel.checkpoint()

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
