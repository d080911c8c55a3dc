"""The bridge to peers: what it tells them, and what it makes of what they tell."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from thrum import held
from thrum.clock import format_ns
from thrum.daemon import saying
from thrum.daemon.peers.bridge import refusals
from thrum.daemon.peers.bridge.message_map import MessageMap
from thrum.daemon.peers.bridge.refusals import Refusals
from thrum.daemon.peers.peer import Peer
from thrum.daemon.peers.peer import prefix as prefix_of
from thrum.daemon.transaction import Transaction
from thrum.errors import ThrumError
from thrum.names import is_proxy

if TYPE_CHECKING:
    from thrum.daemon.peers.bridge.awaited import Standings
    from thrum.daemon.peers.bridge.letters import Draft
    from thrum.daemon.peers.bridge.proxies import Offered
    from thrum.daemon.peers.bridge.returning import Unseen
    from thrum.daemon.peers.bridge.translating import Post, Taken
    from thrum.daemon.peers.service import Peers

logger = logging.getLogger("thrum.peers")

REMOVED = "its peer was removed"


class PeerBridge:
    """Letters of all peers. On the event loop only.

    Args:
        peers: who the peers are.
    """

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._node = peers.node

    @cached_property
    def messages(self) -> MessageMap:
        """Which message here is which one there."""
        return MessageMap(self._peers.tables)

    @cached_property
    def refused(self) -> Refusals:
        """What was not taken of peers."""
        return Refusals(self._peers.tables, refusals.REFUSED)

    @cached_property
    def returned(self) -> Refusals:
        """What peers did not take."""
        return Refusals(self._peers.tables, refusals.RETURNED)

    async def begin(self) -> None:
        """Takes in what was refused before, at either side.

        Raises:
            ThrumError: as `Tables.ask`.
        """
        await self.refused.read()
        await self.returned.read()

    async def address(self, drafts: Iterable[Draft]) -> None:
        """Calls messages that came from a peer as they are called there.

        Where the map does not know, what the message says of itself stands in the draft already.
        """
        wanted = {each.local_id: each for each in drafts if each.local_id}
        if not wanted:
            return
        try:
            found = await self.messages.there(list(wanted))
        except ThrumError as error:
            logger.warning("which message is which is taken from the messages: %s", error)
            return
        for draft in drafts:
            remote = found.get(draft.local_id)
            if remote is None:
                continue
            if draft.letter is not None:
                draft.letter.answers = remote.message_id
            if draft.reading is not None:
                draft.reading.message_id = remote.message_id

    async def take(self, peer: Peer, post: Sequence[Post]) -> Taken:
        """Makes events of what a peer sent; they are on disk then.

        Raises:
            ThrumError: as `Store.transact`, `MessageMap.put` and `Refusals.settle`.
        """
        from thrum.daemon.peers.bridge import translating

        largest = self._node.config.largest_body
        before = await self.messages.here(translating.remotes(post))

        def decide(transaction: Transaction) -> Taken:
            return translating.take(transaction, peer, post, before, largest)

        taken = await self._node.store.transact(decide)
        await self.messages.put(taken.made)
        await self.refused.settle(taken.returned, format_ns(self._node.now_ns()))
        return taken

    async def hear(self, peer: Peer, told: Standings) -> None:
        """Keeps what a peer says that it did not take, and tells the authors; once.

        Raises:
            ThrumError: as `Store.transact` and `Refusals.settle`.
        """
        await self.returned.read()
        now: dict[str, dict[str, str]] = {}
        for (message_id, agent_id), each in told.items():
            agents = now.setdefault(message_id, self.returned.held(message_id))
            agents.pop(agent_id, None)
            if each.held in held.RETURNED:
                agents[agent_id] = each.held
        new = {
            (message_id, agent_id): why
            for message_id, agents in now.items()
            for agent_id, why in agents.items()
            if agent_id not in self.returned.of(message_id)
        }
        if new:
            await self._tell(peer, new)
        await self.returned.settle(now, format_ns(self._node.now_ns()))

    async def arrived(self, peer: Peer, message_id: str) -> None:
        """Forgets that a peer did not take a message, which it has taken by now.

        Raises:
            ThrumError: as `Refusals.settle`.
        """
        before, theirs = self.returned.held(message_id), peer.proxy("")
        left = {name: why for name, why in before.items() if not name.startswith(theirs)}
        if left != before:
            await self.returned.settle({message_id: left}, format_ns(self._node.now_ns()))

    async def _tell(self, peer: Peer, new: Mapping[tuple[str, str], str]) -> None:
        from thrum.daemon.peers.bridge import returning

        ours = self._peers.book.ids
        agents = sorted({agent_id for _, agent_id in new})
        speaker = await saying.supervisor(self._node)

        def decide(transaction: Transaction) -> None:
            found = returning.unseen(transaction.db, agents, ours)
            for why in sorted(held.RETURNED):
                those = [each for each in found if new.get((each[0], each[1])) == why]
                returning.tell(transaction, those, why, speaker)

        await self._node.store.transact(decide)

    async def meet(self, peer: Peer, found: Sequence[Offered]) -> list[str]:
        """Has those stand here whom a peer offers; why some do not.

        Who wrote to one that is gone, and was not read, is told.

        Raises:
            ThrumError: as `Store.transact` and `Refusals.settle`.
        """
        from thrum.daemon.peers.bridge import proxies, returning

        ours = self._peers.book.ids
        speaker = await saying.supervisor(self._node)

        def decide(transaction: Transaction) -> tuple[list[str], list[Unseen]]:
            before = proxies.known(transaction.db, peer)
            unseen = returning.unseen(transaction.db, before, ours)
            refused = proxies.keep(transaction, peer, found, ours)
            there = {peer.proxy(each.name) for each in found}
            lost = [each for each in unseen if each.agent_id not in there]
            returning.tell(transaction, lost, held.UNKNOWN, speaker)
            return refused, lost

        refused, lost = await self._node.store.transact(decide)
        await self.returned.read()
        now: dict[str, dict[str, str]] = {}
        for each in lost:
            agents = now.setdefault(each.message_id, self.returned.held(each.message_id))
            agents[each.agent_id] = held.UNKNOWN
        await self.returned.settle(now, format_ns(self._node.now_ns()))
        return refused

    async def part(self, peer: Peer) -> None:
        """Has nobody stand here any more for agents of a peer that was removed.

        Raises:
            ThrumError: as `Store.transact`.
        """
        from thrum.daemon.peers.bridge import proxies

        ours = self._peers.book.ids

        def decide(transaction: Transaction) -> None:
            proxies.drop(transaction, proxies.known(transaction.db, peer), REMOVED, ours)

        await self._node.store.transact(decide)

    def home(self, agent_id: str) -> str:
        """The daemon of the peer for whose agent somebody stands; empty where it is none's."""
        prefix, colon, _ = agent_id.partition(":")
        peer = self._peers.by_prefix(prefix) if colon else None
        return peer.daemon_id if peer is not None else ""

    async def beyond(self) -> list[tuple[str, int, bool]]:
        """Of each peer with agents that can be written to its prefix, how many, and whether it
        answers.

        Raises:
            ThrumError: as `Store.ask`.
        """
        from thrum.daemon.peers.bridge import proxies

        peers = sorted(self._peers.book, key=lambda each: each.proxy_prefix)
        if not peers:
            return []
        counts = await self._node.store.ask(
            lambda db: [len(proxies.known(db, each)) for each in peers]
        )
        found = zip(peers, counts, strict=True)
        return [(p.proxy_prefix, count, self._peers.is_reached(p)) for p, count in found if count]

    def doubles(self, homes: Mapping[str, str]) -> set[str]:
        """Those who stand for one that is known by its own name, from a time when less crossed.

        Args:
            homes: agents, and the daemons that registered them.
        """
        identity, ours = self._node.identity, {"", *self._peers.book.ids}
        known = {each for peer in self._peers.book for each in peer.ids}
        ourselves = re.compile(re.escape(prefix_of(identity.repo_name)) + r"(-\d+)?")
        found = set()
        for agent_id, registrar in homes.items():
            prefix, _, name = agent_id.partition(":")
            if not is_proxy(agent_id) or name not in homes:
                continue
            peer = self._peers.by_prefix(prefix)
            is_theirs = peer is not None and registrar in ours and homes[name] in peer.ids
            is_ours = registrar in known and homes[name] in ours and ourselves.fullmatch(prefix)
            if is_theirs or is_ours:
                found.add(agent_id)
        return found

    def itself(self, transaction: Transaction, name: str) -> str:
        """The id to which a message for a name goes: ``prefix:name`` is the agent itself, where
        that is known here by its own name. Any thread."""
        prefix, colon, rest = name.partition(":")
        peer = self._peers.by_prefix(prefix) if colon else None
        if peer is None:
            return name
        return rest if transaction.people(_is_at_home, (rest, peer.ids)) else name


def _is_at_home(db: sqlite3.Connection, about: tuple[str, tuple[str, ...]]) -> bool:
    agent_id, daemon_ids = about
    sql = "SELECT origin_daemon FROM agents WHERE agent_id = ?"
    row = db.execute(sql, (agent_id,)).fetchone()
    return row is not None and row[0] in daemon_ids
