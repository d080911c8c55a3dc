"""The peercode: what one person reads out to another so that their daemons find each other.

``NAME:IP:PORT:CODE``, as older programs write it: the name of the daemon's host, where it listens,
and sixteen digits that count once.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from thrum.errors import ThrumError

DIGITS: Final = 16
_WANTED: Final = "a peercode is NAME:IP:PORT:CODE, as `thrum peer add` prints it"


class Peercode(Struct, frozen=True):
    """A peercode, taken apart.

    Attributes:
        name: what the daemon's host is called; for people.
        address: ``ip:port``.
        code: the digits; a secret as long as the pairing lasts.
    """

    name: str
    address: str
    code: str

    def text(self) -> str:
        """As it is read out."""
        return f"{self.name}:{self.address}:{self.code}"


def parse(text: str) -> Peercode:
    """Takes a peercode apart.

    Raises:
        ThrumError: ``invalid_params``; the text itself is never part of the message, for most of it
            may be right.
    """
    parts = text.strip().rsplit(":", 3)
    if len(parts) != 4 or not all(parts):
        raise ThrumError("invalid_params", "this is no peercode", _WANTED)
    name, host, port, code = parts
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        raise ThrumError("invalid_params", "its address is no IPv4 address", _WANTED) from None
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ThrumError("invalid_params", "its port is no number from 1 to 65535", _WANTED)
    if not (code.isascii() and code.isdigit()):
        raise ThrumError("invalid_params", "its code is no row of digits", _WANTED)
    return Peercode(name, f"{host}:{int(port)}", code)


def draw(random: Callable[[int], bytes]) -> str:
    """New digits.

    Args:
        random: gives that many random bytes.
    """
    # Sixteen bytes for sixteen digits: that some come up more often than others is not measurable.
    return str(int.from_bytes(random(16)) % 10**DIGITS).zfill(DIGITS)
