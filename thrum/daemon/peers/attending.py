"""Keeping up with one peer: what it has is pulled, and it is told that there is something here.

A peer says by ``sync.notify`` that it has news. Where that is lost, or it cannot call us, it is
looked at every quarter of a minute all the same. Where nobody answers, or nothing comes of it, see
`DialGate`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import anyio
import msgspec

from thrum import held
from thrum.clock import format_seconds, parse
from thrum.daemon import eventloop
from thrum.daemon.delivery.standing import Standing
from thrum.daemon.peers import address, adopting, checkpoints, moving
from thrum.daemon.peers.adopting import Candidate
from thrum.daemon.peers.bridge import awaited, letters
from thrum.daemon.peers.bridge.awaited import Awaited, Standings, Waiting
from thrum.daemon.peers.bridge.letters import Letter, Reading
from thrum.daemon.peers.bridge.older import OlderBridge
from thrum.daemon.peers.bridge.proxies import Offered
from thrum.daemon.peers.checkpoints import Checkpoint, Number
from thrum.daemon.peers.dial_gate import DialGate
from thrum.daemon.peers.dialing import CONNECT_S, PeerLine, Refused, Unreachable, dial
from thrum.daemon.peers.scope import ADDRESSED, ALL, NONE, narrower
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.peers.peer import Peer
    from thrum.daemon.peers.service import Peers
    from thrum.daemon.transaction import Transaction

LOOK_S: Final = 15.0
"""From one look at a peer to the next, where neither says anything."""
PAUSE_S: Final = 0.02
"""From one time that a peer is told of news to the next: what was said meanwhile goes together."""
BATCH: Final = 1000
"""Events that are asked for at once, where the line carries as many."""
MOST_ANEW: Final = 3
"""How often a peer may say during one look that it counts anew; each time it is read anew."""
SLICE: Final = 250
"""Events that are applied in one transaction; whoever else writes has a turn after each."""
NO_BRIDGE: Final = "an older program, with which nothing but everything (--scope all) is exchanged"

logger = logging.getLogger("thrum.peers")


class _Event(msgspec.Struct):
    sequence: Number
    event_id: str
    event_json: msgspec.Raw = msgspec.Raw(b"{}")
    letter: Letter | None = None
    reading: Reading | None = None


class _Pulled(msgspec.Struct):
    events: list[_Event] = msgspec.field(default_factory=list)
    next_sequence: Number = 0
    more_available: bool = False
    filtered: bool = False
    renumbered: bool = False
    numbered: bool = False
    next_event: str = ""
    scope: str = ""
    roster: str = ""


class _Waiting(msgspec.Struct):
    waiting: list[Waiting] = msgspec.field(default_factory=list)


class _Roster(msgspec.Struct):
    agents: list[Offered] = msgspec.field(default_factory=list)
    roster: str = ""


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What was asked for while something else was applied: after which event, under which scope."""

    after: Checkpoint
    scope: str
    pulled: _Pulled


def _moment(text: str) -> int:
    """The time that a peer says; 0 if it is none."""
    try:
        return parse(text) if text else 0
    except ValueError:
        return 0


def _end_of(pulled: _Pulled) -> Checkpoint:
    """How far one has read who has read that."""
    ids = {each.sequence: each.event_id for each in pulled.events}
    known = pulled.next_event or ids.get(pulled.next_sequence, "")
    return Checkpoint(pulled.next_sequence, known)


@dataclass(slots=True)
class Tally:
    """What came of looking at a peer: how many events were new, how many were here already."""

    applied: int = 0
    known: int = 0


