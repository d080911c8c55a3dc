"""The Unix socket: connections, deadlines and bounds around the protocol.

Requests of one connection are answered in their order; a client may send many before it reads. A
connection that asks for too much, says nothing for minutes or does not read its answers is closed.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from thrum import platform
from thrum.daemon.caller import Resolver
from thrum.daemon.rpc import protocol
from thrum.daemon.rpc.methods import METHODS
from thrum.daemon.rpc.registry import Call, Transport, admit, lookup
from thrum.daemon.services import Services
from thrum.errors import ThrumError

HANDLER_S: Final = 10.0
LONG_POLL_S: Final = 360.0
IDLE_S: Final = 300.0
UNREAD_BYTES: Final = 4_194_304
"""Answers and pushes that a client may leave unread before it is hung up on."""
BACKLOG: Final = 256
END_S: Final = 2.0

log = logging.getLogger("thrum.socket")


class Line:
    """One connection."""

    def __init__(
        self,
        services: Services,
        resolver: Resolver,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.services = services
        self.resolver = resolver
        self.reader = reader
        self.writer = writer
        self.closing = False
        self.on_close: list[Callable[[], None]] = []
        self.pid = self._peer()

    def _peer(self) -> int:
        connection = self.writer.get_extra_info("socket")
        raw = socket.socket(fileno=connection.fileno())
        try:
            return platform.peer_pid(raw)
        except OSError:
            return 0
        finally:
            raw.detach()

    def push(self, line: bytes) -> None:
        """Queues a line; a client that does not read is hung up on."""
        if self.closing:
            return
        self.writer.write(line)
        if self.writer.transport.get_write_buffer_size() > UNREAD_BYTES:
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
                async with asyncio.timeout(IDLE_S):
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
                self.push(await self.answer(line))
                await self._drained()

    async def _drained(self) -> None:
        try:
            async with asyncio.timeout(HANDLER_S):
                await self.writer.drain()
        except (TimeoutError, ConnectionError):
            self.abort()

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
        found = lookup(METHODS, request.method, Transport.UNIX)
        caller = self.resolver.resolve(self.pid, "")
        admit(found, caller)
        params = protocol.params_as(request.params, found.params)
        claim = params.caller_agent_id
        if claim and claim != caller.agent_id:
            caller = self.resolver.resolve(self.pid, claim)
        call = Call(caller, self.services, self)
        limit = LONG_POLL_S if found.long_poll else HANDLER_S
        try:
            async with asyncio.timeout(limit):
                return await found.handler(call, params)
        except TimeoutError:
            raise ThrumError(
                "timed_out", f"{request.method} did not end within {limit:g} s"
            ) from None


@asynccontextmanager
async def serve_unix(services: Services, path: Path) -> AsyncIterator[asyncio.Server]:
    """Serves the socket at the path for the length of the context.

    Raises:
        OSError: the path cannot be bound.
    """
    resolver = Resolver(services.place.repository, services.store)
    services.store.on_applied.append(resolver.heard)
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
        line = lines[task] = Line(services, resolver, reader, writer)
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
