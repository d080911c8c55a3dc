"""The lines of the client and ours, between the standard streams and the package's server.

The package has a transport of its own, which begins to read when the package is loaded and tells
nobody what was written. Here reading began before, and what was handed over counts as handed over
when it was written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import BinaryIO, Final

import anyio
import mcp_types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types.jsonrpc import JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from thrum.mcp.asking import in_thread
from thrum.mcp.handed import Request
from thrum.mcp.intake import Intake

GRACE_S: Final = 5.0
"""Seconds after the client's last line in which what it asked for may still be answered."""

Incoming = MemoryObjectSendStream[SessionMessage | Exception]
Outgoing = MemoryObjectReceiveStream[SessionMessage]


class Wire:
    """Moves messages and follows which requests are open.

    Args:
        intake: the client's lines.
        output: where ours go.
        written: called with the number of each request whose answer was written.
        dropped: called with the number of each request that ends without one.
        overlooked: called with the number of each request that is cancelled after its answer.
        ending: called when the client's lines have ended.
    """

    def __init__(
        self,
        intake: Intake,
        output: BinaryIO,
        *,
        written: Callable[[Request], None],
        dropped: Callable[[Request], None],
        overlooked: Callable[[Request], None],
        ending: Callable[[], None],
    ) -> None:
        self._intake = intake
        self._output = output
        self._written = written
        self._dropped = dropped
        self._overlooked = overlooked
        self._ending = ending
        self._open: set[Request] = set()
        self._settled = anyio.Event()

    async def read(self, stream: Incoming) -> None:
        """Hands on what the client writes; at its end what is open gets a while to be answered."""
        async with stream:
            while (line := await in_thread(self._intake.next)) is not None:
                message = _parsed(line)
                if message is not None:
                    self._note(message)
                    await stream.send(SessionMessage(message))
            self._ending()
            with anyio.move_on_after(GRACE_S):
                while self._open:
                    await self._settled.wait()

    async def write(self, stream: Outgoing) -> None:
        """Writes what is for the client, until it does not read any more."""
        async with stream:
            async for each in stream:
                await self._write(each.message)

    async def _write(self, message: mcp_types.JSONRPCMessage) -> None:
        text = message.model_dump_json(by_alias=True, exclude_unset=True)
        request = message.id if isinstance(message, JSONRPCResponse | JSONRPCError) else None
        try:
            await in_thread(lambda: self._put(text.encode() + b"\n"))
        except OSError:
            # Nobody reads; the lines of such a client end as well.
            if request is not None:
                self._settle(request, is_written=False)
            return
        if request is not None:
            self._settle(request, is_written=isinstance(message, JSONRPCResponse))

    def _put(self, line: bytes) -> None:
        self._output.write(line)
        self._output.flush()

    def _note(self, message: mcp_types.JSONRPCMessage) -> None:
        if isinstance(message, JSONRPCRequest):
            self._open.add(message.id)
        elif isinstance(message, JSONRPCNotification):
            request = (message.params or {}).get("requestId")
            if message.method != "notifications/cancelled" or not isinstance(request, int | str):
                return
            if request in self._open:
                self._settle(request, is_written=False)
            else:
                self._overlooked(request)

    def _settle(self, request: Request, *, is_written: bool) -> None:
        """A request that was cancelled stays dropped, though its answer may still go out."""
        if request not in self._open:
            return
        self._open.discard(request)
        (self._written if is_written else self._dropped)(request)
        self._settled.set()
        self._settled = anyio.Event()


def _parsed(line: bytes) -> mcp_types.JSONRPCMessage | None:
    if not line.strip():
        return None
    try:
        found: mcp_types.JSONRPCMessage = mcp_types.jsonrpc_message_adapter.validate_json(
            line, by_name=False
        )
    except ValueError:
        # An answer would need the number of a request; nobody knows whether it was one.
        sys.stderr.write("thrum mcp: a line that is no JSON-RPC was passed over\n")
        return None
    return found