class Attendant:
    """Keeps up with one peer. On the event loop only.

    Args:
        peers: whose.
        daemon_id: the peer's.
        reached: how far it was read before.

    Attributes:
        trouble: what was wrong the last time, a sentence; empty if nothing was.
        refused: events of it that were refused since the daemon began.
        tally: what came of the last look.
    """

    def __init__(self, peers: Peers, daemon_id: str, reached: Checkpoint) -> None:
        self._peers = peers
        self._id = daemon_id
        self.reached = reached
        self.gate = DialGate(peers.node.setting.clock.monotonic, peers.chance)
        self.trouble = ""
        self.refused = 0
        self.tally = Tally()
        self._one = anyio.Lock()
        self._met = anyio.Event()
        self._line: PeerLine | None = None
        self._spoken: PeerLine | None = None
        self._token = ""
        self._is_running = False
        self._stirred = anyio.Event()
        self._is_due = True
        self._most = BATCH
        self._news = 0
        self._roster = ""
        self._unreached_ns = 0
        self._is_older = False
        self._standings: Standings = {}
        self._older = OlderBridge(peers)

    def standing(self, message_id: str, agent_id: str) -> Standing:
        """What a message to somebody of the peer waits for, as far as it is known here."""
        back = self._peers.bridge.returned.of(message_id).get(agent_id)
        if back is not None:
            return Standing(back.held, _moment(back.since))
        peer = self._peers.book.get(self._id)
        if peer is not None and peer.effective == NONE:
            return Standing(held.CLOSED)
        if self._unreached_ns:
            return Standing(held.PEER, self._unreached_ns)
        found = self._standings.get((message_id, agent_id))
        if found is None:
            return Standing()
        return Standing(found.held, _moment(found.held_since))

    def follow(self, daemon_id: str) -> None:
        """The peer has another id by now, and is the same."""
        self._id = daemon_id

    def begin_anew(self) -> None:
        """Something was said of the peer by which other things cross, and it is told so."""
        self._roster = ""
        self.tell_soon()
        self.look_soon()

    def look_soon(self) -> None:
        """The peer has something, or may be back."""
        self._is_due = True
        self.gate.open()
        self._stirred.set()

    def has_moved(self) -> None:
        """The peer may be elsewhere by now, and then nobody waits for an answer from before."""
        peer = self._peers.book.get(self._id)
        line = self._spoken
        if peer is not None and line is not None and line.where != self._peers.address_of(peer):
            line.give_up()
        self.look_soon()

    def call_anew(self) -> None:
        """We are elsewhere by now: what was opened from where we were leads nowhere."""
        self._hang_up()
        if self._spoken is not None:
            self._spoken.give_up()
        self.look_soon()

    def tell_soon(self) -> None:
        """We have something that it does not have from us."""
        self._news += 1
        self._stirred.set()

    def fell_back(self, latest: int) -> None:
        """The peer counts from anew if its latest number is below what was read of it."""
        if latest < self.reached.sequence:
            self.reached = Checkpoint()

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        self._is_running = True
        try:
            await self._keep_up()
        finally:
            self._is_running = False
            self._hang_up()

    async def _keep_up(self) -> None:
        clock = self._peers.node.setting.clock
        while True:
            if not (self._is_due or self._news or await clock.wait(self._stirred, LOOK_S)):
                self._is_due = True
            self._stirred = anyio.Event()
            if self.gate.wait_s:
                await clock.wait(self._stirred, self.gate.wait_s)
                continue
            peer = self._peers.book.get(self._id)
            if peer is not None and (self._is_due or self._news):
                async with self._one:
                    await self._meet(peer)
            await clock.wait(anyio.Event(), PAUSE_S)

    async def look(self, peer: Peer) -> Tally:
        """Looks at the peer now, also where it did not answer; `trouble` says what was wrong."""
        self.gate.open()
        async with self._one:
            self._is_due = True
            await self._meet(peer)
        return self.tally

    async def retried(self, limit_s: float) -> str:
        """Somebody else had an answer of it: what is wrong after another call, if it may be called
        so soon, or when the time is over."""
        met = self._met
        self.look_soon()
        await self._peers.node.setting.clock.wait(met, limit_s)
        return self.trouble

    async def _meet(self, peer: Peer) -> None:
        try:
            await self._try_to_meet(peer)
        finally:
            self._met.set()
            self._met = anyio.Event()

    async def _try_to_meet(self, peer: Peer) -> None:
        """Tells the peer what is to be told, and pulls what is to be pulled."""
        self.tally = Tally()
        where = self._peers.address_of(peer)
        if not where:
            self._is_due, self._news, self.trouble = False, 0, "it has no address"
            return
        try:
            await self._call(where, peer)
            self.gate.answered()
            self.trouble, self._unreached_ns = "", 0
            if self._is_older and peer.effective == ADDRESSED and not self._is_crossed(peer):
                self.trouble = NO_BRIDGE
                return
        except Unreachable as error:
            self.gate.failed()
            self._peers.reconciler.failed(peer, error)
            self._is_due, self.trouble = True, str(error)
        except Refused as error:
            self.gate.failed()
            self._peers.reconciler.failed(peer, error)
            self.trouble = str(error)
        except ThrumError as error:  # the disk is full, say: to ask again at once mends nothing
            self.gate.failed()
            self._is_due, self.trouble = True, str(error)
        except Exception as error:
            # A defect of ours, which whoever answers so as to meet it turns against one peer alone.
            logger.exception("peer %s cannot be kept up with", peer.name)
            self.gate.failed()
            self._is_due, self.trouble = True, f"{error.__class__.__name__}: {error}"
        if self.trouble:
            self._unreached_ns = self._unreached_ns or self._peers.node.now_ns()
            logger.info("peer %s: %s", peer.name, self.trouble)

    def _is_crossed(self, peer: Peer) -> bool:
        """Whether mail goes to an older program as a user there would write it. Over a tailnet it
        lets nobody write."""
        is_so = self._is_older and peer.effective == ADDRESSED
        return is_so and peer.transport != address.TAILSCALE

    async def _call(self, where: str, peer: Peer) -> None:
        """Speaks with the peer over the connection of the last time, or else over a new one.

        Raises:
            Refused, Unreachable: see `dial` and `PeerLine.call`.
            ThrumError: what came cannot be kept.
        """
        line, self._line = self._line, None
        if line is not None and (line.where, self._token) == (where, peer.token):
            line.patience_s = CONNECT_S  # it may lead nowhere by now
            try:
                await self._speak(line, peer)
            except Unreachable as error:
                logger.debug("peer %s is called anew: %s", peer.name, error)
                self._is_due = True
                where = self._peers.address_of(peer)  # it may have moved meanwhile
            else:
                return
        elif line is not None:
            line.leave()
        line, self._token = await dial(where, token=peer.token), peer.token
        await self._speak(line, peer)

    async def _speak(self, line: PeerLine, peer: Peer) -> None:
        """Says and asks all that is to be, and keeps the connection unless something goes wrong."""
        is_well, self._spoken = False, line
        try:
            await self._peers.reconciler.meet(line, peer)
            await moving.tell(self._peers, line, peer)
            if self._news:
                await self._tell(line, peer)
            if self._is_due:
                self._is_due = False
                await self._pull(line, peer)
            if self._is_crossed(peer):
                await self._older.carry(line, peer)
            is_well = self._is_running
        finally:
            self._spoken = None
            if is_well:
                self._line = line
            else:
                line.leave()

    def _hang_up(self) -> None:
        """Ends the connection that is kept."""
        if self._line is not None:
            self._line.leave()
            self._line = None

    async def _tell(self, line: PeerLine, peer: Peer) -> None:
        count = self._news
        about = {
            "daemon_id": self._peers.node.identity.daemon_id,
            "latest_seq": self._peers.latest(),
            "event_count": count,
            "scope": peer.scope,
        }
        await line.call("sync.notify", about)
        self._news -= count

    async def _pull(self, line: PeerLine, peer: Peer) -> None:
        """Pulls until there is no more.

        Raises:
            Refused, Unreachable: see `PeerLine.call`.
            ThrumError: what was pulled cannot be kept.
        """
        is_sure, ahead, anew = False, None, 0
        while peer.scope != NONE:
            if self._news:  # it does not wait until a long history is read
                await self._tell(line, peer)
            await self._widen(peer)
            before, scope = self.reached, peer.scope
            if ahead is not None and (ahead.after, ahead.scope) == (before, scope):
                pulled = ahead.pulled
            else:
                pulled = await self._page(line, before, scope)
            ahead = None
            self._peers.says_scope(peer, pulled.scope)
            self._is_older = not pulled.scope
            scope = narrower(scope, pulled.scope or ALL)  # by which the peer told what it told
            is_sure = is_sure or pulled.numbered or not before.event_id or scope == NONE
            if before.sequence and (
                pulled.renumbered or not (is_sure or await self._holds(line, before, peer.scope))
            ):
                # It counts anew; what is known already is passed over.
                self.reached = Checkpoint()
                anew += 1
                if anew > MOST_ANEW:
                    raise Unreachable(f"{line.where} counts anew all the time")
                continue
            is_sure = True
            self._check(pulled, before, line)
            if pulled.more_available and pulled.events and narrower(scope, peer.effective) == ALL:
                kept = self._keep(peer, pulled, scope)
                ahead = (await eventloop.beside(kept, self._look_ahead(line, peer, pulled)))[1]
            else:
                await self._keep(peer, pulled, scope)
            await self._meet_agents(line, peer, pulled.roster)
            await self._ask_standings(line, peer, pulled.roster)
            is_more = pulled.more_available and (pulled.events or pulled.filtered)
            if not (is_more or self._is_widened(peer)):
                return
            if not pulled.events:
                # One that says for ever that there is more costs few questions in a second.
                await self._peers.node.setting.clock.wait(anyio.Event(), PAUSE_S)

    async def _look_ahead(self, line: PeerLine, peer: Peer, pulled: _Pulled) -> _Ahead:
        """Asks for what is after what was told.

        Raises:
            Refused, Unreachable: see `_page`.
        """
        after, scope = _end_of(pulled), peer.scope
        return _Ahead(after, scope, await self._page(line, after, scope))

    async def _page(self, line: PeerLine, after: Checkpoint, scope: str) -> _Pulled:
        """As many events after a checkpoint as the line carries in time.

        Where an answer did not arrive a quarter is asked for, else a slow line would begin the same
        one again for ever; with each that arrives it becomes more.

        Raises:
            Refused, Unreachable: see `_asked`.
        """
        most = self._most
        self._most = max(most // 4, 1)
        found = await self._asked(line, after, most, scope)
        self._most = min(most + most // 8 + 1, BATCH)
        return found

    @staticmethod
    def _is_widened(peer: Peer) -> bool:
        """Whether everything crosses now, and the peer was read when only mail did."""
        return peer.effective == ALL and peer.read_as == ADDRESSED

    async def _widen(self, peer: Peer) -> None:
        """Begins anew where everything crosses from now on: what was left out before is wanted."""
        if self._is_widened(peer):
            self.reached = Checkpoint()
            await self._peers.tables.write(lambda db: checkpoints.write(db, self._id, Checkpoint()))
            peer.read_as = ""
            self._peers.note(peer)

    async def _meet_agents(self, line: PeerLine, peer: Peer, roster: str) -> None:
        """Asks who the peer's agents are, if they are others than before.

        Raises:
            Refused, Unreachable: see `PeerLine.call`.
            ThrumError: they cannot be entered.
        """
        if not roster or roster == self._roster or peer.effective != ADDRESSED:
            return
        found = await line.told("peer.agents", {}, _Roster)
        if not found.roster:
            return  # it gives nothing any more, and says so with the next pull
        refused = await self._peers.bridge.meet(peer, found.agents)
        self._refuse(peer, refused)
        self._roster = found.roster

    async def _ask_standings(self, line: PeerLine, peer: Peer, roster: str) -> None:
        """Asks what mail that nobody there saw yet waits for; older peers do not know.

        Raises:
            Refused, Unreachable: see `PeerLine.call`.
            ThrumError: what it did not take cannot be noted.
        """
        asked: list[Awaited] = []
        if roster:
            asked = await self._peers.node.store.ask(lambda db: awaited.awaited(db, peer))
        if not asked:
            self._standings = {}
            return
        told = (await line.told("peer.standing", {"messages": asked}, _Waiting)).waiting
        self._standings = awaited.standings(peer, asked, told)
        await self._peers.bridge.hear(peer, self._standings)

    def _refuse(self, peer: Peer, reasons: Sequence[str]) -> None:
        """Counts what is not taken of a peer, and says why."""
        if reasons:
            self.refused += len(reasons)
            logger.warning("peer %s sent %s", peer.name, reasons[0])

    @staticmethod
    async def _asked(line: PeerLine, after: Checkpoint, most: int, scope: str) -> _Pulled:
        """What the peer tells of what is after a checkpoint.

        Raises:
            Refused, Unreachable: see `PeerLine.call`; or its answer is none.
        """
        about = {
            "after_sequence": after.sequence,
            "after_event": after.event_id,
            "max_batch": most,
            "scope": scope,
        }
        return await line.told("sync.pull", about, _Pulled)

    async def _holds(self, line: PeerLine, reached: Checkpoint, scope: str) -> bool:
        """Whether the event that was read last has its number still, at a peer whose program is too
        old to say so by itself."""
        before = Checkpoint(reached.sequence - 1)
        found = (await self._asked(line, before, 1, scope)).events
        return bool(found) and (found[0].sequence, found[0].event_id) == reached

    @staticmethod
    def _check(pulled: _Pulled, before: Checkpoint, line: PeerLine) -> None:
        """Refuses an answer by which one would pull for ever.

        Raises:
            Unreachable: it is one.
        """
        said = pulled.next_sequence
        if (pulled.events or pulled.more_available) and said <= before.sequence:
            raise Unreachable(f"{line.where} goes back from {before.sequence} to {said}")

    async def _keep(self, peer: Peer, pulled: _Pulled, scope: str) -> None:
        """Takes in what was pulled, and notes how far that is; in this order.

        Args:
            peer: from whom.
            pulled: what.
            scope: under which it was told.
        """
        peers = self._peers
        if scope == ADDRESSED and peer.read_as != ADDRESSED:
            peer.read_as = ADDRESSED
            peers.note(peer)
        post = [each.letter or each.reading for each in pulled.events]
        is_all = narrower(scope, peer.effective) == ALL
        lines = [each for each in pulled.events if is_all or not (each.letter or each.reading)]
        await self._adopt(peer, [bytes(each.event_json) for each in lines], is_all)
        crossing = [each for each in post if each is not None]
        if self._is_crossed(peer):
            raws = [bytes(each.event_json) for each in pulled.events]
            crossing = await self._older.came(peer, raws)
        if crossing:
            taken = await peers.bridge.take(peer, crossing)
            self._refuse(peer, taken.refused)
        await self._note(pulled)
        peer.last_sync = format_seconds(peers.node.now_ns())

    async def _adopt(self, peer: Peer, raws: Sequence[bytes], is_all: bool) -> None:
        """Takes in events as they stand in the peer's log.

        Where not everything crosses, those alone that agents of its own made, who are known here.
        """
        store = self._peers.node.store
        mine = store.daemon_id
        found = await store.ask(lambda db: adopting.sort_out(db, raws, mine))
        self.tally.known += found.known
        self._refuse(peer, found.refused)
        for start in range(0, len(found.wanted), SLICE):
            await self._apply(peer, found.wanted[start : start + SLICE], is_all)

    async def _apply(self, peer: Peer, wanted: list[Candidate], is_all: bool) -> None:
        """Applies a slice of what is new, in one transaction."""
        peers, ids = self._peers, [each.event.event_id for each in wanted]
        peers.comes_from(peer, ids)

        def adopted(transaction: Transaction) -> int:
            # One after the other: an edit may be of a message that comes with it.
            return sum(
                adopting.adopt(transaction, each)
                for each in ([wanted] if is_all else [[one] for one in wanted])
                if is_all or letters.may_take(transaction.db, peer, each[0].event)
            )

        try:
            self.tally.applied += await peers.node.store.transact(adopted)
        finally:
            # The loop has told everybody by now who hears of it, see `hub`.
            peers.is_settled(ids)

    async def _note(self, pulled: _Pulled) -> None:
        """Notes how far the peer is read by now.

        Raises:
            ThrumError: as `Tables.write`.
        """
        if pulled.next_sequence <= self.reached.sequence:
            return
        reached = _end_of(pulled)
        await self._peers.tables.write(lambda db: checkpoints.write(db, self._id, reached))
        self.reached = reached
        self.gate.answered()  # who gets on through a bad network is not called less often for it
