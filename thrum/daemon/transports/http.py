"""HTTP/1.1 as far as pages need it: requests without a body in, answers out, upgrades handed on.

Whoever sends a head too slowly, too much of one, or does not read what was asked for is hung up on.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol

import h11

from thrum.daemon import eventloop
from thrum.daemon.eventloop import Stream

LONGEST_HEAD: Final = 16_384
CHUNK: Final = 65_536

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a connection may take for what, in seconds.

    Attributes:
        head: from the connection, or the answer before, to the end of a request's head.
        reading: for the client to read a part of an answer.
    """

    head: float = 10.0
    reading: float = 10.0


LIMITS: Final = Limits()

logger = logging.getLogger("thrum.web")


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request.

    Attributes:
        target: the path as it was sent, with what stands behind a question mark.
        headers: by their names in lower case; several of one name are joined.
    """

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def wants_upgrade(self) -> bool:
        """Whether it asks to go on by WebSocket."""
        tokens = self.headers.get("connection", "").lower().split(",")
        return (
            self.headers.get("upgrade", "").lower() == "websocket"
            and "upgrade" in [each.strip() for each in tokens]
            and self.method == "GET"
        )


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; its length is said by whoever sends it."""

    status: int
    headers: Headers = ()
    body: bytes = b""


class Site(Protocol):
    """What is behind the address."""

    async def respond(self, request: Request) -> Response:
        """The answer to a request."""
        ...

    async def upgrade(self, request: Request, stream: Stream, early: bytes) -> Response | None:
        """Goes on by WebSocket until its end; the refusal if it does not.

        Args:
            early: what came behind the head.
        """
        ...


async def serve(stream: Stream, site: Site, limits: Limits = LIMITS) -> None:
    """Answers the requests of one connection, in their order, until it ends."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
    while True:
        try:
            async with eventloop.deadline(limits.head):
                request = await _request(connection, stream)
        except h11.RemoteProtocolError as error:
            if connection.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
                await _send(connection, stream, Response(error.error_status_hint), limits)
            return
        except (TimeoutError, ConnectionError):
            return
        if request is None:
            return
        if request.wants_upgrade:
            answer = await site.upgrade(request, stream, connection.trailing_data[0])
            if answer is None:
                return
        else:
            answer = await _answered(site, request)
        is_head = request.method == "HEAD"
        if not await _send(connection, stream, answer, limits, is_head=is_head):
            return


async def _answered(site: Site, request: Request) -> Response:
    try:
        return await site.respond(request)
    except Exception:
        # A defect of ours, or a disk that refuses, is no more than this answer.
        logger.exception("a page could not be answered")
        return Response(HTTPStatus.INTERNAL_SERVER_ERROR)


async def _request(connection: h11.Connection, stream: Stream) -> Request | None:
    """The next request; None at the end of the connection.

    Raises:
        h11.RemoteProtocolError: it is none.
        ConnectionError: the connection broke.
    """
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await stream.some())
    if not isinstance(event, h11.Request):
        return None
    if connection.their_state is h11.SEND_BODY:
        # Without a body this is its end; what comes of one is not read, and the connection ends.
        connection.next_event()
    return _understood(event)


def _understood(event: h11.Request) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in event.headers:
        name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
        between = "; " if name == "cookie" else ", "
        headers[name] = f"{headers[name]}{between}{value}" if name in headers else value
    return Request(event.method.decode("ascii"), event.target.decode("latin-1"), headers)


async def _send(
    connection: h11.Connection,
    stream: Stream,
    answer: Response,
    limits: Limits,
    *,
    is_head: bool = False,
) -> bool:
    """Sends an answer; whether another request may follow on the connection."""
    is_same = answer.status == HTTPStatus.NOT_MODIFIED
    length = () if is_same else (("content-length", str(len(answer.body))),)
    headers = [*answer.headers, *length]
    reason = HTTPStatus(answer.status).phrase
    head = h11.Response(status_code=answer.status, headers=headers, reason=reason)
    stream.write(connection.send(head) or b"")
    body = b"" if is_head or is_same else answer.body
    for begin in range(0, len(body), CHUNK):
        stream.write(connection.send(h11.Data(data=body[begin : begin + CHUNK])) or b"")
        if not await is_read(stream, limits.reading):
            return False
    stream.write(connection.send(h11.EndOfMessage()) or b"")
    try:
        connection.start_next_cycle()
    except h11.LocalProtocolError:
        return False
    return True


async def is_read(stream: Stream, limit_s: float) -> bool:
    """Waits until most of what was written is read; a client that does not is hung up on."""
    try:
        async with eventloop.deadline(limit_s):
            await stream.drain()
    except (TimeoutError, ConnectionError):
        stream.abort()
        return False
    return True
