"""Brings mail to sessions of agent runtimes, as a service.

A hook asks at a boundary of a turn and gets what is unread, was not given to that session and is
not on its way to it. It says what got through, or hangs up: then it is given at the next boundary.
What got through is on disk before anything else happens, so nothing is given twice; and the sender
learns from a receipt that it was seen.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

from msgspec import Struct
from msgspec.structs import replace

from thrum import events, held
from thrum.clock import format_ns
from thrum.config import Config, Key
from thrum.daemon.delivery import given, kept
from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.rouser import Rouser
from thrum.daemon.delivery.sitting import Boundary, Doing, Sitting
from thrum.daemon.delivery.wakers import Wakers
from thrum.daemon.hub import News
from thrum.daemon.loops.service import Loops
from thrum.daemon.notices import Changed
from thrum.daemon.projection.queries import arrivals, unread
from thrum.daemon.projection.queries.sessions import open_session
from thrum.daemon.service.contract import Service
from thrum.daemon.transaction import Transaction
from thrum.errors import ThrumError
from thrum.ids import is_made_after

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Connection, Method
    from thrum.daemon.service.scheduler import Job

Transact = Callable[[Callable[[Transaction], int]], Awaitable[int]]

SOCKET_KEY: Final = "delivery.claude_socket"
KEPT_NS: Final = 30 * 24 * 3600 * 1_000_000_000
"""For so long it is known what was given to a session that nothing more was given to."""

BEGINS_NS: Final = 15 * 1_000_000_000
"""What was sent since then came while the session began, and did not lie there before it."""

FORGET_S: Final = 3600.0
MOST_SITTINGS: Final = 1000
"""Sessions that are kept in mind; of more, the latest."""


class Unread(Struct, frozen=True):
    """What an agent has not read.

    Attributes:
        seen: whether the agent saw it, by id, the oldest first.
        given: the ids of what was given to the session before, is on its way to it, or is kept from
            it for now.
        is_first: whether nothing was given to the session before.
    """

    seen: dict[str, bool]
    given: frozenset[str]
    is_first: bool = False

    @property
    def fresh(self) -> list[str]:
        """The ids of what was not given, the oldest first."""
        return [each for each in self.seen if each not in self.given]


class Delivery(Service):
    """Knows what was given to whom, and what sessions do; both outlast it.

    Attributes:
        wakers: who waits to begin a turn of which session.
        rouser: rouses those for which nobody waits, where that is wanted.
        uses_inboxes: whether it is.
    """

    name: ClassVar = "delivery"
    keys: ClassVar[Mapping[str, Key]] = {
        SOCKET_KEY: Key(
            bool,
            False,
            "Whether a session of Claude Code that is idle is roused by its inbox socket where "
            "nothing else waits to wake it.",
        )
    }
    hears: ClassVar = (events.MessageCreate,)
    schema: ClassVar = given.SCHEMA

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.wakers = Wakers()
        self.rouser = Rouser(self)
        self.uses_inboxes = bool(node.config.get(SOCKET_KEY))
        self._sittings: dict[Seat, Sitting] = {}
        self._hooked: set[str] = set()
        self._unkept: set[Seat] = set()
        self._keeping: Job | None = None

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.delivery import methods, waking
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods, waking)

    async def start(self) -> None:
        """See `Service`."""
        scheduler = self.node.scheduler
        if self.tables.refusal is None:
            self._hooked |= await self.tables.ask(given.agents)
            self._remember(await self.tables.ask(lambda db: kept.load(db, MOST_SITTINGS)))
            self._keeping = scheduler.alarm(
                self._keep, owner=self.name, name="keep what sessions do"
            )
        scheduler.every(
            FORGET_S, self._forget, owner=self.name, name="forget what was given to old sessions"
        )

    async def run(self) -> None:
        """See `Service`."""
        await self.rouser.run()

    def changed(self, config: Config) -> None:
        """See `Service`."""
        self.uses_inboxes = bool(config.get(SOCKET_KEY))

    def heard(self, news: Sequence[News]) -> None:
        """See `Service`."""
        self.rouser.stir()

    async def stop(self) -> None:
        """See `Service`."""
        if self._unkept:
            await self._keep()

    def _remember(self, found: dict[Seat, Sitting]) -> None:
        """Takes in what sessions did when a daemon before this one heard of them last."""
        now = self.node.setting.clock.monotonic()
        for sitting in found.values():
            sitting.sign_at = now  # it may work, and nobody could have said so
        self._sittings = found | self._sittings
        self._hooked |= {seat.agent_id for seat in found}

    def missed(self) -> None:
        """Arrivals may be numbered anew, so every session is looked at again."""
        for sitting in self._sittings.values():
            sitting.quiet_at = -1
        self.rouser.stir()

    async def _forget(self) -> None:
        before_ns = self.node.now_ns() - KEPT_NS
        before = format_ns(before_ns)
        await self.tables.write(lambda db: given.forget(db, before) + kept.forget(db, before_ns))

    def _does(self, seat: Seat, before: tuple[Doing, int]) -> None:
        """Has it be kept soon what a session does, where that is something else than before."""
        sitting = self._sittings[seat]
        if self._keeping is not None and before != (sitting.doing, sitting.turns):
            self._unkept.add(seat)
            self._keeping.at(self.node.setting.clock.monotonic())

    async def _keep(self) -> None:
        changed, self._unkept = self._unkept, set()
        now = {seat: replace(each) for seat in changed if (each := self._sittings.get(seat))}
        try:
            await self.tables.write(lambda db: kept.keep(db, now))
        except ThrumError:
            self._unkept |= changed
            raise

    def sitting(self, seat: Seat) -> Sitting:
        """The session as it goes on; the one that was used last is forgotten last."""
        found = self._sittings.pop(seat, None) or Sitting()
        self._sittings[seat] = found
        self._hooked.add(seat.agent_id)
        while len(self._sittings) > MOST_SITTINGS:
            del self._sittings[next(iter(self._sittings))]
        return found

    def sittings(self, agent_id: str) -> list[Sitting]:
        """The sessions of an agent, the one that was used last at the end."""
        return [each for seat, each in self._sittings.items() if seat.agent_id == agent_id]

    def has_hooks(self, agent_id: str) -> bool:
        """Whether a hook of the agent was seen within the days for which that is kept."""
        return agent_id in self._hooked

    def wakes(self, agent_id: str, message_id: str = "") -> bool:
        """Whether mail that comes now, or that message, begins a turn of an idle session of the
        agent."""
        sittings = (self._sittings.get(seat) for seat in self.wakers.seats(agent_id))
        return any(
            each and message_id not in each.lay and not each.pause(-math.inf) for each in sittings
        )

    @contextmanager
    def asked(
        self, seat: Seat, boundary: Boundary, *, by_person: bool = True, tool: str = ""
    ) -> Iterator[Sitting]:
        """A session that comes to a boundary, while it is asked what it is given there.

        For the length of the context nobody who waits for it is handed anything.

        Args:
            seat: which session.
            boundary: where it is.
            by_person: whether a person has said something, where that begins a turn.
            tool: the tool for which leave is asked there, or that was used last.
        """
        sitting = self.sitting(seat)
        before = sitting.doing, sitting.turns if sitting.heard_ns else -1
        sitting.passes(boundary, self.node.now_ns(), by_person=by_person, tool=tool)
        self._does(seat, before)
        sitting.sign_at = self.node.setting.clock.monotonic()
        self.node.hub.tell([(Changed(seat.agent_id), True)])
        sitting.asked += 1
        try:
            yield sitting
        finally:
            sitting.asked -= 1
            self.wakers.stir(seat)
            self.rouser.stir()

    def asks_leave(self, seat: Seat) -> Callable[[bool], None]:
        """Has nobody begin a turn of a session that asks for leave, until the result is called.

        That is told whether somebody answered for its person: then its turn goes on, unless it asks
        for something else.
        """
        sitting = self.sitting(seat)
        sitting.asked += 1

        def release(is_answered: bool) -> None:
            sitting.asked -= 1
            if is_answered and not sitting.asked and self._sittings.get(seat) is sitting:
                before = sitting.doing, sitting.turns
                sitting.is_let(self.node.now_ns())
                self._does(seat, before)
                self.node.hub.tell([(Changed(seat.agent_id), True)])
            self.wakers.stir(seat)
            self.rouser.stir()

        return release

    def goes_on(self, seat: Seat) -> None:
        """Notes that mail begins one more turn of a session."""
        sitting = self.sitting(seat)
        before = sitting.doing, sitting.turns
        sitting.goes_on(self.node.now_ns())
        self._does(seat, before)
        sitting.sign_at = self.node.setting.clock.monotonic()
        self.node.hub.tell([(Changed(seat.agent_id), True)])
        self.wakers.stir(seat)

    async def fresh(self, seat: Seat, most: int, *, begins: bool = False) -> list[str]:
        """The ids of what is to be given to a session, the oldest first.

        A session that begins, or of which nobody has heard before, is given so many at most: of
        more it is told how many, which the page that it begins with says.

        Raises:
            ThrumError: as `unread` and `pass_over`.
        """
        unread, sitting = await self.unread(seat), self.sitting(seat)
        fresh = unread.fresh
        if begins or (unread.is_first and not sitting.is_known):
            if fresh[most:]:
                await self.pass_over(seat, fresh[most:])
            fresh = fresh[:most]
        sitting.is_known = True
        if begins:
            before = self.node.now_ns() - BEGINS_NS
            sitting.lay = frozenset(each for each in fresh if not is_made_after(each, before))
        return fresh

    async def unread(self, seat: Seat) -> Unread:
        """What the agent has not read, and what of it was given there.

        Raises:
            ThrumError: as `Tables.ask`.
        """

        def ask(db: sqlite3.Connection) -> tuple[int, dict[str, bool]]:
            return arrivals.last(db), unread.unread(db, seat.agent_id)

        sitting, loops = self.sitting(seat), self.node.service(Loops)
        await loops.catch_up()
        position = await self.node.store.ask(arrivals.last)
        if sitting.quiet_at == position:
            return Unread({}, frozenset())
        left = -1
        while left != sitting.left:
            # What gets through between the two questions would be in neither answer.
            left = sitting.left
            noted = await self.tables.ask(lambda db: given.of(db, seat))
            position, seen = await self.node.store.ask(ask)
        known = noted or set()
        if not seen.keys() - known:
            sitting.quiet_at = position
        kept = loops.kept_from(seat.agent_id, seen.keys() - known)
        return Unread(seen, frozenset(known | sitting.on_the_way | kept.keys()), noted is None)

    async def given(self, agent_id: str) -> set[str]:
        """The ids of what was given to any session of an agent.

        Raises:
            ThrumError: as `Tables.ask`.
        """
        return await self.tables.ask(lambda db: given.to_any(db, agent_id))

    async def pass_over(self, seat: Seat, message_ids: Sequence[str]) -> None:
        """Notes that a session will not be given these, of which it knows how many they are.

        Raises:
            ThrumError: as `Tables.write`.
        """
        now = format_ns(self.node.now_ns())
        await self.tables.write(lambda db: given.give(db, seat, message_ids, now))

    def hand(
        self, seat: Seat, message_ids: Iterable[str], connection: Connection
    ) -> Callable[[], None]:
        """Notes that messages are on their way to a session, until the connection ends or what is
        returned is called."""
        handed, sitting = set(message_ids), self.sitting(seat)
        sitting.on_the_way |= handed

        def release() -> None:
            if handed:
                sitting.lets_go(handed)
                handed.clear()  # by now they may be on their way by somebody else
                self.wakers.stir(seat)

        connection.on_close.append(release)
        return release

    async def give(
        self,
        seat: Seat,
        message_ids: Sequence[str],
        transact: Transact,
        *,
        is_sure: bool,
        way: str = held.HOOK,
    ) -> int:
        """Notes that messages got through; of how many the sender learns it now.

        Args:
            transact: how events are written.
            is_sure: whether the runtime is known to show them to its model; only then they are
                seen.
            way: by what they got there, one of `thrum.held.WAYS`.

        Raises:
            ThrumError: as `Tables.write` and `Store.transact`.
        """
        mine = await self.node.store.ask(lambda db: unread.among(db, seat.agent_id, message_ids))
        # What is no mail of the agent's, or was read meanwhile, is never given anyhow.
        known = [each for each in message_ids if each in mine]
        if known:
            await self.pass_over(seat, known)
        if not (known and is_sure):
            return 0
        return await transact(lambda t: note_seen(t, seat.agent_id, known, way))


def note_seen(transaction: Transaction, agent_id: str, message_ids: Sequence[str], way: str) -> int:
    """Emits a receipt for each of the messages that its recipient had not seen; how many."""
    seen = unread.among(transaction.db, agent_id, message_ids)
    fresh = [each for each in dict.fromkeys(message_ids) if seen.get(each) is False]
    session = open_session(transaction.db, agent_id)
    for message_id in fresh:
        transaction.emit(
            events.MessageReceipt(
                message_id=message_id,
                agent_id=agent_id,
                receipt_type="seen",
                session_id=session.session_id if session else "",
                way=way,
            )
        )
    return len(fresh)
