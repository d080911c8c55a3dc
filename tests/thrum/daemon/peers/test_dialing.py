"""Calls to whatever listens: real sockets, and what they say."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage

from thrum.daemon.peers import dialing
from thrum.daemon.peers.dialing import Refused, Unreachable, dialed

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def head(reader: asyncio.StreamReader) -> dict[str, str]:
    """The head of the request, whose first line is under the empty name."""
    text = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = text.strip().split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return {"": first} | {name.lower(): value for name, _, value in pairs}


async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, str]:
    """Shakes hands as a server does."""
    asked = await head(reader)
    magic = asked["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    token = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + token.encode() + b"\r\n\r\n"
    )
    return asked


async def with_server(talk: Talk, act: Callable[[str], Awaitable[None]]) -> None:
    """Does something with the address of a server; all its connections have ended then."""
    talks = set[asyncio.Task[None]]()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.ensure_future(served(reader, writer)))

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        await asyncio.wait_for(act(f"127.0.0.1:{port}"), 20)
    for each in talks:
        each.cancel()
    await asyncio.gather(*talks, return_exceptions=True)


def answering(*events: Event, shown: list[dict[str, str]] | None = None) -> Talk:
    """A server that says these frames to the first request."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await accept(reader, writer)
        if shown is not None:
            shown.append(asked)
        await reader.read(65_536)
        frames = Connection(ConnectionType.SERVER)
        for event in events:
            writer.write(frames.send(event))
        await writer.drain()
        await reader.read(1)
        writer.close()

    return talk


def answer(**about: object) -> TextMessage:
    return TextMessage(json.dumps({"jsonrpc": "2.0", "id": 1, **about}))


def test_what_is_said_comes_back_as_it_was() -> None:
    shown: list[dict[str, str]] = []
    events = (
        TextMessage('{"jsonrpc":"2.0","method":"notification.message"}'),
        Ping(b"x"),
        answer(id=7, result=1),
        TextMessage('{"jsonrpc":"2.0","id":1,"result":', message_finished=False),
        TextMessage('{"b":1,  "a":"ü"}}'),
    )

    async def act(where: str) -> None:
        async with dialed(where, token="s3cret") as line:
            assert bytes(await line.call("sync.pull", {})) == '{"b":1,  "a":"ü"}'.encode()

    asyncio.run(with_server(answering(*events, shown=shown), act))
    assert shown[0]["authorization"] == "Bearer s3cret"
    assert shown[0][""] == "GET /ws HTTP/1.1"


def test_a_refusal_is_told_in_its_words_and_only_in_one_line() -> None:
    said = answer(error={"code": -32601, "message": "no\x1b[31m such\nmethod " + "x" * 999})

    async def act(where: str) -> None:
        async with dialed(where, code="0123") as line:
            with pytest.raises(Refused, match="no") as refused:
                await line.call("sync.pull", {})
        assert refused.value.answered == -32601
        assert refused.value.said.isprintable()
        assert len(refused.value.said) <= 200

    asyncio.run(with_server(answering(said), act))


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (CloseConnection(1013, "too much"), "hung up: too much"),
        (TextMessage("no JSON"), "speaks no JSON-RPC"),
        (TextMessage("[" * 5_000), "speaks no JSON-RPC"),
        (TextMessage("7"), "speaks no JSON-RPC"),
    ],
)
def test_what_is_no_answer(event: Event, why: str) -> None:
    async def act(where: str) -> None:
        async with dialed(where) as line:
            with pytest.raises(Unreachable, match=why):
                await line.call("sync.pull", {})

    asyncio.run(with_server(answering(event), act))


def test_who_says_too_much_or_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialing, "LARGEST", 100)
    monkeypatch.setattr(dialing, "CALL_S", 0.2)

    async def too_much(where: str) -> None:
        async with dialed(where) as line:
            with pytest.raises(Unreachable, match="more than 100"):
                await line.call("sync.pull", {})

    async def nothing(where: str) -> None:
        async with dialed(where) as line:
            with pytest.raises(Unreachable, match=r"does not answer sync\.pull"):
                await line.call("sync.pull", {})

    asyncio.run(with_server(answering(TextMessage("x" * 101)), too_much))
    asyncio.run(with_server(answering(BytesMessage(b"x")), nothing))


@pytest.mark.parametrize(
    ("said", "kind", "why"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nnope", Refused, "nope"),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", Refused, "401"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc", Unreachable, "no WebSocket"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Unreachable, "WebSocket"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Unreachable, "no WebSocket|hung up"),
        (b"", Unreachable, "hung up"),
    ],
)
def test_who_is_no_peer(said: bytes, kind: type[Exception], why: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(said)
        writer.close()

    async def act(where: str) -> None:
        with pytest.raises(kind, match=why):
            async with dialed(where, token="t"):
                pass

    asyncio.run(with_server(talk, act))


def test_nobody_is_there() -> None:
    async def act() -> None:
        with pytest.raises(Unreachable, match="cannot be reached"):
            async with dialed("127.0.0.1:1"):
                pass

    asyncio.run(act())


def test_who_never_shakes_hands_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialing, "CONNECT_S", 0.2)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def act(where: str) -> None:
        with pytest.raises(Unreachable, match="does not answer within"):
            async with dialed(where):
                pass

    asyncio.run(with_server(talk, act))
