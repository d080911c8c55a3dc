"""The Unix socket: connections, their bounds, and the kernel's word for who is at the other end.

Requests of one connection are answered in their order; a client may send many before it reads. A
connection that asks for too much, says nothing for minutes (unless it listens) or does not read its
answers is closed.
"""

from __future__ import annotations

import errno
import logging
import math
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from thrum import access, platform
from thrum.daemon import eventloop
from thrum.daemon.callers.authenticators import KernelCredentials
from thrum.daemon.callers.resolver import Resolver
from thrum.daemon.eventloop import Stream
from thrum.daemon.rpc import protocol
from thrum.daemon.rpc.dispatch import Dispatch
from thrum.daemon.rpc.registry import Transport
from thrum.errors import ThrumError
from thrum.identity.process import Process

BACKLOG: Final = 256
END_S: Final = 2.0

GONE: Final = Process(0, 0, "", "")
"""Who ended before the connection was accepted: no process that runs is ever equal to it."""

logger = logging.getLogger("thrum.socket")


class Limits(Struct, frozen=True):
    """How long a connection may take for what, in seconds, and how much it may leave unread.

    Attributes:
        idle: for the client to send a whole line, unless pushes are due on the connection.
        reading: for the client to read an answer.
        unread: bytes of pushes that may lie unread before the client is hung up on.
    """

    idle: float = 300.0
    reading: float = 10.0
    unread: int = 4_194_304


LIMITS: Final = Limits()


class UnixLine:
    """One connection."""

    transport = Transport.UNIX

    def __init__(self, dispatch: Dispatch, stream: Stream, limits: Limits) -> None:
        self.dispatch = dispatch
        self.stream = stream
        self.limits = limits
        self.bound = limits.unread
        self.closing = False
        self.on_close: list[Callable[[], None]] = []
        self.authenticator = self._peer(dispatch.node.resolver)
        dispatch.node.inherited.called_by(self.authenticator.pid)

    def _peer(self, resolver: Resolver) -> KernelCredentials:
        """The process that opened the connection: its number, and as it is now."""
        raw = self.stream.socket()
        try:
            pid = platform.peer_pid(raw)
            if pid == 0:
                return KernelCredentials(resolver, 0, None)
            found = resolver.look(pid)
            # Asked last: if the one that connected runs now, it is the one that was looked at.
            gone = found is None or platform.peer_lives(raw) is False
            return KernelCredentials(resolver, pid, GONE if gone else found)
        except OSError as error:
            # macOS does not tell of a client that hung up already, though its request is here.
            gone = error.errno in {errno.ENOTCONN, errno.EINVAL}
            return KernelCredentials(resolver, 0, GONE if gone else None)
        finally:
            raw.detach()

    @property
    def patience_s(self) -> float:
        """How long it may say nothing: for ever while it listens, for then it has nothing to say.

        The kernel tells when its process ends, so nothing is kept open in vain.
        """
        return math.inf if self.on_close else self.limits.idle

    def push(self, line: bytes) -> None:
        """Queues a line; a client that does not read is hung up on."""
        if self.closing:
            return
        self.stream.write(line)
        if self.stream.unsent > self.bound:
            pid = self.authenticator.pid
            logger.warning("process %s does not read its answers; hanging up", pid)
            self.abort()

    def abort(self) -> None:
        """Ends the connection at once."""
        self.closing = True
        self.stream.abort()

    def is_gone(self) -> bool:
        """Whether the client closed the connection, not only its own direction of it."""
        return self.stream.is_hung_up()

    async def serve(self, largest: int) -> None:
        """Answers requests until the client hangs up, falls silent or breaks a bound."""
        while not self.closing:
            try:
                line = await self.stream.line(self.patience_s)
            except eventloop.TooLong:
                text = f"a request line is longer than {largest:,} bytes"
                hint = "send less at once, or raise daemon.max_request_bytes"
                self.push(protocol.failure(b"", ThrumError("too_large", text, hint)))
                return
            except ConnectionError:
                return
            if not line:
                return
            await self._send(await self.dispatch.answer(line, self))

    async def _send(self, answer: bytes) -> None:
        """Sends an answer, however long it is, to a client that reads it."""
        # An answer was asked for; only what comes unasked counts as left unread.
        self.bound = self.limits.unread + len(answer)
        self.push(answer)
        if self.stream.unsent:
            try:
                async with eventloop.deadline(self.limits.reading):
                    await self.stream.drain()
            except (TimeoutError, ConnectionError):
                self.abort()
        self.bound = self.limits.unread


@asynccontextmanager
async def serve_unix(
    dispatch: Dispatch, path: Path, limits: Limits = LIMITS
) -> AsyncIterator[None]:
    """Serves the socket at the path for the length of the context.

    Raises:
        OSError: the path cannot be bound.
        ThrumError: ``sandbox`` or ``system``, this process is kept from it.
    """
    config = dispatch.node.config
    largest = int(config.get("daemon.max_request_bytes"))
    most = int(config.get("daemon.max_connections"))
    lines: set[UnixLine] = set()

    async def connected(stream: Stream) -> None:
        if len(lines) >= most:
            error = ThrumError("busy", f"{most} connections are open already", "try again soon")
            stream.write(protocol.failure(b"", error))
            return
        line = UnixLine(dispatch, stream, limits)
        lines.add(line)
        try:
            await line.serve(largest)
        finally:
            line.closing = True
            lines.discard(line)
            for left in line.on_close:
                left()

    try:
        listener = platform.bind_unix(path)
    except OSError as error:
        raise access.to_socket(error, path) or error from error
    bound = path.stat()
    try:
        async with eventloop.serving(
            listener, connected, longest=largest, backlog=BACKLOG, end_s=END_S
        ):
            yield
    finally:
        # The folder may have gone, and another daemon's socket may be at the path by now.
        with suppress(FileNotFoundError, NotADirectoryError):
            if os.path.samestat(bound, path.stat()):
                path.unlink()
