"""WebSocket: frames in and out, their bounds, and the end of a connection with a word why.

Requests of one connection are worked on beside each other, up to a bound; then no more is read
until one is answered. An answer waits until the client reads; what comes unasked may lie unread up
to a bound, above which the client is hung up on rather than told less than all.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Generic, TypeVar

import anyio
from anyio.abc import TaskGroup
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Event, Message, Ping, TextMessage
from wsproto.utilities import LocalProtocolError, generate_accept_token

from thrum.daemon import eventloop
from thrum.daemon.callers.authenticators import Speaker
from thrum.daemon.eventloop import Stream
from thrum.daemon.rpc import batch
from thrum.daemon.rpc.dispatch import Dispatch
from thrum.daemon.rpc.registry import Transport
from thrum.daemon.transports.http import Request

S = TypeVar("S", bound=Speaker)

VERSION: Final = "13"
LONGEST_REASON: Final = 123
"""Bytes; the protocol has no room for more."""

logger = logging.getLogger("thrum.websocket")


class Code(IntEnum):
    """Why a connection is closed."""

    GOING_AWAY = 1001
    NOT_ALLOWED = 1008
    TOO_BIG = 1009
    TRY_AGAIN = 1013


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may take.

    Attributes:
        reading: seconds for the client to read an answer.
        closing: seconds for the client to take leave.
        unread: bytes of pushes that may lie unread before the client is hung up on.
        at_once: requests that are worked on beside each other.
        stranger: bytes of a message from who is nobody yet, and that may lie unread with it: enough
            to show a token.
    """

    reading: float = 10.0
    closing: float = 5.0
    unread: int = 4_194_304
    at_once: int = 32
    stranger: int = 65_536


LIMITS: Final = Limits()


def fault_of(request: Request) -> str:
    """What keeps a request from being one to go on by WebSocket; empty if nothing does."""
    if request.headers.get("sec-websocket-version") != VERSION:
        return "the version of WebSocket is not 13"
    try:
        key = base64.b64decode(request.headers.get("sec-websocket-key", ""), validate=True)
    except ValueError:  # no base64, or not even ASCII
        key = b""
    return "" if len(key) == 16 else "Sec-WebSocket-Key is missing or wrong"


def consent(request: Request) -> bytes:
    """The answer after which both sides speak in frames; nothing is ever compressed."""
    token = generate_accept_token(request.headers["sec-websocket-key"].encode())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n"
    )


