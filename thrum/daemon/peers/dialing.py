"""Calling a peer: a WebSocket to its address, and requests over it, one after the other."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeVar

import msgspec
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.utilities import RemoteProtocolError

from thrum.daemon import eventloop
from thrum.daemon.eventloop import Stream
from thrum.daemon.peers import address
from thrum.errors import ThrumError

CONNECT_S: Final = 5.0
CALL_S: Final = 30.0
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of the longest answer: a thousand events of the longest kind."""

T = TypeVar("T")

_UNAUTHORIZED: Final = 401
_LONGEST_REASON: Final = 200


class Unreachable(Exception):
    """Nobody answers there; the text says why."""


class Refused(ThrumError):
    """The peer answered, and would not.

    Attributes:
        said: its own words.
        code: its JSON-RPC code; 0 if the connection itself was refused.
    """

    def __init__(self, where: str, said: str, answered: int) -> None:
        said = "".join(each if each.isprintable() else " " for each in said)[:_LONGEST_REASON]
        super().__init__("not_allowed", f"{where} refused: {said}")
        self.said = said
        self.answered = answered


class _Answer(msgspec.Struct):
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: dict[str, Any] | None = None


class PeerLine:
    """An open connection to a peer. Use `dialed` or `dial`.

    Attributes:
        where: ``host:port``.
        patience_s: seconds that the next answer may take; those after it may take `CALL_S`.
    """

    def __init__(self, where: str, stream: Stream, connection: WSConnection) -> None:
        self.where = where
        self.patience_s = CALL_S
        self._stream = stream
        self._connection = connection
        self._ids = itertools.count(1)
        self._text: list[str] = []
        self._size = 0

    async def call(self, method: str, params: object) -> msgspec.Raw:
        """Asks for something; the answer's result as it came.

        Raises:
            Refused: the peer says no.
            Unreachable: it does not answer, or what it says is no answer.
        """
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        self._write(TextMessage(msgspec.json.encode(request).decode()))
        try:
            async with eventloop.deadline(self.patience_s):
                answer = await self._answer_to(request["id"], method)
        except TimeoutError:
            raise Unreachable(f"{self.where} does not answer {method}") from None
        self.patience_s = CALL_S
        return answer

    async def told(self, method: str, params: object, kind: type[T]) -> T:
        """The same, as what it should be.

        Raises:
            Refused: the peer says no.
            Unreachable: as `call`, or it is no such answer.
        """
        raw = await self.call(method, params)
        try:
            return msgspec.json.decode(raw, type=kind)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Unreachable(f"{self.where} answers otherwise than a peer: {error}") from None

    async def _answer_to(self, number: object, method: str) -> msgspec.Raw:
        while True:
            text = await self._message()
            try:
                answer = msgspec.json.decode(text, type=_Answer)
            except (msgspec.DecodeError, RecursionError):
                raise Unreachable(f"{self.where} speaks no JSON-RPC") from None
            if answer.id != number:
                continue  # it is told unasked, or answers what we gave up on
            if answer.error is not None:
                said, code = str(answer.error.get("message") or ""), answer.error.get("code")
                raise Refused(self.where, said, code if isinstance(code, int) else 0)
            return answer.result

    async def _message(self) -> str:
        """The next whole message."""
        while True:
            for event in self._connection.events():
                if isinstance(event, CloseConnection):
                    raise Unreachable(f"{self.where} hung up: {event.reason or event.code}")
                if isinstance(event, Ping):
                    self._write(event.response())
                if isinstance(event, TextMessage):
                    self._size += len(event.data)
                    if self._size > LARGEST:
                        raise Unreachable(f"{self.where} says more than {LARGEST:,} characters")
                    self._text.append(event.data)
                    if event.message_finished:
                        text, self._text, self._size = "".join(self._text), [], 0
                        return text
            await self._read()

    async def open(self, target: str, headers: list[tuple[bytes, bytes]]) -> None:
        """Shakes hands.

        Raises:
            Refused: the peer does not let us in.
            Unreachable: there is no WebSocket.
        """
        self._write(Request(host=self.where, target=target, extra_headers=headers))
        status, body = 0, b""
        while True:
            for event in self._connection.events():
                if isinstance(event, AcceptConnection):
                    return
                if isinstance(event, RejectConnection):
                    status = event.status_code
                    if not event.has_body:
                        raise self._rejected(status, b"")
                if isinstance(event, RejectData):
                    body += event.data[: LARGEST - len(body)]
                    if event.body_finished:
                        raise self._rejected(status, body)
            await self._read()

    def _rejected(self, status: int, body: bytes) -> Exception:
        said = body.decode(errors="replace").strip() or str(status)
        if status == _UNAUTHORIZED:
            return Refused(self.where, said, 0)
        return Unreachable(f"{self.where} has no WebSocket for peers: {said[:_LONGEST_REASON]}")

    def _write(self, event: Any) -> None:
        self._stream.write(self._connection.send(event))

    async def _read(self) -> None:
        try:
            data = await self._stream.some()
            if not data:
                raise Unreachable(f"{self.where} hung up")
            self._connection.receive_data(data)
        except RemoteProtocolError as error:
            raise Unreachable(f"{self.where} speaks no WebSocket: {error}") from None
        except OSError as error:
            raise Unreachable(f"{self.where} cannot be reached: {error}") from None

    def give_up(self) -> None:
        """Ends it at once, and with it what is waited for."""
        self._stream.abort()

    def leave(self) -> None:
        """Takes leave, and waits for nothing."""
        with suppress(Exception):  # it may be in any state by now
            self._write(CloseConnection(1000))
        self._stream.close()


async def dial(where: str, *, token: str = "", code: str = "") -> PeerLine:
    """An open connection to a peer; whoever gets it has it leave.

    Args:
        where: ``host:port``.
        token: the peer's; shown where there is one.
        code: of a pairing, instead.

    Raises:
        Unreachable: nobody is there, or who is there speaks otherwise.
        Refused: we are not let in.
    """
    try:
        async with eventloop.deadline(CONNECT_S):
            return await _shaken_hands(where, token, code)
    except TimeoutError:
        raise Unreachable(f"{where} does not answer within {CONNECT_S:g} s") from None
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{where} cannot be reached: {error}") from None


async def _shaken_hands(where: str, token: str, code: str) -> PeerLine:
    stream = await eventloop.dial(*address.split(where))
    line = PeerLine(where, stream, WSConnection(ConnectionType.CLIENT))
    headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
    try:
        await line.open(f"/ws?pairing_code={code}" if code else "/ws", headers)
    except BaseException:
        line.leave()
        raise
    return line


@asynccontextmanager
async def dialed(where: str, *, token: str = "", code: str = "") -> AsyncIterator[PeerLine]:
    """An open connection to a peer, for the length of the context; see `dial`."""
    line = await dial(where, token=token, code=code)
    try:
        yield line
    finally:
        line.leave()
