"""What is behind the address: pages, the way in by a link, and connections that speak in frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from anyio import to_thread

from thrum.daemon.callers.authenticators import BoundUser, Claims
from thrum.daemon.eventloop import Stream
from thrum.daemon.peers.service import Peers
from thrum.daemon.peers.welcome import is_peer, receive
from thrum.daemon.push.service import Push
from thrum.daemon.rpc.dispatch import Dispatch
from thrum.daemon.transports.http import Request, Response
from thrum.daemon.transports.websocket import WebSocketLine, consent, fault_of
from thrum.daemon.web import admission, pages
from thrum.daemon.web.logins import LOGIN_S, token_of
from thrum.daemon.web.pages import Pages

if TYPE_CHECKING:
    from thrum.daemon.web.service import Web

SOCKETS: Final = frozenset({"/ws", "/"})
"""Where connections that speak in frames are taken; programs know either."""


@dataclass(frozen=True, slots=True)
class Site:
    """The pages and sockets of a daemon.

    Attributes:
        web: whose they are.
        pages: the files.
        port: where they are served.
    """

    web: Web
    pages: Pages
    port: int

    async def respond(self, request: Request) -> Response:
        """See `http.Site`."""
        why = self._refusal(request)
        if why:
            return pages.plain(403, why)
        path, _, query = request.target.partition("?")
        if path == "/login" and request.method == "GET":
            return await self._enter(parse_qs(query).get("t", [""])[0])
        return await to_thread.run_sync(
            self.pages.answer, request.method, request.target, request.headers, self.port
        )

    async def upgrade(self, request: Request, stream: Stream, early: bytes) -> Response | None:
        """See `http.Site`."""
        path = request.target.partition("?")[0]
        why = self._refusal(request)
        if why:
            return pages.plain(403, why)
        if path not in SOCKETS:
            return pages.plain(404, "connect to /ws")
        if is_peer(request):
            return await receive(self.web.node.service(Peers), request, stream, early)
        why = fault_of(request)
        if why:
            return pages.plain(400, why, (("sec-websocket-version", "13"),))
        await self._converse(request, stream, early)
        return None

    def _refusal(self, request: Request) -> str:
        return admission.refusal(request.headers, self.port, self.web.origins)

    async def _enter(self, secret: str) -> Response:
        """Lets a browser in by a link."""
        web, guards = self.web, pages.secured(self.port)
        user_id = web.logins.redeem(secret)
        cookie = await web.logins.enter(web.tables, user_id) if user_id else ""
        if not cookie:
            text = "this link counts no more; run `thrum ui` for another one"
            return pages.plain(403, text, guards)
        kept = f"Path=/; HttpOnly; SameSite=Strict; Max-Age={LOGIN_S}"
        return Response(
            303,
            (
                *guards,
                ("set-cookie", f"{web.cookie}={cookie}; {kept}"),
                ("cache-control", "no-store"),
                ("location", "/"),
            ),
        )

    async def _converse(self, request: Request, stream: Stream, early: bytes) -> None:
        """Speaks in frames until one side ends it."""
        node, web = self.web.node, self.web
        dispatch = Dispatch(node, node.methods)
        bound = self._bound(request.headers)
        line = WebSocketLine(dispatch, stream, bound)
        stream.write(consent(request))
        web.speakers[stream] = bound
        web.lines[line] = None
        if bound.is_stranger:
            web.let_go()
        if bound.user_id or isinstance(bound, Claims):
            node.service(Push).feeds.join(bound.user_id, line)
        try:
            await line.serve(int(node.config.get("daemon.max_request_bytes")), early)
        finally:
            del web.lines[line]
            for left in line.on_close:
                left()

    def _bound(self, headers: Mapping[str, str]) -> BoundUser:
        """Whose connection it is by its cookie."""
        secret = _cookie(headers.get("cookie", ""), self.web.cookie)
        login = self.web.logins.by_cookie(secret)
        who = (login.user_id, token_of(secret), login.expires_at) if login else ("", "", "")
        return Claims(*who, self.web.resolved) if self.web.is_compatible else BoundUser(*who)


def _cookie(text: str, name: str) -> str:
    """The value of a cookie; empty if it is not there.

    Whatever else serves pages on this machine shares its cookies with us, and what it puts into
    them may be anything that browsers take.
    """
    pairs = (each.partition("=") for each in text.split(";"))
    return next((value.strip() for key, _, value in pairs if key.strip() == name), "")
