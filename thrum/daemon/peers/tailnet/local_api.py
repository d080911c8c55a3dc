"""The local API of tailscaled: HTTP over its Unix socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import h11
import msgspec

from thrum.daemon import eventloop

HOST: Final = "local-tailscaled.sock"
LIMIT_S: Final = 3.0
LARGEST: Final = 4_194_304
"""Bytes of the longest answer: the status of a tailnet names everybody in it."""


class Unanswered(Exception):
    """The local API does not answer, or otherwise than it should; the text says how."""


async def status(path: Path) -> dict[str, Any]:
    """How tailscaled is.

    Raises:
        Unanswered: it does not say.
    """
    return await _asked(path, "/localapi/v0/status")


async def node_of(path: Path, address: str) -> str:
    """The name of the node that calls from an address, as in ``box.tail1.ts.net``.

    Args:
        path: the socket.
        address: ``ip:port``.

    Raises:
        Unanswered: it does not say, or knows nobody there.
    """
    found = await _asked(path, f"/localapi/v0/whois?addr={quote(address)}")
    node = found.get("Node")
    name = node.get("Name") if isinstance(node, dict) else None
    if not (isinstance(name, str) and name):
        raise Unanswered("tailscaled names no node")
    return "".join(each for each in name if each.isprintable()).rstrip(".")[:253]


async def _asked(path: Path, target: str) -> dict[str, Any]:
    try:
        async with eventloop.deadline(LIMIT_S):
            body = await _body(path, target)
    except TimeoutError:
        raise Unanswered(f"{path} does not answer within {LIMIT_S:g} s") from None
    except OSError as error:
        raise Unanswered(f"{path}: {error.strerror or error}") from None
    except h11.RemoteProtocolError as error:
        raise Unanswered(f"{path} speaks no HTTP: {error}") from None
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unanswered(f"{path} answers otherwise than tailscaled: {error}") from None


async def _body(path: Path, target: str) -> bytes:
    connection = h11.Connection(h11.CLIENT)
    asked = h11.Request(method="GET", target=target, headers=[("host", HOST)])
    stream = await eventloop.dial_unix(path)
    try:
        stream.write(connection.send(asked) or b"")
        stream.write(connection.send(h11.EndOfMessage()) or b"")
        body = bytearray()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await stream.some())
            elif isinstance(event, h11.Response) and event.status_code != 200:
                raise Unanswered(f"{path} answers {event.status_code}")
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > LARGEST:
                    raise Unanswered(f"{path} answers more than {LARGEST:,} bytes")
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                return bytes(body)
    finally:
        stream.close()
