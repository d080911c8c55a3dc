"""Where peers of other machines come to: opened when one is needed, closed when none is any more.

There is one address of a network at most, and one of a tailnet. The port of each stands in the book
of peers, for the others know it. Addresses come and go: they are looked at once a minute.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio

from thrum.daemon.peers import address, listening, nics
from thrum.daemon.peers.listening import SOCKET_KEY, Door
from thrum.daemon.peers.nics import Nic
from thrum.daemon.peers.tailnet import finding, variables
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.peers.service import Peers

LOOK_S: Final = 60.0
PORTS: Final = range(9100, 9201)
"""Those of a tailnet, of which one is chosen."""
WANTED_PORT: Final = "THRUM_TS_PORT"
REMOTE: Final = (address.NETWORK, address.TAILSCALE)

logger = logging.getLogger("thrum.peers")


class Doors:
    """The open doors. On the event loop only.

    Args:
        peers: whose.
        table: gives the interfaces.

    Attributes:
        open: by what comes in there.
        trouble: why one that is needed is not open, likewise.
    """

    def __init__(self, peers: Peers, table: Callable[[], list[Nic]] = nics.table) -> None:
        self._peers = peers
        self.table = table
        self.open: dict[str, Door] = {}
        self.trouble: dict[str, str] = {}
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._opening = anyio.Lock()

    # -- asked for --

    async def network(self, wanted: str) -> Door:
        """The door at an address of a network.

        Args:
            wanted: the address; empty for the one that is open.

        Raises:
            ThrumError: as `nics.served` and `listening.bound`; ``conflict``, another one is open,
                and needed; ``invalid_params``, none is named.
        """
        async with self._opening:
            known = self.open.get(address.NETWORK)
            if not wanted and known is not None:
                return known
            if not wanted:
                text = "--type network requires --address <ip>"
                raise ThrumError("invalid_params", text, "name the address that peers come to")
            host = str(nics.served(wanted, self.table(), self.allowed))
            if known is not None and known.host == host:
                return known
            if known is not None and self._has_peers(address.NETWORK):
                text = f"peers come to {known.host} already, and there is one address for all"
                raise ThrumError("conflict", text, f"leave --address out, or say {known.host}")
            return await self._opened(address.NETWORK, host, self._network_ports(host))

    async def tailnet(self) -> Door:
        """The door at this machine's address in the tailnet.

        Raises:
            ThrumError: as `finding.Finder.find` and `listening.bound`.
        """
        async with self._opening:
            host, ports = await self._tailnet_place()
            known = self.open.get(address.TAILSCALE)
            if known is not None and known.host == host:
                return known
            return await self._opened(address.TAILSCALE, host, ports)

    @property
    def allowed(self) -> frozenset[str]:
        """Names of interfaces that count although they are virtual."""
        return nics.named(str(self._peers.node.config.get(nics.KEY)))

    def _network_ports(self, host: str) -> Iterable[int]:
        """The port of before, if it is known, else any."""
        before = str(self._peers.book.own.get(address.NETWORK) or "")
        try:
            _, port = address.split(before)
        except ThrumError:
            return (0,)
        return (port, 0)

    async def _tailnet_place(self) -> tuple[str, Iterable[int]]:
        """The address in the tailnet, and the ports that may be ours there.

        Raises:
            ThrumError: there is none.
        """
        setting, node = self._peers.node.setting, self._peers.node
        folders = (node.place.shared, node.place.repository)
        said = variables.read(folders, setting.environment)
        finder = finding.Finder(
            children=node.children,
            folder=node.place.repository,
            environment=setting.environment,
            nics=self.table,
            socket=Path(str(node.config.get(SOCKET_KEY))),
            owner=self._peers.name,
        )
        host = str(await finder.find(said.get(finding.NAMED, "")))
        return host, self._tailnet_ports(said.get(WANTED_PORT, ""))

    def _tailnet_ports(self, wanted: str) -> Iterable[int]:
        """The port that is asked for and no other; else the one of before, and those to choose of.

        Raises:
            ThrumError: ``config``, it is none.
        """
        if wanted:
            if not (wanted.isascii() and wanted.isdigit() and 0 < int(wanted) < 65_536):
                text = f"{WANTED_PORT}={wanted[:40]} is no port"
                raise ThrumError("config", text, "name one from 1 to 65535, or none")
            return (int(wanted),)
        before = self._peers.book.own.get("port")
        return (before, *PORTS) if isinstance(before, int) and 0 < before < 65_536 else PORTS

    # -- opening and closing --

    async def _opened(self, transport: str, host: str, ports: Iterable[int]) -> Door:
        """A new door instead of the one of before; where it is is on disk then.

        Raises:
            ThrumError: ``system``, the address cannot be served; ``storage``.
        """
        await self.shut(transport)
        door = Door(self._peers, transport, listening.bound(host, ports))
        try:
            self._note(door)
            self._scopes[transport] = self._peers.begin(door.serve)
        except ThrumError:
            door.discard()
            raise
        self.open[transport] = door
        self.trouble.pop(transport, None)
        logger.info("peers are let in at %s (%s)", door.address, transport)
        self._peers.moved(transport)
        return door

    def _note(self, door: Door) -> None:
        own, book = self._peers.book.own, self._peers.book
        if door.transport == address.TAILSCALE:
            if own.get("port") != door.port:
                book.note_own(port=door.port)
        elif own.get(address.NETWORK) != door.address:
            book.note_own(network=door.address)

    async def shut(self, transport: str) -> None:
        """Closes a door, and the connections that came by it."""
        door = self.open.pop(transport, None)
        if door is not None:
            self._scopes.pop(transport).cancel()
            await door.gone.wait()
            logger.info("peers are let in at %s no more", door.address)

    def forget(self) -> None:
        """Nothing is served any more: what began it has ended."""
        self.open, self._scopes = {}, {}

    def _has_peers(self, transport: str) -> bool:
        return any(each.transport == transport for each in self._peers.book)

    def is_needed(self, transport: str) -> bool:
        """Whether anybody may come by it: a peer, or who has a code."""
        pairing = self._peers.pairing
        is_pairing = pairing is not None and pairing.is_open and pairing.transport == transport
        return is_pairing or self._has_peers(transport)

    async def shut_unneeded(self) -> None:
        """Closes what nobody may come by any more."""
        for transport in REMOTE:
            if not self.is_needed(transport):
                await self.shut(transport)
                self.trouble.pop(transport, None)

    # -- looked at --

    async def watch(self) -> None:
        """Looks at once, then every minute, until it is cancelled."""
        clock = self._peers.node.setting.clock
        while True:
            await self.look()
            await clock.wait(anyio.Event(), LOOK_S)

    async def look(self) -> None:
        """Opens what is needed and is not open, or has another address by now; closes the rest."""
        await self.shut_unneeded()
        for transport in filter(self._has_peers, REMOTE):
            way = self._look_at_network if transport == address.NETWORK else self._look_at_tailnet
            try:
                await way()
            except ThrumError as error:
                await self._missing(transport, error)
            else:
                self.trouble.pop(transport, None)

    async def _missing(self, transport: str, error: ThrumError) -> None:
        why = f"{error.message} ({error.hint})" if error.hint else error.message
        if self.trouble.get(transport) != why:
            logger.warning("%s: %s", transport, why)
        self.trouble[transport] = why
        await self.shut(transport)

    async def _look_at_tailnet(self) -> None:
        await self.tailnet()

    async def _look_at_network(self) -> None:
        """Stays at the address, or goes to another one of the same network.

        Raises:
            ThrumError: there is none.
        """
        async with self._opening:
            before = str(self._peers.book.own.get(address.NETWORK) or "")
            if not before:
                text = "peers of a network are known, and no address where they come to"
                raise ThrumError("config", text, "run `thrum peer add --type network --address IP`")
            host, _ = address.split(before)
            table, allowed = self.table(), self.allowed
            found = now_at(host, nics.choices(table, allowed))
            if found is None:
                nics.served(host, table, allowed)
                found = IPv4Address(host)
            known = self.open.get(address.NETWORK)
            if known is None or known.host != str(found):
                await self._opened(address.NETWORK, str(found), self._network_ports(str(found)))


def now_at(host: str, choices: list[IPv4Address]) -> IPv4Address | None:
    """The address of before if it is still one, else another one that peers will believe."""
    if any(str(each) == host for each in choices):
        return IPv4Address(host)
    for each in choices:
        try:
            address.check_change(address.NETWORK, f"{host}:1", f"{each}:1")
        except ThrumError:
            continue
        return each
    return None
