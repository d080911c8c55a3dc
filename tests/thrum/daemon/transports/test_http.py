"""HTTP as far as pages need it, by real connections."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, closing
from typing import Any

import pytest

from tests.websocket import connect, fetch, head_of, read_answer, upgrade
from thrum.daemon import eventloop
from thrum.daemon.eventloop import Stream
from thrum.daemon.transports import http
from thrum.daemon.transports.http import Limits, Request, Response

LARGE = b"x" * 3_000_000


class Echo:
    """A site that says what it was asked."""

    async def respond(self, request: Request) -> Response:
        if request.target == "/broken":
            raise OSError("no space left on the device")
        if request.target == "/large":
            return Response(200, (), LARGE)
        status = 304 if request.target == "/same" else 200
        text = f"{request.method} {request.target} {dict(request.headers)}"
        return Response(status, (("x-from", "us"),), text.encode())

    async def upgrade(self, request: Request, stream: Stream, early: bytes) -> Response | None:
        if request.target != "/ws":
            return Response(404)
        stream.write(b"early: " + early)
        return None


@pytest.fixture
def limits() -> Limits:
    """How long connections may take."""
    return Limits(head=20.0, reading=20.0)


@pytest.fixture
def ended() -> list[Stream]:
    """The connections that are done with."""
    return []


@pytest.fixture
def port(limits: Limits, ended: list[Stream]) -> Iterator[int]:
    """Where the site is, by a loop of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    number = listener.getsockname()[1]
    loop, ready = asyncio.new_event_loop(), threading.Event()
    stop = asyncio.Event()

    async def connected(stream: Stream) -> None:
        await http.serve(stream, Echo(), limits)
        ended.append(stream)

    async def serve() -> None:
        how: dict[str, Any] = {"longest": 65_536, "backlog": 64, "end_s": 2.0}
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(eventloop.serving(listener, connected, **how))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    yield number
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    assert not thread.is_alive()
    loop.close()


def test_a_request_is_answered(port: int) -> None:
    answer = fetch(port, "/a?b=c", cookie="a=1")
    assert (answer.status, answer.headers["x-from"]) == (200, "us")
    assert answer.body.startswith(b"GET /a?b=c ")
    assert b"'cookie': 'a=1'" in answer.body


def test_several_are_answered_in_order_on_one_connection(port: int) -> None:
    with connect(port) as raw, raw.makefile("rb") as stream:
        raw.sendall(b"".join(head_of(port, f"/{number}") for number in range(5)))
        bodies = [read_answer(stream).body for _ in range(5)]
    assert [body.split()[1] for body in bodies] == [b"/0", b"/1", b"/2", b"/3", b"/4"]


@pytest.mark.parametrize(("method", "path"), [("HEAD", "/"), ("GET", "/same")])
def test_an_answer_without_a_body_has_none(port: int, method: str, path: str) -> None:
    with connect(port) as raw, raw.makefile("rb") as stream:
        raw.sendall(head_of(port, path, method) + head_of(port, "/next"))
        assert read_answer(stream, is_head=method == "HEAD").body == b""
        assert read_answer(stream).body.startswith(b"GET /next")


def test_what_goes_wrong_inside_is_one_answer(port: int) -> None:
    with connect(port) as raw, raw.makefile("rb") as stream:
        raw.sendall(head_of(port, "/broken") + head_of(port, "/next"))
        assert read_answer(stream).status == 500
        assert read_answer(stream).body.startswith(b"GET /next")


def test_headers_of_one_name_are_one(port: int) -> None:
    with connect(port) as raw, raw.makefile("rb") as stream:
        raw.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nCookie: a=1\r\ncookie: b=2\r\nX-A: 1\r\nx-a: 2\r\n\r\n"
        )
        body = read_answer(stream).body
    assert b"'cookie': 'a=1; b=2'" in body
    assert b"'x-a': '1, 2'" in body


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 70_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_what_is_no_request_ends_the_connection_and_nothing_else(port: int, sent: bytes) -> None:
    with connect(port) as raw, raw.makefile("rb") as stream:
        raw.sendall(sent)
        try:
            assert 400 <= read_answer(stream).status < 600
            assert stream.read() == b""
        except ConnectionError:
            pass  # it was hung up on before it had said all
    assert fetch(port, "/").status == 200


def test_a_body_is_not_waited_for(port: int) -> None:
    with connect(port) as raw, raw.makefile("rb") as stream:
        raw.sendall(head_of(port, "/", "POST", content_length="1000000"))
        assert read_answer(stream).body.startswith(b"POST")
        assert stream.read() == b""


@pytest.mark.parametrize("limits", [Limits(head=0.05)])
@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost:"])
def test_who_does_not_end_a_head_is_hung_up_on(port: int, sent: bytes) -> None:
    with connect(port) as raw:
        raw.sendall(sent)
        assert raw.recv(1000) == b""


@pytest.mark.parametrize("limits", [Limits(reading=0.05)])
def test_who_does_not_read_is_hung_up_on(
    port: int, ended: list[Stream], wait_until: Callable[..., None]
) -> None:
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(20)
    with closing(raw):
        raw.connect(("127.0.0.1", port))
        raw.sendall(head_of(port, "/large") * 5)
        wait_until(lambda: ended)
        got = 0
        try:
            while data := raw.recv(65_536):
                got += len(data)
        except ConnectionError:
            pass
        assert got < 5 * len(LARGE)


@pytest.mark.parametrize(
    ("path", "said"), [("/ws", b"early: \x81\x80"), ("/other", b"HTTP/1.1 404")]
)
def test_an_upgrade_is_handed_on_with_what_came_behind_it(
    port: int, path: str, said: bytes
) -> None:
    with connect(port) as raw:
        raw.sendall(upgrade(port, path) + b"\x81\x80")
        assert raw.recv(1000).startswith(said)


def test_a_program_that_asks_for_another_protocol_gets_this_one(port: int) -> None:
    answer = fetch(port, "/", connection="Upgrade, HTTP2-Settings", upgrade="h2c")
    assert (answer.status, answer.headers["x-from"]) == (200, "us")
