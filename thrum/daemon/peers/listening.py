"""One address of a network at which peers are let in, and nobody else.

Whoever reaches it is a stranger until a token or a code is shown, and the network is full of them.
So connections are counted, in all and from each address; where there are too many, a stranger makes
room for who comes, and a peer does not.
"""

from __future__ import annotations

import errno
import logging
import socket
from collections import Counter
from collections.abc import Collection, Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
from anyio import to_thread

from thrum.daemon import eventloop
from thrum.daemon.eventloop import Stream
from thrum.daemon.peers.address import TAILSCALE
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.peers.service import Peers

SOCKET_KEY: Final = "peers.tailscale_socket"

MOST: Final = 128
"""Connections at once."""
MOST_OF_ONE: Final = 16
"""Connections from one address."""
BACKLOG: Final = 64
LONGEST_LINE: Final = 65_536
END_S: Final = 0.5
SITE: Final = "thrum.daemon.peers.site"
BUSY: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
SAY_EVERY: Final = 100
"""Connections turned away between two lines of the log."""

logger = logging.getLogger("thrum.peers")


def bound(host: str, ports: Iterable[int]) -> socket.socket:
    """A socket that listens at one address, at the first of the ports that is free.

    Raises:
        ThrumError: ``system``, none is, or the address is not this machine's.
    """
    last: OSError | None = None
    for port in ports:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((host, port))
            made.listen(BACKLOG)
            made.setblocking(False)
        except OSError as error:
            made.close()
            last = error
            if error.errno != errno.EADDRINUSE:
                break
        else:
            return made
    why = (last.strerror or last) if last else "no port is named"
    raise ThrumError("system", f"peers cannot be served at {host}: {why}")


class Door:
    """A listening socket, and who has come in by it. On the event loop only.

    Args:
        peers: who is known.
        transport: over what they come.
        listener: the socket, from `bound`.

    Attributes:
        transport: as given.
        host: the address.
        port: the port.
        nodes: what Tailscale calls the machines that came, by their addresses.
        gone: set once it is served no more.
        turned_away: connections for which there was no room, and tokens that are nobody's.
    """

    def __init__(self, peers: Peers, transport: str, listener: socket.socket) -> None:
        self._peers = peers
        self._listener = listener
        self.transport = transport
        self.host, self.port = listener.getsockname()[:2]
        self.turned_away = 0
        self.nodes: dict[str, str] = {}
        self.gone = anyio.Event()
        self._from: dict[Stream, str] = {}

    @property
    def address(self) -> str:
        """``ip:port``."""
        return f"{self.host}:{self.port}"

    async def serve(self) -> None:
        """Lets in who may come, until it is cancelled; the address is free then."""
        serving = eventloop.serving(
            self._listener, self._connected, longest=LONGEST_LINE, backlog=BACKLOG, end_s=END_S
        )
        try:
            async with serving:
                await anyio.sleep_forever()
        finally:
            self.gone.set()

    def discard(self) -> None:
        """Gives back an address that is not served."""
        self._listener.close()

    async def _connected(self, stream: Stream) -> None:
        whence, _ = stream.whence
        if not self._make_room(whence):
            self.turn_away(whence, "too many connections")
            stream.write(BUSY)
            return
        self._from[stream] = whence
        try:
            await self._serve(stream, whence)
        finally:
            self._from.pop(stream, None)

    async def _serve(self, stream: Stream, whence: str) -> None:
        # Off the loop: what speaks HTTP takes some hundredths of a second to load.
        await to_thread.run_sync(import_module, SITE)
        from thrum.daemon.peers.site import PeerSite
        from thrum.daemon.transports import http

        await http.serve(stream, PeerSite(self._peers, self, whence))

    async def look_up(self, whence: tuple[str, int]) -> None:
        """Asks Tailscale which machine calls; where it does not say, a token is enough."""
        host, port = whence
        if self.transport != TAILSCALE or host in self.nodes:
            return
        # Imported here: it brings a client of HTTP.
        from thrum.daemon.peers.tailnet import local_api

        path = Path(str(self._peers.node.config.get(SOCKET_KEY)))
        try:
            name = await local_api.node_of(path, f"{host}:{port}")
        except local_api.Unanswered as error:
            logger.info("who calls from %s is not known: %s", host, error)
            return
        if len(self.nodes) >= MOST:
            self.nodes.clear()
        self.nodes[host] = name
        logger.info("%s calls from %s", name, host)

    def _make_room(self, whence: str) -> bool:
        """Whether there is room for one more from there; a stranger is cut off to make it."""
        known = {line.stream for line in self._peers.lines}
        of_one = [stream for stream, each in self._from.items() if each == whence]
        if len(of_one) >= MOST_OF_ONE:
            return self._cut_off(of_one, known)
        return len(self._from) < MOST or self._cut_off(self._of_most(), known)

    def _of_most(self) -> list[Stream]:
        """The connections from where most are, so that one crowd does not drive out the others."""
        ((whence, _),) = Counter(self._from.values()).most_common(1)
        return [stream for stream, each in self._from.items() if each == whence]

    def _cut_off(self, streams: Iterable[Stream], known: Collection[Stream]) -> bool:
        stranger = next((each for each in streams if each not in known), None)
        if stranger is None:
            return False
        whence = self._from.pop(stranger)
        self.turn_away(whence, "too many connections")
        stranger.abort()
        return True

    def turn_away(self, whence: str, why: str) -> None:
        """Counts who is not let in; the log is told of the first, and of every hundredth."""
        self.turned_away += 1
        if self.turned_away % SAY_EVERY == 1:
            text = "%s at %s: turned away %s (%d so far): %s"
            logger.warning(text, self.transport, self.address, whence, self.turned_away, why)
