"""Peers, as a service: who they are, the pairing under way, and one attendant for each."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio
from anyio import to_thread

from thrum import events, small_file
from thrum.clock import format_seconds
from thrum.config import Key
from thrum.daemon.hub import News
from thrum.daemon.peers import address, checkpoints, kinship, nics, peercode
from thrum.daemon.peers.book import FILE, PeerBook
from thrum.daemon.peers.bridge.bridge import PeerBridge
from thrum.daemon.peers.checkpoints import Checkpoint
from thrum.daemon.peers.doors import Doors
from thrum.daemon.peers.listening import SOCKET_KEY
from thrum.daemon.peers.peer import Peer
from thrum.daemon.peers.scope import ADDRESSED, ALL, SCOPES
from thrum.daemon.peers.tailnet import finding
from thrum.daemon.service.contract import Service
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from thrum.daemon.callers.authenticators import PeerToken
    from thrum.daemon.node import Node
    from thrum.daemon.peers.attending import Attendant
    from thrum.daemon.peers.pairing import Pairing
    from thrum.daemon.peers.reconciling import Reconciler
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.transports.websocket import WebSocketLine

TOKEN_BYTES: Final = 32
MOST_NAMED: Final = 3
PORT_FILE: Final = (".thrum", "var", "ws.port")
"""Where the daemon of a repository on this machine says at which port it serves."""

logger = logging.getLogger("thrum.peers")


class Peers(Service):
    """Knows the peers, and keeps up with each.

    Attributes:
        book: who they are.
        pairing: the one under way, or the last.
        attendants: by daemon ids.
        bridge: mail for peers with whom not everything is shared.
        lines: the connections that peers opened, and of whom each is.
        read_to: up to which of our numbers each peer was told, if it asked since the daemon began.
        doors: where peers of other machines come to.
    """

    name: ClassVar = "peers"
    nouns: ClassVar = ("pair", "peer", "sync", "tsync")
    keys: ClassVar[Mapping[str, Key]] = {
        nics.KEY: Key(
            str,
            "",
            "Network interfaces at whose addresses peers may be served although they look virtual,"
            " as in a container; by name, with commas between them.",
        ),
        SOCKET_KEY: Key(str, finding.SOCKET, "The socket of tailscaled, where it has another one."),
    }
    schema: ClassVar = checkpoints.SCHEMA
    hears: ClassVar = tuple(events.TYPES.values())

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.book = PeerBook(node.place.var / FILE, node.identity.daemon_id)
        self.pairing: Pairing | None = None
        self.attendants: dict[str, Attendant] = {}
        self.lines: dict[WebSocketLine[PeerToken], str] = {}
        self.bridge = PeerBridge(self)
        self.read_to: dict[str, int] = {}
        self.doors = Doors(self)
        self._reconciler: Reconciler | None = None
        self.chance = random.random
        self._tasks: TaskGroup | None = None
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._brought: dict[str, str] = {}
        self._reached: dict[str, Checkpoint] = {}

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.peers import (
            configuring,
            examining,
            methods,
            moving,
            repairing,
            serving,
            tsync,
        )
        from thrum.daemon.peers.bridge import methods as bridging
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(
            methods, moving, repairing, serving, examining, tsync, configuring, bridging
        )

    async def start(self) -> None:
        """Reads who the peers are and how far each was read.

        Raises:
            ThrumError: as `PeerBook.read` and `Tables.ask`.
        """
        self.book.read()
        if self.book.tokens:
            self._reached = await self.tables.ask(checkpoints.read)
            await self.bridge.begin()

    async def run(self) -> None:
        """See `Service`."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            try:
                for peer in self.book:
                    self._attend(peer.daemon_id)
                await self.doors.watch()
            finally:
                self._tasks, self.attendants, self._scopes = None, {}, {}
                self.doors.forget()

    def begin(self, work: Callable[[], Awaitable[None]]) -> anyio.CancelScope:
        """Has something done beside everything else; the scope that ends it.

        Raises:
            ThrumError: ``conflict``, the service does not run.
        """
        if self._tasks is None:
            raise ThrumError("conflict", "peers are not served", "see `thrum daemon status`")
        scope = anyio.CancelScope()

        async def done() -> None:
            with scope:
                await work()

        self._tasks.start_soon(done)
        return scope

    @property
    def reconciler(self) -> Reconciler:
        """Who looks whether peers and we mean each other."""
        if self._reconciler is None:
            # Imported here: it brings a client of WebSocket, and most daemons have no peers.
            from thrum.daemon.peers.reconciling import Reconciler

            self._reconciler = Reconciler(self)
        return self._reconciler

    def moved(self, transport: str) -> None:
        """We are called at another address by now, which peers that come so are told."""
        for peer in self.book:
            attendant = self.attendants.get(peer.daemon_id)
            if attendant is not None and peer.transport == transport:
                attendant.call_anew()

    def heard(self, news: Sequence[News]) -> None:
        """Peers are told that there is something, except who brought it."""
        if not self.attendants:
            return
        brought = {self._brought.pop(getattr(each, "event_id", ""), "") for each, _ in news}
        only_from = brought.pop() if len(brought) == 1 else ""
        for daemon_id, attendant in self.attendants.items():
            if daemon_id != only_from:
                attendant.tell_soon()

    def missed(self) -> None:
        """See `Service`."""
        for attendant in self.attendants.values():
            attendant.tell_soon()

    def health(self) -> str:
        """See `Service`."""
        found = [f"{way}: {why}" for way, why in self.doors.trouble.items()]
        found += [
            f"{peer.name}: {self.attendants[peer.daemon_id].trouble}"
            for peer in self.book
            if peer.daemon_id in self.attendants and self.attendants[peer.daemon_id].trouble
        ]
        more = len(found) - MOST_NAMED
        return "; ".join(found[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")

    # -- pairing --

    def begin_pairing(self, transport: str, lasts_s: float, scope: str = "") -> Pairing:
        """Begins a pairing; without a scope kinship decides what who comes is given.

        Raises:
            ThrumError: as `demand_no_pairing`.
        """
        from thrum.daemon.peers.pairing import Pairing

        self.demand_no_pairing()
        monotonic = self.node.setting.clock.monotonic
        self.pairing = Pairing(
            code=peercode.draw(os.urandom),
            monotonic=monotonic,
            lasts_s=lasts_s,
            transport=transport,
            scope=scope,
        )
        return self.pairing

    def demand_no_pairing(self) -> None:
        """Makes sure that another pairing can begin.

        Raises:
            ThrumError: ``conflict``, one is under way.
        """
        if self.pairing is not None and self.pairing.is_open:
            age, left = int(self.pairing.age_s), int(self.pairing.left_s) + 1
            raise ThrumError(
                "conflict",
                f"pairing already in progress (code generated {age}s ago)",
                f"it is over in {left} s; the end of the `thrum peer add` that waits for it ends it"
                " sooner, and so does `thrum daemon restart`",
            )

    def open_pairing(self) -> Pairing:
        """The pairing under way.

        Raises:
            ThrumError: ``not_found``, there is none.
        """
        if self.pairing is None or not self.pairing.is_open:
            raise ThrumError("not_found", "no active pairing session", "run `thrum peer add`")
        return self.pairing

    def admit(self, made: Peer, pairing: Pairing) -> Peer:
        """Enters who came with the code, with a new token.

        Raises:
            ThrumError: ``storage``; the code counts still.
        """
        made.token = os.urandom(TOKEN_BYTES).hex()
        self.enter(made)
        pairing.settle(made)
        return made

    async def own_roots(self) -> list[str]:
        """Our first commits."""
        return await to_thread.run_sync(kinship.roots, self.node.place.repository)

    def scope_for(self, wanted: str, url: str, own_roots: list[str], roots: list[str]) -> str:
        """What a new peer is given: as somebody said, or else all if it is of this repository.

        Args:
            wanted: what was said; may be empty.
            url: the address of the peer's remote.
            own_roots: our first commits.
            roots: the peer's.
        """
        if wanted:
            return wanted
        own_url = self.node.identity.git_origin_url
        return ALL if kinship.is_kin(own_url, url, own_roots, roots) else ADDRESSED

    # -- peers --

    def enter(self, peer: Peer) -> None:
        """Enters a peer, and keeps up with it from now on.

        Raises:
            ThrumError: ``storage``.
        """
        peer.told_address = self.own_address(peer.transport)
        peer.paired_at = peer.paired_at or format_seconds(self.node.now_ns())
        self.book.put(peer)
        if self._tasks is not None and peer.daemon_id not in self.attendants:
            self._attend(peer.daemon_id)

    async def remove(self, peer: Peer) -> None:
        """Forgets a peer: nothing crosses any more once this returns.

        Raises:
            ThrumError: ``storage``.
        """
        self.book.remove(peer.daemon_id)
        if peer.daemon_id in self._scopes:
            self._scopes.pop(peer.daemon_id).cancel()
            del self.attendants[peer.daemon_id]
        for line, daemon_id in tuple(self.lines.items()):
            if daemon_id == peer.daemon_id:
                line.refuse("no longer paired")
        await self.doors.shut_unneeded()
        self._reached.pop(peer.daemon_id, None)
        self.read_to.pop(peer.daemon_id, None)
        await self.tables.write(lambda db: checkpoints.forget(db, peer.daemon_id))
        await self.bridge.part(peer)

    def by_prefix(self, prefix: str) -> Peer | None:
        """The peer whose agents bear that prefix."""
        return next((each for each in self.book if each.proxy_prefix == prefix), None)

    def says_scope(self, peer: Peer, scope: str) -> None:
        """Notes what a peer says that it gives us; older ones do not say.

        Raises:
            ThrumError: ``storage``.
        """
        if scope in SCOPES and scope != peer.their_scope:
            peer.their_scope = scope
            self.note(peer)

    def note(self, peer: Peer) -> None:
        """Keeps what is new of a peer, if it is one still.

        Raises:
            ThrumError: ``storage``.
        """
        if self.book.get(peer.daemon_id) is peer:
            self.book.put(peer)

    def configured(self, peer: Peer) -> None:
        """What somebody changed of a peer counts from now on.

        Raises:
            ThrumError: ``storage``.
        """
        self.book.put(peer)
        attendant = self.attendants.get(peer.daemon_id)
        if attendant is not None:
            attendant.begin_anew()

    def _attend(self, daemon_id: str) -> None:
        # Imported here: it brings a client of WebSocket, and most daemons have no peers.
        from thrum.daemon.peers.attending import Attendant

        made = Attendant(self, daemon_id, self._reached.get(daemon_id, Checkpoint()))
        self.attendants[daemon_id] = made
        self._scopes[daemon_id] = self.begin(made.run)

    def demand_other(self, daemon_id: str) -> None:
        """Makes sure that a peer is not this very daemon, or calls itself so, or as it was called
        before: what we wrote under that id would be the peer's.

        Raises:
            ThrumError: ``conflict``.
        """
        if daemon_id in self.book.ids:
            raise ThrumError("conflict", "that is this daemon itself")

    async def renew(self, peer: Peer, **facts: str) -> None:
        """Notes what a peer says of itself; one with another id is read on from where it was.

        Raises:
            ThrumError: as `demand_other`, `PeerBook.change` and `Tables.write`; ``conflict``, the
                id is that of agents' home, and not everything is given to the peer.
        """
        before, now = peer.daemon_id, facts.get("daemon_id", peer.daemon_id)
        self.demand_other(now)
        if now not in peer.ids and peer.scope != ALL:
            self._demand_nobodys(now)
        self.book.change(peer, **facts)
        if now == before:
            return
        for line, daemon_id in self.lines.items():
            if daemon_id == before:
                self.lines[line] = now
        if before in self.attendants:
            self.attendants[before].follow(now)
        for known in (self.attendants, self._scopes, self._reached, self.read_to):
            _rekey(known, before, now)
        await self.tables.write(lambda db: checkpoints.rename(db, before, now))

    def _demand_nobodys(self, daemon_id: str) -> None:
        """Makes sure that agents here are at home with nobody of that id: who took it as its own
        would be given their mail, and believed in their names.

        Raises:
            ThrumError: ``conflict``.
        """
        if self.node.store.glance(_is_home, daemon_id):
            text = f"agents that are known here are at home at {daemon_id[:100]}"
            raise ThrumError("conflict", text, "remove the peer at both sides, and pair anew")

    def follow(self, peer: Peer, new: str) -> None:
        """Calls a peer at another address from now on.

        Raises:
            ThrumError: ``storage``.
        """
        if new == peer.address:
            return
        logger.info("peer %s is at %s by now", peer.name, new)
        self.book.change(peer, address=new)
        self.has_moved(peer)

    def has_moved(self, peer: Peer) -> None:
        """Somebody says that a peer is to be called, wherever it is by now."""
        attendant = self.attendants.get(peer.daemon_id)
        if attendant is not None:
            attendant.has_moved()

    def own_address(self, transport: str) -> str:
        """Where peers call us by now; empty if they cannot."""
        # Imported here: it asks for this module.
        from thrum.daemon.web.service import Web

        if transport == address.LOCAL:
            listening = self.node.service(Web).listening
            return f"127.0.0.1:{listening.port}" if listening else ""
        door = self.doors.open.get(transport)
        return door.address if door else ""

    def standing(self, message_id: str, agent_id: str) -> tuple[str, int]:
        """What a message waits for with somebody of a peer, and since when; see `Standing`."""
        peer = self.by_prefix(agent_id.partition(":")[0])
        attendant = self.attendants.get(peer.daemon_id) if peer is not None else None
        return attendant.standing(message_id, agent_id) if attendant is not None else ("", 0)

    def has_news(self, peer: Peer, latest: int) -> None:
        """A peer says that it has something new."""
        attendant = self.attendants.get(peer.daemon_id)
        if attendant is not None:
            attendant.fell_back(latest)
            attendant.look_soon()

    def was_read(self, peer: Peer, sequence: int) -> None:
        """A peer was told everything up to this number."""
        self.read_to[peer.daemon_id] = sequence

    def comes_from(self, peer: Peer, event_ids: Iterable[str]) -> None:
        """Notes by whom events come, who need not be told of them."""
        self._brought |= dict.fromkeys(event_ids, peer.daemon_id)

    def is_settled(self, event_ids: Iterable[str]) -> None:
        """Forgets by whom events came, of which nobody will be told."""
        for event_id in event_ids:
            self._brought.pop(event_id, None)

    def is_reached(self, peer: Peer) -> bool:
        """Whether a peer answered the last time, and ever."""
        attendant = self.attendants.get(peer.daemon_id)
        return attendant is not None and bool(peer.last_sync) and not attendant.trouble

    def node_of(self, peer: Peer) -> str:
        """What Tailscale calls the machine of a peer that came so; empty if it is not known."""
        door = self.doors.open.get(peer.transport)
        return door.nodes.get(peer.address.rpartition(":")[0], "") if door else ""

    def latest(self) -> int:
        """The number of the last event here."""
        return self.node.store.glance(_latest, "")

    def address_of(self, peer: Peer) -> str:
        """Where a peer can be called now; one on this machine says itself at which port."""
        path = peer.remote_repo_path or peer.repo_path
        if peer.transport == address.LOCAL and path:
            try:
                port = int(small_file.text(Path(path, *PORT_FILE)))
            except (OSError, ValueError):
                return peer.address
            return f"127.0.0.1:{port}"
        return peer.address


def _latest(db: Any, _about: str) -> int:
    row = db.execute("SELECT max(sequence) FROM events").fetchone()
    return int(row[0] or 0)


def _is_home(db: Any, daemon_id: str) -> bool:
    sql = "SELECT 1 FROM agents WHERE origin_daemon = ? LIMIT 1"
    return db.execute(sql, (daemon_id,)).fetchone() is not None


def _rekey(known: dict[str, Any], before: str, now: str) -> None:
    if before in known:
        known[now] = known.pop(before)
