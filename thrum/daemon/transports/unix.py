"""The Unix socket: connections, deadlines and bounds around the protocol.

Requests of one connection are answered in their order; a client may send many before it reads. A
connection that asks for too much, says nothing for minutes or does not read its answers is closed.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import select
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum import platform
from thrum.daemon.callers.caller import Resolver, State
from thrum.daemon.rpc import protocol
from thrum.daemon.rpc.methods import METHODS
from thrum.daemon.rpc.registry import Call, Transport, admit, check_needed, check_transport, lookup
from thrum.daemon.services import Services
from thrum.errors import ThrumError
from thrum.identity.process import Process

BACKLOG: Final = 256
END_S: Final = 2.0
LOOK_S: Final = 1.0
"""How often it is looked whether the client of a long wait is still there."""

GONE: Final = Process(0, 0, "", "")
"""Who ended before the connection was accepted: no process that runs is ever equal to it."""

log = logging.getLogger("thrum.socket")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a connection may take for what, in seconds, and how much it may leave unread.

    Attributes:
        handler: for a method to end.
        long_poll: the same for a method that waits for something to happen.
        idle: for the client to send a whole line.
        reading: for the client to read an answer.
        unread: bytes of pushes that may lie unread before the client is hung up on.
    """

    handler: float = 10.0
    long_poll: float = 360.0
    idle: float = 300.0
    reading: float = 10.0
    unread: int = 4_194_304


LIMITS: Final = Limits()


