"""Pages and WebSocket, as a service: an address of this machine that only its own pages may use.

What speaks HTTP is loaded with the first connection: a daemon whose pages nobody opens has a socket
that is listened at, and no more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio
import anyio.lowlevel
from anyio import to_thread

from thrum import atomic, platform
from thrum.clock import format_ns
from thrum.config import Config, Key
from thrum.daemon import eventloop
from thrum.daemon.callers.authenticators import BoundUser
from thrum.daemon.eventloop import Stream
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.service.contract import Service
from thrum.daemon.web import admission, logins, port
from thrum.daemon.web.logins import Logins
from thrum.daemon.web.port import Listening

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.service.contract import Check
    from thrum.daemon.transports.websocket import WebSocketLine
    from thrum.daemon.web.reports import Examination

LONGEST_LINE: Final = 65_536
"""Bytes that are kept of what a connection sent and nobody took yet, twice."""
SITE: Final = "thrum.daemon.web.site"
END_S: Final = 0.5
PING_S: Final = 54.0
AT_A_TIME: Final = 100
"""Connections that are pinged before others get their turn."""
MOST_STRANGERS: Final = 200
"""Connections of who shows no login: pages that say what to do, and programs before their token."""
SERVER_BUSY: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


class Web(Service):
    """Serves pages and WebSocket.

    Attributes:
        listening: the port that is ours; None while there is none.
        speakers: who speaks on each connection, in the order of their coming.
        lines: those of the connections that speak in frames.
        logins: who may come in.
        origins: pages that are let in besides ours.
        examining: held while the doctor is asked.
        examined: what it said, and until when that is good.
        most_strangers: how many may stay who show no login.
        is_compatible: whether it is believed whom requests of new connections name.
    """

    name: ClassVar = "web"
    nouns: ClassVar = ("doctor", "log", "user")
    keys: ClassVar[Mapping[str, Key]] = {
        "daemon.ws_port": Key(
            str,
            "auto",
            "The port of pages and WebSocket. auto: the one of the last time if it is free, else"
            " 9999, else any. Read when the daemon starts.",
            "THRUM_WS_PORT",
        ),
        "web.origins": Key(
            str, "", "Origins of other pages that may connect, with commas between them."
        ),
        "web.compatible": Key(
            bool,
            False,
            "Believe whom a request on WebSocket says it comes from, as older programs want it:"
            " whoever can connect may speak for any agent.",
        ),
        "web.max_connections": Key(
            int,
            5_000,
            "Connections of pages and programs served at once; never more than half of the"
            " descriptors that the system lets the daemon have.",
            least=1,
        ),
    }
    schema: ClassVar = logins.SCHEMA

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.listening: Listening | None = None
        self.speakers: dict[Stream, BoundUser] = {}
        self.lines: dict[WebSocketLine[BoundUser], None] = {}
        self.logins = Logins(node.now_ns, os.urandom)
        self.origins: frozenset[str] = frozenset()
        self.is_compatible = False
        self.examining = anyio.Lock()
        self.examined: tuple[Examination, float] | None = None
        self._most = 0
        self.most_strangers = MOST_STRANGERS
        self.changed(node.config)

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.rpc.registry import declared_in
        from thrum.daemon.web import methods, reports

        return declared_in(methods, reports)

    @classmethod
    def checks(cls) -> Mapping[str, Check]:
        """See `Service`."""
        from thrum.daemon.web import check

        return {"web": check.web}

    @property
    def cookie(self) -> str:
        """What the cookie is called; daemons share a browser, and cookies know no ports."""
        return f"thrum_{self.node.identity.daemon_id}"

    @property
    def address(self) -> str:
        """Where it is served; empty while it is not."""
        return self.listening.address if self.listening else ""

    def changed(self, config: Config) -> None:
        """See `Service`."""
        self.origins = admission.named(str(config.get("web.origins")))
        self.is_compatible = bool(config.get("web.compatible"))
        # The other half is for the Unix socket, the databases and the programs that it starts.
        most = int(config.get("web.max_connections"))
        self._most = min(most, platform.descriptors() // 2)

    async def start(self) -> None:
        """Takes the port, and says in ``ws.port`` which it is.

        Raises:
            ThrumError: as `port.listen`.
        """
        await self.logins.read(self.tables)
        place, wanted = self.node.place, self.node.setting.environment.get("THRUM_WS_PORT", "")
        wanted = wanted or str(self.node.config.get("daemon.ws_port"))
        self.listening = port.listen(wanted, port.remembered(place.ws_port_before))
        text = f"{self.listening.port}\n"
        if port.remembered(place.ws_port_before) != self.listening.port:
            atomic.replace(place.ws_port_before, text)
        atomic.replace(place.ws_port, text, lasts=False)

    async def run(self) -> None:
        """Serves what comes, and pings who stays."""
        assert self.listening is not None
        async with AsyncExitStack() as stack:
            for each in self.listening.sockets:
                serving = eventloop.serving(
                    each,
                    self._connected,
                    longest=LONGEST_LINE,
                    backlog=port.BACKLOG,
                    end_s=END_S,
                )
                await stack.enter_async_context(serving)
            await self._keep()

    async def _keep(self) -> None:
        """Looks now and again at those who stay."""
        while True:
            await anyio.sleep(PING_S)
            await self.look_after()

    async def look_after(self) -> None:
        """Asks those who stay whether they live, and closes connections whose login is over."""
        now = format_ns(self.node.now_ns())
        for number, line in enumerate(tuple(self.lines), 1):
            who = line.authenticator
            if who.until and who.until <= now:
                _turn_out(line, "the login is over; run `thrum ui`")
            else:
                line.ping()
            if number % AT_A_TIME == 0:
                await anyio.lowlevel.checkpoint()

    def resolved(self, name: str) -> str:
        """The id of an agent, or of a person by the bare name, too; empty if it is nobody's."""
        db = self.node.store.reader()
        ids = (name, f"user:{name}")
        return next((each for each in ids if agent_queries.agent(db, each)), "")

    def let_go(self) -> None:
        """Has the strangers who came first make room where there are too many of them."""
        strangers = [
            line for line in self.lines if line.authenticator.is_stranger and not line.closing
        ]
        for line in strangers[: max(len(strangers) - self.most_strangers, 0)]:
            line.refuse("show a login")

    def turn_out(self, user_id: str) -> None:
        """Closes the connections of a person who is logged out."""
        for line in tuple(self.lines):
            if line.authenticator.user_id == user_id:
                _turn_out(line, "logged out")

    async def _connected(self, stream: Stream) -> None:
        """Serves one connection."""
        if len(self.speakers) >= self._most and not self._make_room():
            stream.write(SERVER_BUSY)
            return
        self.speakers[stream] = BoundUser()
        try:
            await self._serve(stream)
        finally:
            self.speakers.pop(stream, None)

    def _make_room(self) -> bool:
        """Cuts off the stranger who came first; whether there is one.

        So whoever can connect and no more keeps nobody out who has a login.
        """
        found = (stream for stream, who in self.speakers.items() if who.is_stranger)
        stranger = next(found, None)
        if stranger is None:
            return False
        del self.speakers[stranger]
        stranger.abort()
        return True

    async def _serve(self, stream: Stream) -> None:
        assert self.listening is not None
        if SITE not in sys.modules:
            # Off the loop: it takes some hundredths of a second.
            await to_thread.run_sync(import_module, SITE)
        from thrum.daemon.transports import http
        from thrum.daemon.web.pages import Pages
        from thrum.daemon.web.site import Site

        folder = self.node.setting.environment.get("THRUM_UI_DEV", "")
        files = Pages(Path(folder), is_ours=False) if folder else Pages()
        await http.serve(stream, Site(self, files, self.listening.port))

    async def stop(self) -> None:
        """See `Service`."""
        self.node.place.ws_port.unlink(missing_ok=True)
        if self.listening:
            self.listening.close()
            self.listening = None


def _turn_out(line: WebSocketLine[BoundUser], reason: str) -> None:
    """Closes a person's connection; what is not begun by then is not done."""
    line.authenticator.user_id = line.authenticator.token = ""
    line.refuse(reason)
