"""A program that speaks to the daemon by HTTP and WebSocket; it blocks, and gives up in time."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Event, Message, Ping, TextMessage

from tests.asking import Asking

LIMIT_S = 20.0
"""After which a test fails that would hang."""


@dataclass(frozen=True)
class Answer:
    """An answer by HTTP; `headers` by names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def connect(port: int, limit: float = LIMIT_S) -> socket.socket:
    """A connection to this machine."""
    return socket.create_connection(("127.0.0.1", port), limit)


def head_of(port: int, path: str, method: str = "GET", **headers: str) -> bytes:
    """The head of a request; a header's underscores are dashes, and an empty one is left out."""
    told = {"host": f"localhost:{port}", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in told.items() if value]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()


def read_answer(stream: Any, *, is_head: bool = False) -> Answer:
    """The next answer on a connection."""
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    length = 0 if is_head or status in {101, 304} else int(headers.get("content-length", 0))
    return Answer(status, headers, stream.read(length))


def fetch(port: int, path: str, method: str = "GET", **headers: str) -> Answer:
    """What is answered to a request."""
    with connect(port) as raw, raw.makefile("rb") as stream:
        raw.sendall(head_of(port, path, method, **headers))
        return read_answer(stream, is_head=method == "HEAD")


def upgrade(port: int, path: str = "/ws", **headers: str) -> bytes:
    """The head of a request to go on by WebSocket."""
    asked = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec_websocket_version": "13",
        "sec_websocket_key": base64.b64encode(os.urandom(16)).decode(),
    }
    return head_of(port, path, **{**asked, **headers})


class Refused(Exception):
    """The daemon does not go on by WebSocket."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


@dataclass
class Socket(Asking):
    """One connection that speaks in frames."""

    raw: socket.socket
    frames: Connection = field(default_factory=lambda: Connection(ConnectionType.CLIENT))
    pushes: list[Any] = field(default_factory=list)
    answers_pings: bool = True
    _events: list[Event] = field(default_factory=list)
    _text: str = ""
    _number: int = 0

    @classmethod
    def open(cls, port: int, path: str = "/ws", **headers: str) -> Socket:
        """A new connection.

        Raises:
            Refused: there is none.
        """
        raw = connect(port)
        raw.sendall(upgrade(port, path, **headers))
        with raw.makefile("rb", buffering=0) as stream:
            answer = read_answer(stream)
        if answer.status != 101:
            raw.close()
            raise Refused(answer)
        return cls(raw)

    def send(self, event: Event) -> None:
        """Sends a frame."""
        self.raw.sendall(self.frames.send(event))

    def write(self, method: str, /, **params: Any) -> int:
        """Sends a request; its id."""
        self._number += 1
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        self.send(TextMessage(json.dumps(request)))
        return self._number

    def event(self) -> Event | None:
        """The next frame; None at the end of the connection."""
        while not self._events:
            try:
                data = self.raw.recv(65_536)
            except ConnectionError:
                return None
            if not data:
                return None
            self.frames.receive_data(data)
            self._events += self.frames.events()
        return self._events.pop(0)

    def read(self) -> Any:
        """As `heard`, of answers alone; pushes meanwhile are kept."""
        while isinstance(found := self.heard(), dict) and "method" in found:
            self.pushes.append(found)
        return found

    def told(self, method: str) -> Any:
        """What the next push of that kind says; others are dropped."""
        while True:
            push = self.pushes.pop(0) if self.pushes else self.heard()
            assert isinstance(push, dict), push
            if push.get("method") == method:
                return push["params"]

    def heard(self) -> Any:
        """The next message; the code with which the daemon took leave; None at a bare end."""
        while (event := self.event()) is not None:
            if isinstance(event, Message):
                self._text += event.data if isinstance(event.data, str) else event.data.decode()
                if event.message_finished:
                    text, self._text = self._text, ""
                    return json.loads(text)
            elif isinstance(event, CloseConnection):
                return event.code
            elif isinstance(event, Ping) and self.answers_pings:
                self.send(event.response())
        return None

    def ask(self, method: str, /, **params: Any) -> Any:
        """The whole answer to a request; pushes meanwhile are kept."""
        number = self.write(method, **params)
        while True:
            answer = self.heard()
            assert isinstance(answer, dict), answer
            if answer.get("id") == number:
                return answer
            self.pushes.append(answer)

    def close(self) -> None:
        """Hangs up without a word."""
        self.raw.close()


def come_in(port: int, url: str) -> str:
    """Goes where a link leads; the cookie, as a browser shows it from then on."""
    answer = fetch(port, url[url.index("/login") :])
    assert answer.status == 303, answer
    return answer.headers["set-cookie"].partition(";")[0]


ORPHAN = """
import json, os, socket, sys
if os.fork():
    sys.exit()
os.chdir("/")
daemon = socket.socket(socket.AF_UNIX)
daemon.connect(sys.argv[1])
daemon.sendall(b'{"jsonrpc":"2.0","id":1,"method":"user.link"}\\n')
print(daemon.makefile().readline(), flush=True)
"""
"""A process of a terminal of its own, whoever runs the tests: an agent's program gets no link."""


def link(daemon: Path) -> str:
    """A link for the person at this machine.

    Args:
        daemon: its Unix socket.
    """
    command = [sys.executable, "-c", ORPHAN, str(daemon)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LIMIT_S)
    url: str = json.loads(said.stdout)["result"]["url"]
    return url
