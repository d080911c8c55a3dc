"""The same for event loops, of asyncio or trio: every call may be awaited and cancelled.

Each call runs `thrum.api.Connection` in a thread, so that the loop is not held up. Who is cancelled
while something is sent does not know whether it was; with a key of one's own it may be sent again.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Final, TypeVar

from anyio import CapacityLimiter, to_thread

from thrum.api import connection, pages
from thrum.api.connection import ASK_S, TIMEOUT_S, Connection, Place
from thrum.api.records import Me, Member, Message, Sent
from thrum.api.waiting import Waiting

T = TypeVar("T")

_AT_ONCE: Final = 4
"""Calls of one connection that have a thread; they take turns anyway."""


class AsyncConnection:
    """A connection for one event loop; see `thrum.api.Connection` for what each call does.

    ::

        async with aio.connect() as mail:
            async for message in mail.wait():
                ...

    Tasks may share it.
    """

    def __init__(self, dial: Callable[[], Connection]) -> None:
        self._dial = dial
        self._made: Connection | None = None
        self._limiter = CapacityLimiter(_AT_ONCE)

    async def __aenter__(self) -> AsyncConnection:
        self._made = await self._run(self._dial)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A call that was cancelled may have the line for a while; nobody waits for it.
        await to_thread.run_sync(self._connection.close, abandon_on_cancel=True)

    async def whoami(self) -> Me:
        """See `Connection.whoami`."""
        return await self._run(self._connection.whoami)

    async def send(
        self,
        to: str | Iterable[str],
        text: str,
        *,
        data: Mapping[str, Any] | None = None,
        format: str = "markdown",
        key: str = "",
    ) -> Sent:
        """See `Connection.send`."""
        send = self._connection.send
        return await self._run(lambda: send(to, text, data=data, format=format, key=key))

    async def reply(
        self,
        to: Message | str,
        text: str,
        *,
        data: Mapping[str, Any] | None = None,
        format: str = "markdown",
        key: str = "",
    ) -> Sent:
        """See `Connection.reply`."""
        reply = self._connection.reply
        return await self._run(lambda: reply(to, text, data=data, format=format, key=key))

    async def ask(
        self,
        to: str | Iterable[str],
        text: str,
        *,
        timeout: float = ASK_S,
        data: Mapping[str, Any] | None = None,
        format: str = "markdown",
        key: str = "",
    ) -> Message:
        """See `Connection.ask`."""
        end = time.monotonic() + timeout
        question = await self.send(to, text, data=data, format=format, key=key)
        ear, answer = self._connection.listen(), self._connection.answer
        try:
            return await _alone(lambda: answer(question, end, ear))
        finally:
            ear.end()

    async def inbox(
        self, *, unread: bool = True, limit: int = pages.SIZE, newest_first: bool = False
    ) -> list[Message]:
        """See `Connection.inbox`."""
        inbox = self._connection.inbox
        return await self._run(lambda: inbox(unread=unread, limit=limit, newest_first=newest_first))

    async def get(self, message: str) -> Message:
        """See `Connection.get`."""
        return await self._run(lambda: self._connection.get(message))

    def wait(self, *, timeout: float | None = None, mark_read: bool = True) -> AsyncWaiting:
        """See `Connection.wait`; for ``async for``."""
        wait = self._connection.wait
        return AsyncWaiting(lambda: wait(timeout=timeout, mark_read=mark_read))

    async def mark_read(self, *messages: Message | str) -> int:
        """See `Connection.mark_read`."""
        return await self._run(lambda: self._connection.mark_read(*messages))

    async def team(self, *, offline: bool = False) -> list[Member]:
        """See `Connection.team`."""
        return await self._run(lambda: self._connection.team(offline=offline))

    async def call(
        self,
        method: str,
        params: Mapping[str, object] | None = None,
        *,
        timeout: float | None = None,
    ) -> Any:
        """See `Connection.call`."""
        return await self._run(lambda: self._connection.call(method, params, timeout=timeout))

    @property
    def _connection(self) -> Connection:
        assert self._made is not None, "begin with `async with`"
        return self._made

    async def _run(self, work: Callable[[], T]) -> T:
        return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._limiter)


class AsyncWaiting(AsyncIterator[Message]):
    """Mail as it comes; made by `AsyncConnection.wait`. See `thrum.api.Waiting`.

    Who is cancelled while he waits loses nothing: what comes stays unread.
    """

    def __init__(self, begin: Callable[[], Waiting]) -> None:
        self._begin = begin
        self._waiting: Waiting | None = None

    def __aiter__(self) -> AsyncWaiting:
        return self

    async def __anext__(self) -> Message:
        if self._waiting is None:
            self._waiting = await _alone(self._begin)
        waiting, ear = self._waiting, self._waiting.ear()
        try:
            is_there = await _alone(lambda: waiting.ready(ear))
        finally:
            ear.end()  # where this was cancelled, nobody waits for what that thread would hear
        if not is_there:
            raise StopAsyncIteration
        return waiting.take()

    def close(self) -> None:
        """Ends the loop; it ends before the next message."""
        if self._waiting is not None:
            self._waiting.close()


async def _alone(work: Callable[[], T]) -> T:
    """What waits for long takes no thread from others."""
    return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=CapacityLimiter(1))


def connect(
    where: Place | None = None, *, agent: str = "", timeout: float = TIMEOUT_S
) -> AsyncConnection:
    """A connection to be entered by ``async with``; see `thrum.api.connect`."""
    return AsyncConnection(lambda: connection.connect(where, agent=agent, timeout=timeout))