class WebSocketLine(Generic[S]):
    """One connection that speaks in frames.

    Args:
        dispatch: answers requests.
        stream: the connection, after the consent.
        authenticator: knows who is at its other end.
        limits: what it may take.
        transport: which methods are served there.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        stream: Stream,
        authenticator: S,
        limits: Limits = LIMITS,
        transport: Transport = Transport.WEBSOCKET,
    ) -> None:
        self.transport = transport
        self.dispatch = dispatch
        self.stream = stream
        self.authenticator = authenticator
        self.limits = limits
        self.closing = False
        self.on_close: list[Callable[[], None]] = []
        self._frames = Connection(ConnectionType.SERVER)
        self._message = bytearray()
        self._owed = 0
        self._is_pinged = False
        self._is_held = False
        self._sending = anyio.Lock()
        self._working = anyio.Semaphore(limits.at_once)

    # -- out --

    def push(self, line: bytes) -> None:
        """Queues a message; a client that does not read is hung up on."""
        if self.closing:
            return
        self._write(TextMessage(line.rstrip(b"\n").decode()))

    def abort(self) -> None:
        """Hangs up, so that the client knows that it missed something."""
        self.close(Code.TRY_AGAIN, "something was missed; connect again")

    def close(self, code: int, reason: str) -> None:
        """Takes leave; a client that does not answer in time is cut off."""
        if self.closing:
            return
        self.closing = True
        self._write(CloseConnection(code, reason.encode()[:LONGEST_REASON].decode(errors="ignore")))
        self.stream.abort_in(self.limits.closing)

    def refuse(self, reason: str) -> None:
        """Closes the connection of who may not stay."""
        self.close(Code.NOT_ALLOWED, reason)

    def is_gone(self) -> bool:
        """Whether nobody is there any more to read an answer."""
        return self.closing or self.stream.is_closing

    def ping(self) -> None:
        """Asks whether the client lives; one that said nothing since the last time is cut off.

        Of one whose requests wait for others of its own nothing was read since.
        """
        if self._is_pinged and not self._is_held:
            self.closing = True
            self.stream.abort()
        elif not self.closing:
            self._is_pinged = True
            self._write(Ping())

    def _write(self, event: Event) -> None:
        try:
            self.stream.write(self._frames.send(event))
        except LocalProtocolError:
            # The client took leave first, and hears nothing more.
            self.closing = True
        if self.stream.unsent > self._most_unread + self._owed and not self.closing:
            logger.warning("a WebSocket client does not read what it is told; hanging up")
            self.close(Code.TRY_AGAIN, "too much lies unread")

    @property
    def _most_unread(self) -> int:
        is_stranger = self.authenticator.is_stranger
        return self.limits.stranger if is_stranger else self.limits.unread

    async def _send(self, answer: bytes) -> None:
        """Sends an answer, however long it is, to a client that reads it."""
        async with self._sending:
            # An answer was asked for; only what comes unasked counts as left unread.
            self._owed = len(answer)
            self.push(answer)
            if self.stream.unsent:
                try:
                    async with eventloop.deadline(self.limits.reading):
                        await self.stream.drain()
                except TimeoutError:
                    self.close(Code.TRY_AGAIN, "an answer is not read")
                except ConnectionError:
                    self.closing = True
            self._owed = 0

    # -- in --

    async def serve(self, largest: int, early: bytes) -> None:
        """Answers requests until the client goes or breaks a bound.

        Args:
            largest: bytes of the longest message.
            early: frames that came already.
        """
        try:
            async with anyio.create_task_group() as tasks:
                # Inside of the group, which would pack the error into one of its own.
                with suppress(ConnectionError):
                    await self._take(early, largest, tasks)
                    while not self.stream.is_closing and (data := await self.stream.some()):
                        await self._take(data, largest, tasks)
                tasks.cancel_scope.cancel()
        finally:
            # Also where the daemon stops.
            self.close(Code.GOING_AWAY, "the daemon stops")

    async def _take(self, data: bytes, largest: int, tasks: TaskGroup) -> None:
        """Takes in what came; after the leave-taking only the client's own counts."""
        # Whatever it is, it comes from somebody who lives: a pong may lie behind many requests.
        self._is_pinged = False
        self._frames.receive_data(data)
        for event in self._frames.events():
            if isinstance(event, CloseConnection):
                self._end(event)
                return
            if self.closing:
                continue
            if isinstance(event, Ping):
                self._write(event.response())
            elif isinstance(event, Message):
                await self._hear(event, largest, tasks)

    async def _hear(self, part: Message[Any], largest: int, tasks: TaskGroup) -> None:
        """Puts the parts of a message together, and has it answered."""
        if self.authenticator.is_stranger:
            largest = min(largest, self.limits.stranger)
        is_text = isinstance(part, TextMessage)
        self._message += part.data.encode() if is_text else bytes(part.data)
        if len(self._message) > largest:
            self._message.clear()
            self.close(Code.TOO_BIG, f"a message is longer than {largest:,} bytes")
        elif part.message_finished:
            message = bytes(self._message)
            self._message.clear()
            self._is_held = True
            await self._working.acquire()
            self._is_held = False
            tasks.start_soon(self._answer, message)

    async def _answer(self, message: bytes) -> None:
        try:
            await self._send(await batch.answer(self.dispatch, message, self))
        finally:
            self._working.release()

    def _end(self, event: CloseConnection) -> None:
        """The client takes leave, answers ours, or sent what is no frame."""
        if not self.closing:
            self.closing = True
            self._write(event.response())
        self.stream.close()