class Line:
    """One connection."""

    def __init__(
        self,
        services: Services,
        resolver: Resolver,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limits: Limits,
    ) -> None:
        self.limits = limits
        self.bound = limits.unread
        self.services = services
        self.resolver = resolver
        self.reader = reader
        self.writer = writer
        self.closing = False
        self.on_close: list[Callable[[], None]] = []
        self.pid, self.opener = self._peer()

    def _peer(self) -> tuple[int, Process | None]:
        """The process that opened the connection: its number, and as it is now."""
        connection = self.writer.get_extra_info("socket")
        raw = socket.socket(fileno=connection.fileno())
        try:
            pid = platform.peer_pid(raw)
            if pid == 0:
                return 0, None
            found = self.resolver.look(pid)
            # Asked last: if the one that connected runs now, it is the one that was looked at.
            gone = found is None or platform.peer_lives(raw) is False
            return pid, GONE if gone else found
        except OSError as error:
            # macOS does not tell of a client that hung up already, though its request is here.
            return 0, GONE if error.errno in {errno.ENOTCONN, errno.EINVAL} else None
        finally:
            raw.detach()

    def push(self, line: bytes) -> None:
        """Queues a line; a client that does not read is hung up on."""
        if self.closing:
            return
        self.writer.write(line)
        if self.writer.transport.get_write_buffer_size() > self.bound:
            log.warning("process %s does not read its answers; hanging up", self.pid)
            self.abort()

    def abort(self) -> None:
        """Ends the connection at once."""
        self.closing = True
        self.writer.transport.abort()

    async def serve(self, largest: int) -> None:
        """Answers requests until the client hangs up, falls silent or breaks a bound."""
        while not self.closing:
            try:
                async with asyncio.timeout(self.limits.idle):
                    line = await self.reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                text = f"a request line is longer than {largest:,} bytes"
                hint = "send less at once, or raise daemon.max_request_bytes"
                self.push(protocol.failure(b"", ThrumError("too_large", text, hint)))
                return
            except (TimeoutError, ConnectionError):
                return
            if line.strip():
                await self._send(await self.answer(line))

    async def _send(self, answer: bytes) -> None:
        """Sends an answer, however long it is, to a client that reads it."""
        # An answer was asked for; only what comes unasked counts as left unread.
        self.bound = self.limits.unread + len(answer)
        self.push(answer)
        try:
            async with asyncio.timeout(self.limits.reading):
                await self.writer.drain()
        except (TimeoutError, ConnectionError):
            self.abort()
        finally:
            self.bound = self.limits.unread

    async def answer(self, line: bytes) -> bytes:
        """The answer to one request line."""
        try:
            request = protocol.read(line)
        except protocol.Malformed as error:
            return protocol.failure(error.id, error)
        try:
            return protocol.result(request.id, await self._call(request))
        except ThrumError as error:
            return protocol.failure(request.id, error)
        except Exception:
            # A defect of ours must not end the connection, and its traceback is not the client's.
            log.exception("%s failed", request.method)
            text = f"{request.method} failed inside the daemon"
            return protocol.failure(request.id, ThrumError("internal", text, "see its log"))

    async def _call(self, request: protocol.Request) -> object:
        found = lookup(METHODS, request.method)
        who = self.resolver.find(self.pid, self.opener)
        caller = self.resolver.judge(self.pid, "", who)
        thrum_dir = self.services.place.shared
        if caller.state is State.ANONYMOUS:
            # Before the params are read: a stranger learns nothing of what they should be.
            admit(found, caller, thrum_dir)
        check_transport(found, Transport.UNIX)
        params = protocol.params_as(request.params, found.params)
        claim = params.caller_agent_id
        if claim and claim != caller.agent_id:
            caller = self.resolver.judge(self.pid, claim, who)
        admit(found, caller, thrum_dir)
        check_needed(params)
        call = Call(caller, self.services, self)
        limit = self.limits.long_poll if found.long_poll else self.limits.handler
        try:
            async with asyncio.timeout(limit):
                work = found.handler(call, params)
                return await (self._while_there(work) if found.long_poll else work)
        except TimeoutError:
            raise ThrumError(
                "timed_out", f"{request.method} did not end within {limit:g} s"
            ) from None

    async def _while_there(self, work: Awaitable[object]) -> object:
        """Lets a long wait go on only as long as somebody is there to hear of its end."""
        waiting = asyncio.ensure_future(work)
        try:
            while not waiting.done():
                await asyncio.wait({waiting}, timeout=LOOK_S)
                if self.reader.at_eof() and self._is_gone():
                    raise ThrumError("shutting_down", "the client is gone")
            return waiting.result()
        finally:
            waiting.cancel()

    def _is_gone(self) -> bool:
        """Whether the client closed the connection, not only its own direction of it."""
        look = select.poll()
        look.register(self.writer.get_extra_info("socket").fileno(), 0)
        return any(event & select.POLLHUP for _, event in look.poll(0))


@asynccontextmanager
async def serve_unix(
    services: Services, path: Path, limits: Limits = LIMITS
) -> AsyncIterator[asyncio.Server]:
    """Serves the socket at the path for the length of the context.

    Raises:
        OSError: the path cannot be bound.
    """
    resolver = Resolver(services.identities, services.store)
    services.store.on_applied.append(resolver.heard)
    services.on_moved.append(resolver.changed)
    largest = int(services.config.get("daemon.max_request_bytes"))
    most = int(services.config.get("daemon.max_connections"))
    lines: dict[asyncio.Task[None], Line] = {}

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(lines) >= most:
            error = ThrumError("busy", f"{most} connections are open already", "try again soon")
            writer.write(protocol.failure(b"", error))
            writer.close()
            return
        line = lines[task] = Line(services, resolver, reader, writer, limits)
        try:
            await line.serve(largest)
        except asyncio.CancelledError:
            pass  # the daemon stops; the client sees the end of the connection
        finally:
            line.closing = True
            for left in line.on_close:
                left()
            del lines[task]
            writer.close()

    listener = platform.bind_unix(path)
    server = await asyncio.start_unix_server(
        connected, sock=listener, limit=largest, backlog=BACKLOG
    )
    try:
        yield server
    finally:
        server.close()
        path.unlink(missing_ok=True)
        tasks = list(lines)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=END_S)
