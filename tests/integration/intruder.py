"""Somebody who reaches an address where peers come to, and means no good; a program of its own.

It is told the host, the port, the token of a peer and how often a law is tried, and prints what
came of each attempt as JSON.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import ExitStack, suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, TextMessage

from tests import websocket
from tests.websocket import Refused, Socket, read_answer, upgrade

LIMIT_S = 30.0
GIANT = 2_000_000


class Intruder:
    """One that knows an address."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self.host = host
        self.port = port
        self.token = token

    def connect(self, port: int = 0, limit: float = LIMIT_S) -> socket.socket:
        """A connection to it, whatever port is named."""
        return socket.create_connection((self.host, self.port), limit)

    def status(self, **headers: str) -> int:
        """The status by which an upgrade is answered."""
        return self.status_of(upgrade(self.port, **headers))

    def status_of(self, head: bytes) -> int:
        with self.connect() as raw, raw.makefile("rb") as stream:
            with suppress(OSError):  # it may be refused before it is read to its end
                raw.sendall(head)
            try:
                return read_answer(stream).status
            except (OSError, IndexError):
                return 0  # cut off, with what was not read yet

    def peer(self) -> Socket:
        return Socket.open(self.port, authorization=f"Bearer {self.token}")

    def giant(self) -> int:
        """The code by which a connection ends whose message is too long."""
        peer = self.peer()
        with suppress(OSError):
            peer.send(TextMessage("x" * GIANT))
        while True:
            event = peer.event()
            if event is None:
                return 0
            if isinstance(event, CloseConnection):
                return int(event.code)

    def asked(self, method: str, **params: Any) -> str:
        """The kind of error that a peer gets."""
        peer = self.peer()
        try:
            return str(peer.refused(method, **params))
        finally:
            peer.close()

    def crowd(self, count: int, begin: bytes) -> str:
        """Whether a peer comes in beside so many that connect, and begin and do not go on."""
        with ExitStack() as crowd:
            for _ in range(count):
                with suppress(OSError):
                    each = crowd.enter_context(self.connect())
                    each.sendall(begin)
            peer = self.peer()
            found = str(peer.call("sync.peer_info")["daemon_id"])
            peer.close()
        return found

    def babble(self, examples: int) -> None:
        """Says anything, at each stage of a connection."""
        frames = st.lists(st.binary(max_size=300), max_size=5)

        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        @given(first=st.binary(max_size=400), stage=st.integers(0, 3), rest=frames)
        def anything(first: bytes, stage: int, rest: list[bytes]) -> None:
            with self.connect() as raw, suppress(OSError):
                raw.settimeout(0.05)
                if stage == 1:
                    raw.sendall(upgrade(self.port, "/ws?pairing_code=1"))
                if stage > 1:
                    raw.sendall(upgrade(self.port, authorization=f"Bearer {self.token}"))
                if stage == 3:
                    first = Connection(ConnectionType.CLIENT).send(TextMessage(first.hex()))
                raw.sendall(first)
                for each in rest:
                    raw.sendall(each)
                raw.recv(65_536)

        anything()


def main(host: str, port: str, token: str, examples: str) -> None:
    """Tries it all."""
    intruder = Intruder(host, int(port), token)
    websocket.connect = intruder.connect
    outcomes: dict[str, Any] = {
        "no token": intruder.status(),
        "a wrong token": intruder.status(authorization=f"Bearer {'0' * 64}"),
        "a code without a pairing": intruder.status(path="/ws?pairing_code=0123456789012345"),
        "a page": intruder.status_of(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()),
        "a long head": intruder.status_of(upgrade(intruder.port, cookie="x" * 200_000)),
        "no HTTP": intruder.status_of(b"SSH-2.0-x\r\n\r\n"),
        "a giant message": intruder.giant(),
        "another's word": intruder.asked("sync.notify", daemon_id="d_forged", latest_seq=1),
        "a huge number": intruder.asked("sync.pull", after_sequence=2**63, scope="all"),
        "another's id": intruder.asked("peer.repair", token="0" * 64, daemon_id="d_forged"),
        "mail": intruder.asked("message.send", content="x", to="@one_lead"),
        "a list": intruder.asked("peer.list"),
    }
    with suppress(Refused):
        outcomes["slow ones"] = intruder.crowd(60, b"GET / HTTP/1.1\r\nX: ")
        outcomes["a thousand"] = intruder.crowd(1_000, b"")
    intruder.babble(int(examples))
    print(json.dumps(outcomes))


if __name__ == "__main__":
    os.chdir("/")
    main(*sys.argv[1:])
