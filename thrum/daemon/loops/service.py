"""The guard against loops, as a service.

It hears every message of the last hour in the order of arrival, also what came while no daemon ran,
and keeps what follows with how far it heard in one transaction. Delivery asks it what may be
brought now. Nothing is refused or lost because of it.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio
import anyio.lowlevel
import msgspec
from msgspec import Struct

from thrum import events
from thrum.clock import format_ns
from thrum.config import Config, Key
from thrum.daemon import saying
from thrum.daemon.hub import News
from thrum.daemon.loops import kept
from thrum.daemon.loops.commits import Commits
from thrum.daemon.loops.exchange import HOUR_NS, NEVER_NS, Exchange
from thrum.daemon.loops.kept import Heard
from thrum.daemon.loops.ledger import Ledger, Said
from thrum.daemon.loops.shown import LoopsTold, shown
from thrum.daemon.notices import Changed
from thrum.daemon.projection.queries import arrivals, presence, talk
from thrum.daemon.projection.queries.talk import Talk
from thrum.daemon.push.service import Push
from thrum.daemon.service.contract import Service
from thrum.daemon.waiting.service import Waiting
from thrum.names import is_monitor, is_person, is_proxy

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.transaction import Transaction

LIMIT_KEY: Final = "delivery.loop_limit"
TICK_S: Final = 5.0
AT_ONCE: Final = 500
"""Messages that are read at once."""
IN_A_TURN: Final = 10
"""Messages that are heard in one turn of the event loop: each may close many rounds."""

MOST_ADDRESSED: Final = 8
"""Who writes to more agents than these speaks to nobody in particular."""


class Portion(Struct):
    """What arrived next.

    Attributes:
        said: what is not heard of it yet, of those that matter.
        heads: the newest commits of all whom it concerns.
        heard: how far it goes.
        is_full: whether there may be more.
    """

    said: deque[Said]
    heads: dict[str, frozenset[str]]
    heard: Heard
    is_full: bool


class Loops(Service):
    """Knows which exchanges go round in circles.

    Attributes:
        limit: answers up to which nothing is slowed; 0 where nothing ever is.
    """

    name: ClassVar = "loops"
    keys: ClassVar[Mapping[str, Key]] = {
        LIMIT_KEY: Key(
            int,
            12,
            "Answers that agents may give each other without a person's word or a commit before"
            " their mail to each other is brought later, then not at all; 0 for no end.",
        )
    }
    hears: ClassVar = (events.MessageCreate,)
    schema: ClassVar = kept.SCHEMA
    pushes: ClassVar = (LoopsTold,)

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.limit = max(int(node.config.get(LIMIT_KEY)), 0)
        self._ledger = Ledger()
        self._heard: Heard | None = None
        self._read: Portion | None = None
        self._news = 1  # whatever came while nobody listened
        self._taken = 0
        self._is_kept = True
        self._strained: set[str] = set()
        self._commits = Commits(node.place.repository)
        self._turn = anyio.Lock()

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.loops import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    def changed(self, config: Config) -> None:
        """See `Service`."""
        self.limit = max(int(config.get(LIMIT_KEY)), 0)

    @property
    def _is_on(self) -> bool:
        """Whether there is a guard; where its tables cannot be used everything is brought."""
        return bool(self.limit) and self.tables.refusal is None

    async def start(self) -> None:
        """See `Service`."""
        self.node.service(Push).feeds.state(self.name, self._told)
        if self.tables.refusal is None:
            self._ledger, self._heard = await self.tables.ask(kept.load)
            self._read = None
            self._stir()
        if self._heard is None:
            # What was said before there was a guard does not count.
            self._heard = await self.node.store.ask(_present)
        self._news += 1
        every = self.node.scheduler.every
        every(TICK_S, self.tick, owner=self.name, name="look at who answers whom")

    def heard(self, news: Sequence[News]) -> None:
        """See `Service`."""
        self._news += 1

    def missed(self) -> None:
        """See `Service`."""
        self._news += 1

    # -- what others ask --

    def kept_from(self, agent_id: str, message_ids: Iterable[str]) -> dict[str, int]:
        """Those of the messages that are not to be brought to the agent now, and since when.

        As far as it was caught up with what arrived.
        """
        if not self.limit:
            return {}
        now = self.node.now_ns()
        found = {each: self._ledger.holder(agent_id, each, now) for each in message_ids}
        return {each: holder.since_ns for each, holder in found.items() if holder}

    def is_strained(self, agent_id: str) -> bool:
        """Whether something that the agent says to somebody is brought later or not at all."""
        return agent_id in self._strained

    def next_due_ns(self, agent_id: str) -> int:
        """When the first message that waits for a pause is brought; `NEVER_NS` if none does."""
        return self._ledger.next_due_ns(agent_id, self.node.now_ns()) if self.limit else NEVER_NS

    def strained(self) -> list[tuple[Exchange, int]]:
        """The exchanges that are slowed or held, with how many messages wait in each."""
        if not self.limit:
            return []
        return [(each, self._ledger.waiting(each.key)) for each in self._ledger.strained()]

    async def release(self, keys: Sequence[str]) -> None:
        """Frees exchanges.

        Raises:
            ThrumError: as `Tables.write`.
        """
        async with self._turn:
            self._ledger.release([key for key in keys if key in self._ledger.exchanges])
            self._stir()
            await self._keep()

    # -- what it does by itself --

    async def tick(self) -> None:
        """Looks whether time, or a commit, frees anything, and keeps what changed."""
        await self.catch_up()
        if not self._is_on:
            return
        async with self._turn:
            parties = {name for each in self._ledger.strained() for name in each.parties}
            if parties:
                self._ledger.look(await self.node.store.ask(lambda db: self._heads(db, parties)))
            self._ledger.pass_time(self.node.now_ns())
            self._stir()
            if not self._is_kept:
                await self._keep()
            await self._tell()

    async def catch_up(self) -> None:
        """Takes in what arrived since the last time.

        Raises:
            ThrumError: as `Store.ask` and `Tables.write`.
        """
        if self._taken == self._news or not self._is_on:
            return
        async with self._turn:
            news, held = self._news, False
            more = True
            while more:
                if self._read is None:
                    self._read = await self.node.store.ask(self._portion)
                read, self._is_kept = self._read, False
                held |= await self._hear(read)
                more, self._heard, self._read = read.is_full, read.heard, None
            self._taken, self._is_kept = news, False
            self._stir()
            if held:
                await self._keep()
                await self._tell()

    def _portion(self, db: sqlite3.Connection) -> Portion:
        """What arrived next."""
        moment = format_ns(self.node.now_ns() - HOUR_NS)
        last = arrivals.last(db)
        begin = self._begin(db, last)
        rows = talk.since(db, begin, moment, AT_ONCE)
        number = rows[-1].number if len(rows) == AT_ONCE else last
        found = [said for row in rows if (said := _said(row)) is not None]
        names = {name for each in found for name in (each.author, each.answered, *each.others)}
        heads = self._heads(db, names) if names else {}
        heard = Heard(number, talk.event_at(db, number))
        return Portion(deque(found), heads, heard, is_full=len(rows) == AT_ONCE)

    def _heads(self, db: sqlite3.Connection, names: set[str]) -> dict[str, frozenset[str]]:
        """The newest commits of agents: as git says of the worktrees of this clone, else as is
        known of what is merged nowhere."""
        homes = talk.homes(db, self.node.identity.daemon_id)
        return talk.heads(db, names) | self._commits.of(names, homes)

    def _begin(self, db: sqlite3.Connection, last: int) -> int:
        """From where on nothing was heard; a database that was built anew numbers otherwise."""
        number, event_id = self._heard or Heard(0, "")
        if not event_id or talk.event_at(db, number) == event_id:
            return min(number, last)
        return arrivals.numbers(db, [event_id]).get(event_id, last)

    async def _hear(self, read: Portion) -> bool:
        """Whether anything is held now that was not. Others have their turn in between.

        Where whoever waits gives up meanwhile, the rest is heard the next time, and no word twice.
        """
        limit, now, held = self.limit, self.node.now_ns(), False
        while read.said:
            for _ in range(min(IN_A_TURN, len(read.said))):
                message = read.said.popleft()
                held |= bool(self._ledger.hear(message, now, limit, read.heads))
            await anyio.lowlevel.checkpoint()
        return held

    def _stir(self) -> None:
        """After a change: has whoever waits for mail of those look again for whom something waits
        no more."""
        freed, self._ledger.freed = self._ledger.freed, set()
        before = self._strained
        self._strained = {name for each in self._ledger.strained() for name in each.parties}
        self.node.hub.tell([(Changed(each), True) for each in sorted(before ^ self._strained)])
        if freed:
            self.node.service(Waiting).look_again(freed)
        self.node.service(Push).feeds.look(self.name)

    def _told(self) -> LoopsTold:
        return LoopsTold(loops=[shown(each, waiting) for each, waiting in self.strained()])

    async def _keep(self) -> None:
        ledger, heard = self._ledger, self._heard
        if heard is not None:
            self._is_kept = False
            await self.tables.write(lambda db: kept.keep(db, ledger, heard))
            self._is_kept = True

    async def _tell(self) -> None:
        """Tells of what is held and was not told of, unless another clone's daemon does."""
        untold = [each for each in self._ledger.strained() if each.told_by]
        if not untold:
            return
        ours = await self.node.store.ask(
            lambda db: [each for each in untold if self._is_ours(db, each)]
        )
        if ours:
            await self._send(ours)
        for found in untold:
            self._ledger.told(found.key)
        await self._keep()

    def _is_ours(self, db: sqlite3.Connection, found: Exchange) -> bool:
        """Whether who said what was said last lives here, so that only one clone tells of it."""
        home = presence.presence(db, [found.last]).get(found.last)
        return home is not None and home.origin_daemon in {"", self.node.identity.daemon_id}

    async def _send(self, ours: Sequence[Exchange]) -> None:
        from thrum.daemon.loops import notice

        author = await saying.supervisor(self.node)
        letters = [(found, self.node.ids.make("msg")) for found in ours]

        def sent(transaction: Transaction) -> None:
            for found, message_id in letters:
                notice.send(transaction, found, author, message_id)

        await self.node.store.transact(sent)


def _present(db: sqlite3.Connection) -> Heard:
    number = arrivals.last(db)
    return Heard(number, talk.event_at(db, number))


def _others(row: Talk) -> list[str]:
    """The agents that a message reached, besides its author; people and bridges are none."""
    names = msgspec.json.decode(row.others, type=list[str])
    return [each for each in names if each != row.author and _is_agent(each)]


def _is_agent(name: str) -> bool:
    return bool(name) and not (is_person(name) or is_proxy(name))


def _said(row: Talk) -> Said | None:
    """A message as the ledger takes it; None for what neither a person nor an agent said."""
    # Who stands behind a bridge may be a person; mail of people is never held.
    # A monitor is neither: what a program says holds nothing up, and frees nothing.
    if is_monitor(row.author):
        return None
    by_person = is_person(row.author) or is_person(row.authored_by) or is_proxy(row.author)
    if not by_person and row.kind is None:
        return None
    others = _others(row)
    is_loud = bool(row.is_broadcast) or len(others) > MOST_ADDRESSED
    return Said(
        row.message_id,
        row.author,
        by_person,
        row.thread,
        row.answered if _is_agent(row.answered) else "",
        frozenset(others),
        is_broadcast=is_loud,
    )
