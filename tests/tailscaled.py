"""A local API of tailscaled, with recorded answers, served on a Unix socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

STATUS = {
    "Version": "1.76.6-t1edcf9d46-g1d4fd2ec8",
    "TUN": True,
    "BackendState": "Running",
    "HaveNodeKey": True,
    "AuthURL": "",
    "TailscaleIPs": ["100.64.0.7", "fd7a:115c:a1e0::7"],
    "Self": {
        "ID": "n1",
        "HostName": "box",
        "DNSName": "box.tail1.ts.net.",
        "OS": "linux",
        "TailscaleIPs": ["fd7a:115c:a1e0::7", "100.64.0.7"],
        "Online": True,
    },
    "Health": [],
    "MagicDNSSuffix": "tail1.ts.net",
    "Peer": None,
}
WHOIS = {
    "Node": {"ID": 2, "Name": "desk.tail1.ts.net.", "Addresses": ["100.64.0.7/32"]},
    "UserProfile": {"ID": 3, "LoginName": "max@example.com", "DisplayName": "Max"},
    "CapMap": None,
}


def answer(body: bytes, status: str = "200 OK") -> bytes:
    """As it is sent."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


def recorded(target: str) -> bytes:
    """What tailscaled says to a target."""
    found: dict[str, Any] = {"status": STATUS, "whois": WHOIS}
    name = target.partition("?")[0].rsplit("/", 1)[-1]
    if name not in found:
        return answer(b"404 page not found\n", "404 Not Found")
    return answer(json.dumps(found[name]).encode())


@contextmanager
def served(path: Path, say: Any = recorded) -> Iterator[list[str]]:
    """Serves it for the length of the context; the heads of what was asked.

    Args:
        path: the socket.
        say: what is answered to a target; nothing at all where that is None.
    """
    asked: list[str] = []
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                with line:
                    head = line.recv(65_536).decode()
                    asked.append(head)
                    said = say(head.split(" ")[1])
                    if said is not None:
                        line.sendall(said)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
