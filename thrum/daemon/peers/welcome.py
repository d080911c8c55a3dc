"""Connections that peers open: with a token, or with the code of a pairing."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

import anyio

from thrum.daemon.callers.authenticators import PeerToken, Visitor
from thrum.daemon.eventloop import Stream
from thrum.daemon.peers import address
from thrum.daemon.peers.service import Peers
from thrum.daemon.rpc.dispatch import Dispatch
from thrum.daemon.rpc.registry import Transport
from thrum.daemon.transports.http import Request, Response
from thrum.daemon.transports.websocket import WebSocketLine, consent, fault_of

BEARER: Final = "bearer"
CODE: Final = "pairing_code"
LARGEST: Final = 1_048_576
"""Bytes of the longest request of a peer: they ask for much, and say little."""
VISIT_S: Final = 30.0
"""Seconds in which who has a code pairs."""
STAY_S: Final = 900.0
"""Seconds after which a peer connects anew."""


def is_peer(request: Request) -> bool:
    """Whether it is a daemon that wants to be let in, and no page or program of a person."""
    return _bearer(request.headers) is not None or _has_code(request)


def _bearer(headers: Mapping[str, str]) -> str | None:
    """The token that is shown; None if none is."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == BEARER else None


def _has_code(request: Request) -> bool:
    query = request.target.partition("?")[2]
    return CODE in parse_qs(query, keep_blank_values=True)


async def receive(
    peers: Peers,
    request: Request,
    stream: Stream,
    early: bytes,
    *,
    transport: str = address.LOCAL,
) -> Response | None:
    """Speaks with a daemon until one side ends it; the refusal if it is not let in.

    Args:
        peers: who is known.
        request: the head of the request.
        stream: the connection.
        early: what came behind the head.
        transport: over what it comes; a code counts where its pairing is alone.
    """
    why = fault_of(request)
    if why:
        return refusal(HTTPStatus.BAD_REQUEST, why)
    token = _bearer(request.headers)
    if token is not None:
        shown = PeerToken(peers.book.tokens, token)
        return await _receive_peer(peers, shown, request, stream, early)
    pairing = peers.pairing
    if pairing is None or not pairing.is_open or pairing.transport != transport:
        return refusal(HTTPStatus.UNAUTHORIZED, "Invalid pairing code")
    line = WebSocketLine(_dispatch(peers), stream, Visitor(), transport=Transport.PEER)
    stream.write(consent(request))
    with anyio.move_on_after(VISIT_S):
        await line.serve(LARGEST, early)
    return None


async def _receive_peer(
    peers: Peers, shown: PeerToken, request: Request, stream: Stream, early: bytes
) -> Response | None:
    daemon_id = await shown.look()
    if not daemon_id:
        return refusal(HTTPStatus.UNAUTHORIZED, "Unauthorized")
    line = WebSocketLine(_dispatch(peers), stream, shown, transport=Transport.PEER)
    stream.write(consent(request))
    peers.lines[line] = daemon_id
    try:
        with anyio.move_on_after(STAY_S):
            await line.serve(LARGEST, early)
    finally:
        del peers.lines[line]
    return None


def _dispatch(peers: Peers) -> Dispatch:
    return Dispatch(peers.node, peers.node.methods)


def refusal(status: HTTPStatus, why: str) -> Response:
    """An answer that says why somebody is not let in."""
    headers = (("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store"))
    return Response(status, headers, why.encode())
