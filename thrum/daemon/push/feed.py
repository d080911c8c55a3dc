"""What pages are told without asking: everything that becomes visible, as soon as it does.

Nothing is kept for them. Each person's feed has the number of the last event that it told of, and
when the hub says that something happened, it asks the database for what came after. So nothing is
missed, whatever the hub left out and whoever crashed; and a flood, of which the feed would be told
one by one, is a single push instead, after which a page looks for itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from copy import copy
from typing import TYPE_CHECKING, ClassVar, Final

import anyio
import anyio.lowlevel
import msgspec
from msgspec import Struct, field

from thrum.daemon.projection.queries.rows import Row
from thrum.daemon.push import badges, cursor, mail
from thrum.daemon.push.badges import CountsTold
from thrum.daemon.push.cursor import Cursor
from thrum.daemon.push.mail import Match, MessageTold
from thrum.daemon.rpc import protocol
from thrum.daemon.rpc.pushed import Pushed
from thrum.daemon.rpc.registry import Connection
from thrum.daemon.store import Store

if TYPE_CHECKING:
    from thrum.daemon.push.retelling import Retold

MOST: Final = 500
"""Events that are told of one by one; of more at once it is only said that they came."""


class Reset(Pushed):
    """More happened at once than is told one by one, or what cannot be told: something went, or
    signatures are worth another thing by now.

    `events.since` tells it from where one was, or refuses; then a new snapshot is needed. What
    signatures are worth stands in a new snapshot alone.
    """

    name: ClassVar = "notification.reset"


class Page(Struct, eq=False):
    """A connection that is told of everything.

    Attributes:
        connection: where to.
        since: the number of the last event that was visible when it came.
    """

    connection: Connection
    since: int


class Feed(Struct, eq=False):
    """The pages of one person.

    Attributes:
        person: whose pages; pushes show their reading marks.
        cursor: the place before which every event was told of.
        sequence: the number of the last event that was.
        counts: the numbers of unread messages that all its pages know; None if some may not.
        pages: who is told.
    """

    person: str
    cursor: Cursor
    sequence: int
    counts: CountsTold | None = None
    pages: dict[Page, None] = field(default_factory=dict)


Current = Callable[[], Awaitable[list[Pushed]]]
"""What a service says of everything that it has pages told of and that is no event."""

State = Callable[[], Pushed]
"""How something is at this moment of which there is one."""

Matches = Callable[[Connection, MessageTold], Match | None]
"""Which subscription of a connection matches a message that it is told of anyway."""

Mark = Callable[[Iterable[Row]], Awaitable[None]]
"""Says of messages what their signatures are worth, as every list of them does."""


class Feeds:
    """Everybody's feeds.

    Args:
        store: where it is asked what happened.
        matches: asked for each message and page, so that a page has one push of it.
        mark: asked for the messages of all that is told at once.
    """

    def __init__(self, store: Store, matches: Matches, mark: Mark) -> None:
        self._store = store
        self._matches = matches
        self._mark = mark
        self._feeds: dict[str, Feed] = {}
        self._pages: dict[Connection, Page] = {}
        self._offered: dict[str, Current] = {}
        self._states: dict[str, State] = {}
        self._known: dict[str, Pushed] = {}
        self._called = anyio.Event()

    def join(self, person: str, connection: Connection) -> None:
        """Has a connection told of what becomes visible from now on, until it is closed.

        Joining a second time changes nothing. On the event loop.
        """
        if self.tells(connection):
            return
        here = cursor.present(self._store.reader())
        feed = self._feeds.setdefault(person, Feed(person, here, here.number))
        page = self._pages[connection] = Page(connection, here.number)
        feed.pages[page], feed.counts = None, None
        connection.on_close.append(lambda: self._leave(feed, page))

    def _leave(self, feed: Feed, page: Page) -> None:
        del feed.pages[page], self._pages[page.connection]
        if not feed.pages:
            del self._feeds[feed.person]

    def tells(self, connection: Connection) -> bool:
        """Whether the connection is told of everything."""
        return connection in self._pages

    @property
    def count(self) -> int:
        """How many connections are told."""
        return len(self._pages)

    def offer(self, owner: str, current: Current) -> None:
        """From now on a page that was away is told of what a service says it is by now.

        For what no event tells; see `say`.
        """
        self._offered[owner] = current

    async def current(self) -> list[Pushed]:
        """How everything is that no event tells.

        Raises:
            Exception: what a service raised.
        """
        offered = [each for current in self._offered.values() for each in await current()]
        return [*offered, *(state() for state in self._states.values())]

    def state(self, owner: str, state: State) -> None:
        """From now on pages are told how something of which there is one is.

        Who was away is told how it is when they come back; others when `look` is called.
        """
        self._states[owner] = state

    def look(self, owner: str) -> None:
        """Tells every page of the service's state if it is another one than it was told last."""
        if not self._feeds:
            self._known.pop(owner, None)  # a page that comes asks how it is
            return
        pushed = self._states[owner]()
        if self._known.get(owner) != pushed:
            self._known[owner] = pushed
            self.say(copy(pushed))

    def say(self, pushed: Pushed) -> None:
        """Tells every page at once of something that no event tells."""
        for feed in self._feeds.values():
            pushed.cursor, pushed.sequence = str(feed.cursor), feed.sequence
            line = _line(pushed)
            for page in tuple(feed.pages):
                page.connection.push(line)

    def reset(self) -> None:
        """Has every page look anew at all that it shows, for what no event tells became of it."""
        self.say(Reset())

    def call(self) -> None:
        """Has it be looked for what happened."""
        if self._feeds:
            self._called.set()

    async def run(self) -> None:
        """Tells of what happened, whenever it is called and once at the beginning."""
        while True:
            for feed in tuple(self._feeds.values()):
                await self._tell(feed)
            await self._called.wait()
            self._called = anyio.Event()

    async def _tell(self, feed: Feed) -> None:
        found = await self._store.ask(lambda db: _news(db, feed.cursor, feed.person))
        await self._mark(mail.rows(found.pushes))
        begin, before, feed.counts = feed.cursor, feed.counts, None
        pushes, counts = _unknown(found.pushes, before)
        if pushes:
            pushes[-1].cursor = str(found.cursor)
        for pushed in pushes:
            feed.sequence = pushed.sequence
            line = _line(pushed)
            for page in tuple(feed.pages):
                if pushed.sequence > page.since:
                    page.connection.push(self._line_for(page, pushed) or line)
            await anyio.lowlevel.checkpoint()
        # Only now: what is said in between, and whoever is cut off, goes on from before all this.
        feed.cursor, feed.sequence = found.cursor, found.cursor.number
        if all(page.since <= begin.number for page in feed.pages):
            feed.counts = counts  # who came meanwhile may have asked for later ones

    def _line_for(self, page: Page, pushed: Pushed) -> bytes:
        """The push with the connection's subscription that matches; empty if none does."""
        match = isinstance(pushed, MessageTold) and self._matches(page.connection, pushed)
        if not match:
            return b""
        return _line(msgspec.structs.replace(pushed, matched_subscription=match))


def _line(pushed: Pushed) -> bytes:
    return protocol.push(pushed.name, pushed)


def _unknown(
    pushes: Sequence[Pushed], counts: CountsTold | None
) -> tuple[list[Pushed], CountsTold | None]:
    """The pushes, of numbers those alone that pages do not know yet; and what they know then.

    Args:
        counts: the numbers that they know; None if it is not known which.
    """
    unknown: list[Pushed] = []
    for each in pushes:
        if isinstance(each, CountsTold):
            changed, counts = badges.change(counts, each) if counts else each, each
            unknown += [changed] if changed else []
        else:
            unknown.append(each)
    return unknown, None if any(isinstance(each, Reset) for each in pushes) else counts


def _news(db: sqlite3.Connection, after: Cursor, person: str) -> Retold:
    """What happened since, or that it is too much to be told, or cannot be."""
    from thrum.daemon.push.retelling import Retold, retold

    found = retold(db, after.number, MOST, person)
    if not found.more and found.cursor.epoch == after.epoch:
        return found
    present = cursor.present(db)
    return Retold([Reset(cursor=str(present), sequence=present.number)], present, False)
