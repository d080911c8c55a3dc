"""Keeping up with one peer: what it has is pulled, and it is told that there is something here.

A peer says by ``sync.notify`` that it has news. Where that is lost, or it cannot call us, it is
looked at every quarter of a minute all the same. Where nobody answers, see `DialGate`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import anyio
import msgspec

from thrum.clock import format_seconds
from thrum.daemon.peers import adopting, checkpoints, moving
from thrum.daemon.peers.checkpoints import Checkpoint
from thrum.daemon.peers.dial_gate import DialGate
from thrum.daemon.peers.dialing import PeerLine, Refused, Unreachable, dialed
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.peers.peer import Peer
    from thrum.daemon.peers.service import Peers
    from thrum.daemon.transaction import Transaction

LOOK_S: Final = 15.0
"""From one look at a peer to the next, where neither says anything."""
PAUSE_S: Final = 0.1
"""From one time that a peer is told of news to the next."""
BATCH: Final = 1000

logger = logging.getLogger("thrum.peers")


class _Event(msgspec.Struct):
    sequence: int
    event_id: str
    event_json: msgspec.Raw


class _Pulled(msgspec.Struct):
    events: list[_Event] = msgspec.field(default_factory=list)
    next_sequence: int = 0
    more_available: bool = False
    filtered: bool = False
    renumbered: bool = False
    numbered: bool = False


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
        self._stirred = anyio.Event()
        self._is_due = True
        self._news = 0

    def look_soon(self) -> None:
        """The peer has something, or may be back."""
        self._is_due = True
        self.gate.open()
        self._stirred.set()

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

    async def _meet(self, peer: Peer) -> None:
        """Tells the peer what is to be told, and pulls what is to be pulled, on one connection."""
        self.tally = Tally()
        where = self._peers.address_of(peer)
        if not where:
            self._is_due, self._news, self.trouble = False, 0, "it has no address"
            return
        try:
            async with dialed(where, token=peer.token) as line:
                self.gate.answered()
                await self._peers.reconciler.meet(line, peer)
                await moving.tell(self._peers, line, peer)
                if self._news:
                    await self._tell(line)
                if self._is_due:
                    self._is_due = False
                    await self._pull(line, peer)
            self.trouble = ""
        except Unreachable as error:
            self.gate.failed()
            self._peers.reconciler.failed(peer, error)
            self._is_due, self.trouble = True, str(error)
        except Refused as error:
            self.gate.failed()
            self._peers.reconciler.failed(peer, error)
            self.trouble = str(error)
        except ThrumError as error:
            self._is_due, self.trouble = True, str(error)
        if self.trouble:
            logger.info("peer %s: %s", peer.name, self.trouble)

    async def _tell(self, line: PeerLine) -> None:
        count, self._news = self._news, 0
        about = {
            "daemon_id": self._peers.node.identity.daemon_id,
            "latest_seq": self._peers.latest(),
            "event_count": count,
        }
        await line.call("sync.notify", about)

    async def _pull(self, line: PeerLine, peer: Peer) -> None:
        """Pulls until there is no more.

        Raises:
            Refused, Unreachable: see `PeerLine.call`.
            ThrumError: what was pulled cannot be kept.
        """
        is_sure = False
        while True:
            before = self.reached
            pulled = await self._asked(line, before, BATCH)
            is_sure = is_sure or pulled.numbered or not before.event_id
            if before.sequence and (
                pulled.renumbered or not (is_sure or await self._holds(line, before))
            ):
                # It counts anew; what is known already is passed over.
                self.reached = Checkpoint()
                continue
            is_sure = True
            self._check(pulled, before, line)
            await self._keep(peer, pulled)
            if not (pulled.more_available and (pulled.events or pulled.filtered)):
                return

    @staticmethod
    async def _asked(line: PeerLine, after: Checkpoint, most: int) -> _Pulled:
        """What the peer tells of what is after a checkpoint.

        Raises:
            Refused, Unreachable: see `PeerLine.call`; or its answer is none.
        """
        about = {
            "after_sequence": after.sequence,
            "after_event": after.event_id,
            "max_batch": most,
        }
        raw = await line.call("sync.pull", about)
        try:
            return msgspec.json.decode(raw, type=_Pulled)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Unreachable(f"{line.where} answers otherwise than a peer: {error}") from None

    async def _holds(self, line: PeerLine, reached: Checkpoint) -> bool:
        """Whether the event that was read last has its number still, at a peer whose program is too
        old to say so by itself."""
        before = Checkpoint(reached.sequence - 1)
        found = (await self._asked(line, before, 1)).events
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

    async def _keep(self, peer: Peer, pulled: _Pulled) -> None:
        """Takes in what was pulled, and notes how far that is; in this order."""
        peers, store = self._peers, self._peers.node.store
        raws, mine = [bytes(each.event_json) for each in pulled.events], store.daemon_id
        found = await store.ask(lambda db: adopting.sort_out(db, raws, mine))
        self.tally.known += found.known
        if found.refused:
            self.refused += len(found.refused)
            logger.warning("peer %s sent %s", peer.name, found.refused[0])
        if found.wanted:
            peers.comes_from(peer, [each.event.event_id for each in found.wanted])

            def adopted(transaction: Transaction) -> int:
                return adopting.adopt(transaction, found.wanted)

            try:
                self.tally.applied += await store.transact(adopted)
            finally:
                # The loop has told everybody by now who hears of it, see `hub`.
                peers.is_settled(each.event.event_id for each in found.wanted)
        await self._note(pulled)
        peer.last_sync = format_seconds(peers.node.now_ns())

    async def _note(self, pulled: _Pulled) -> None:
        """Notes how far the peer is read by now.

        Raises:
            ThrumError: as `Tables.write`.
        """
        if pulled.next_sequence <= self.reached.sequence:
            return
        ids = {each.sequence: each.event_id for each in pulled.events}
        reached = Checkpoint(pulled.next_sequence, ids.get(pulled.next_sequence, ""))
        await self._peers.tables.write(lambda db: checkpoints.write(db, self._id, reached))
        self.reached = reached
