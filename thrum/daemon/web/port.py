"""Where pages are served: which port, and that nobody else gets it meanwhile.

The port is bound once and stays so; nothing is tried out, closed and opened again. Both of this
machine's own addresses are taken together: what is ``localhost`` to a browser shall be us,
whichever of them it tries.
"""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from thrum.errors import ThrumError

AUTO: Final = "auto"
USUAL: Final = 9999
BACKLOG: Final = 256
TRIES: Final = 20
"""How many ports of the system's choice are tried until one is free at both addresses."""

_NO_SUCH_ADDRESS: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}
"""What a machine without IPv6 says."""


class Listening(Struct, frozen=True):
    """A port that is ours.

    Attributes:
        sockets: one for each address.
    """

    port: int
    sockets: tuple[socket.socket, ...]

    @property
    def address(self) -> str:
        """What people type."""
        return f"http://localhost:{self.port}"

    def close(self) -> None:
        """Gives it back."""
        for each in self.sockets:
            each.close()


def listen(wanted: str, before: int) -> Listening:
    """Takes the port that is asked for, else the one of before, else the usual, else any.

    Args:
        wanted: a number, or ``auto``.
        before: the port of the last time; 0 if there was none.

    Raises:
        ThrumError: ``config``, the number is none; ``system``, the port that is asked for is
            another's, or there is none.
    """
    number = wanted_number(wanted)
    if number:
        return _at(number)
    for port in (before, USUAL):
        if port:
            with suppress(ThrumError):
                return _at(port)
    for _ in range(TRIES - 1):
        with suppress(ThrumError):
            return _at(0)
    return _at(0)


def wanted_number(text: str) -> int:
    """The port that is asked for; 0 if that is left open.

    Raises:
        ThrumError: ``config``, it is none.
    """
    return 0 if text.strip().lower() in {"", AUTO} else _number(text)


def remembered(path: Path) -> int:
    """The port that a file names; 0 if it names none."""
    try:
        return _number(path.read_text())
    except (OSError, ValueError, ThrumError):
        return 0


def _number(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not 0 < port < 65536:
        raise ThrumError("config", f"{text.strip()[:40]!r} is no port", "name one, or auto")
    return port


def _at(port: int) -> Listening:
    """Takes a port at both addresses; 0 for any.

    Raises:
        ThrumError: ``system``.
    """
    found = [_bound(socket.AF_INET, "127.0.0.1", port)]
    number = int(found[0].getsockname()[1])
    try:
        found.append(_bound(socket.AF_INET6, "::1", number))
    except ThrumError as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno not in _NO_SUCH_ADDRESS:
            found[0].close()
            raise
    return Listening(number, tuple(found))


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    try:
        made = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _refused(address, port, error) from error
    try:
        # A port whose connections have ended a moment ago is free; one that is listened at is not.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError as error:
        made.close()
        raise _refused(address, port, error) from error
    return made


def _refused(address: str, port: int, error: OSError) -> ThrumError:
    text = f"port {port} of {address} cannot be served: {error.strerror or error}"
    return ThrumError("system", text, "name another in daemon.ws_port, or auto")
