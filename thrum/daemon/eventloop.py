"""The seam to asyncio: what crosses between threads and the event loop, and the byte streams.

Everything else of the daemon waits, counts time and cancels by anyio. What is done here with what
lies below it is on the path of every request: a whole batch of answers reaches the loop by one
wake-up, calls come from threads that anyio did not start, lines of a bounded length are read from
a socket, and a deadline costs half of what it does above.
"""

from __future__ import annotations

import asyncio
import logging
import math
import select
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Generic, ParamSpec, TypeVar

from msgspec import Struct

S = TypeVar("S")
T = TypeVar("T")
P = ParamSpec("P")

logger = logging.getLogger("thrum.loop")


class EventLoop(Struct, frozen=True):
    """A running event loop, as other threads know it."""

    _loop: asyncio.AbstractEventLoop

    @classmethod
    def here(cls) -> EventLoop:
        """The loop that runs in this thread.

        Raises:
            RuntimeError: none runs.
        """
        return cls(asyncio.get_running_loop())

    def soon(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Has the loop call a function, in the order of asking. Any thread.

        Returns:
            Whether the loop still takes calls.
        """
        gathered: list[_Call] | None = getattr(_gathering, "calls", None)
        if gathered is not None:
            gathered.append((self._loop, partial(function, *args, **kwargs)))
            return not self._loop.is_closed()
        return _hand_over(self._loop, [partial(function, *args, **kwargs)])


_Call = tuple[asyncio.AbstractEventLoop, Callable[[], object]]
_gathering = threading.local()


def together(work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """Has what this thread hands to loops by the work leave at its end, each loop woken once."""
    calls: list[_Call] = []
    _gathering.calls = calls
    try:
        work(*args, **kwargs)
    finally:
        _gathering.calls = None
        for loop, group in groupby(calls, key=itemgetter(0)):
            _hand_over(loop, [function for _, function in group])


def _hand_over(loop: asyncio.AbstractEventLoop, functions: list[Callable[[], object]]) -> bool:
    try:
        if len(functions) == 1:
            loop.call_soon_threadsafe(functions[0])
        else:
            loop.call_soon_threadsafe(_call_all, functions)
    except RuntimeError:
        return False
    return True


def _call_all(functions: list[Callable[[], object]]) -> None:
    for function in functions:
        try:
            function()
        except Exception:
            # What one of them does wrong is not the others' loss.
            logger.exception("a call that was handed to the event loop failed")


QUIET_TURNS: Final = 2
"""A request takes two from the socket to where it waits: it is read, then its task goes on."""


class Glances:
    """What is looked up once for all who ask for it within one turn of the loop. On the loop.

    Whatever a request of this turn was made after had happened before the turn began, so nobody
    finds less than by looking alone.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def at(self, what: Hashable, look: Callable[[], T]) -> T:
        """What `look` gives, or gave to somebody before who asked for the same.

        Raises:
            Exception: whatever `look` raises; who asks next looks again.
        """
        if what in self._known:
            known: T = self._known[what]
            return known
        found = look()
        if not self._known:
            asyncio.get_running_loop().call_soon(self._known.clear)
        self._known[what] = found
        return found


class Gathering(Generic[T]):
    """Hands over together what the next turns of the loop bring. On the loop.

    Whoever takes it does for many at once what it would do for each, and while it computes, the
    loop would only be in its way. It ends with turns that bring nothing more.

    Args:
        hand_over: takes what was gathered.
        most: of so many it is not waited for more.
    """

    def __init__(self, hand_over: Callable[[list[T]], None], most: int) -> None:
        self._hand_over = hand_over
        self._most = most
        self._gathered: list[T] = []

    def add(self, one: T) -> None:
        """Has one more handed over, soon."""
        self._gathered.append(one)
        if len(self._gathered) == 1:
            asyncio.get_running_loop().call_soon(self._look, 0, 0)

    def _look(self, before: int, quiet: int) -> None:
        count = len(self._gathered)
        quiet = 0 if count > before else quiet + 1
        if quiet < QUIET_TURNS and count < self._most:
            asyncio.get_running_loop().call_soon(self._look, count, quiet)
            return
        gathered, self._gathered = self._gathered, []
        self._hand_over(gathered)


class Answer(Generic[T]):
    """What a task on the loop waits for and another thread gives. Made on the loop, awaited once.

    Whoever waits may give up; what comes then is dropped.
    """

    __slots__ = ("_future", "loop")

    def __init__(self) -> None:
        running = asyncio.get_running_loop()
        self.loop = EventLoop(running)
        self._future: asyncio.Future[T] = running.create_future()

    def __await__(self) -> Generator[Any, None, T]:
        return self._future.__await__()

    @property
    def is_abandoned(self) -> bool:
        """Whether nobody waits any more. Any thread."""
        return self._future.cancelled()

    def give(self, result: T) -> None:
        """Hands over the result. On the loop."""
        if not self._future.done():
            self._future.set_result(result)

    def refuse(self, error: BaseException) -> None:
        """Hands over an error, to be raised where it is waited. On the loop."""
        if isinstance(error, StopIteration):
            # A coroutine cannot raise it, and a future does not take it.
            error, error.__cause__ = RuntimeError("StopIteration"), error
        if not self._future.done():
            self._future.set_exception(error)


Settled = tuple[Answer[Any], Any, BaseException | None]
"""An answer, and the result or else the error that it gets."""


def settle_all(settled: Iterable[Settled]) -> int:
    """Hands over many answers by one wake-up of each loop; how many came too late. Any thread."""
    late = 0
    for loop, group in groupby(settled, key=lambda each: each[0].loop):
        together = list(group)
        if not loop.soon(_settle, together):
            late += len(together)
    return late


def _settle(settled: Iterable[Settled]) -> None:
    for answer, result, error in settled:
        if error is not None:
            answer.refuse(error)
        else:
            answer.give(result)


def deadline(seconds: float) -> asyncio.Timeout:
    """Ends what is awaited in the context when the time is over.

    What it gives says by `expired` whether that was so, or something else took too long by itself.

    Raises:
        TimeoutError: it was.
    """
    return asyncio.timeout(seconds)


class EqualDeadlines:
    """Deadlines of one length, for what begins often and hardly ever takes so long.

    Whichever begins first ends first, so they stand in a row, and one timer serves for all of it:
    one of them costs a tenth of `deadline`. On one loop.

    Args:
        seconds: their length.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._row: dict[_Deadline, float] = {}
        self._is_timed = False

    def begin(self) -> _Deadline:
        """A context like that of `deadline`, which is entered without waiting."""
        return _Deadline(self)

    def add(self, one: _Deadline) -> None:
        """Has it count from now on."""
        loop = asyncio.get_running_loop()
        self._row[one] = ends = loop.time() + self.seconds
        if not self._is_timed:
            self._is_timed = True
            loop.call_at(ends, self._look)

    def drop(self, one: _Deadline) -> None:
        """Has it count no more."""
        self._row.pop(one, None)

    def _look(self) -> None:
        """Ends those whose time is over, and looks again when that of the next is."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for one, ends in list(self._row.items()):
            if ends > now:
                loop.call_at(ends, self._look)
                return
            del self._row[one]
            one.pass_()
        self._is_timed = False


class _Deadline:
    """One of `EqualDeadlines`: ends what its task awaits in the context.

    Raises:
        TimeoutError: the time was over.
    """

    __slots__ = ("_before", "_is_over", "_row", "_task")

    def __init__(self, row: EqualDeadlines) -> None:
        self._row = row
        self._is_over = False

    def __enter__(self) -> _Deadline:
        task = asyncio.current_task()
        assert task is not None, "what has a deadline runs in a task"
        self._task, self._before = task, task.cancelling()
        self._row.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        self._row.drop(self)
        if not self._is_over:
            return
        # Whoever else cancelled the task meanwhile is obeyed before that.
        alone = self._task.uncancel() <= self._before
        if alone and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error

    def pass_(self) -> None:
        """The time is over."""
        self._is_over = True
        self._task.cancel()

    def expired(self) -> bool:
        """Whether the time was over, rather than that something else took too long by itself."""
        return self._is_over


async def beside(work: Awaitable[S], other: Coroutine[Any, Any, T]) -> tuple[S, T]:
    """What both give, which are awaited at once; where the first fails the other one is ended.

    Raises:
        Exception: whatever the first raised, or else the other one.
    """
    task = asyncio.get_running_loop().create_task(other)
    try:
        done = await work
        return done, await task
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # it was raised, or the work's own counts


MOST_READ: Final = 65_536
"""Bytes that are taken from a connection at once."""


class TooLong(Exception):
    """A line is longer than the stream takes."""


class Stream:
    """A connected socket: lines or whatever comes in, bytes out."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._patient_until = math.inf
        self._watch: asyncio.TimerHandle | None = None

    async def line(self, patience_s: float) -> bytes:
        """The next line, its newline included; empty when the other end is closed or silent.

        Args:
            patience_s: seconds after which a silent connection is ended; infinite for never.

        Raises:
            TooLong: the line is longer than the server's bound.
            ConnectionError: the connection broke.
        """
        self._patient_until = self._loop.time() + patience_s
        if self._watch is None and patience_s < math.inf:
            self._watch = self._loop.call_at(self._patient_until, self._look, patience_s)
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            return b""
        except asyncio.LimitOverrunError:
            raise TooLong from None
        finally:
            self._patient_until = math.inf

    def _look(self, patience_s: float) -> None:
        """Ends a connection that is silent; one timer serves for many lines."""
        now = self._loop.time()
        self._watch = None
        if now >= self._patient_until:
            self.abort()
        elif not self._writer.is_closing():
            again = min(self._patient_until, now + patience_s)
            self._watch = self._loop.call_at(again, self._look, patience_s)

    async def some(self) -> bytes:
        """What has come since the last time, or comes next; empty at the end of the connection.

        Raises:
            ConnectionError: the connection broke.
        """
        return await self._reader.read(MOST_READ)

    def write(self, data: bytes) -> None:
        """Queues bytes to be sent."""
        self._writer.write(data)

    @property
    def unsent(self) -> int:
        """Bytes that are queued and that the other end has not taken."""
        return self._writer.transport.get_write_buffer_size()

    async def drain(self) -> None:
        """Returns once the other end has taken most of what is queued.

        Raises:
            ConnectionError: the connection broke.
        """
        await self._writer.drain()

    def abort(self) -> None:
        """Ends the connection at once; what is queued is dropped."""
        self._stop_watching()
        self._writer.transport.abort()

    def abort_in(self, seconds: float) -> None:
        """Ends the connection when the time is over, unless it has ended by then."""
        self._stop_watching()
        self._watch = self._loop.call_later(seconds, self.abort)

    def close(self) -> None:
        """Ends the connection once what is queued is sent."""
        self._stop_watching()
        self._writer.close()

    def _stop_watching(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def socket(self) -> socket.socket:
        """The socket under another object; `detach` it instead of closing it."""
        return socket.socket(fileno=self._writer.get_extra_info("socket").fileno())

    @property
    def whence(self) -> tuple[str, int]:
        """The address and port at the other end; empty and 0 if it is gone, or has none."""
        found = self._writer.get_extra_info("peername")
        return (str(found[0]), int(found[1])) if isinstance(found, tuple) else ("", 0)

    @property
    def is_closing(self) -> bool:
        """Whether the connection has ended, or was told to."""
        return self._writer.is_closing()

    def is_hung_up(self) -> bool:
        """Whether the connection is closed, here or by the other end, not only that end's own
        direction of it."""
        if self.is_closing:
            return True
        if not self._reader.at_eof():
            return False
        look = select.poll()
        look.register(self._writer.get_extra_info("socket").fileno(), 0)
        return any(event & select.POLLHUP for _, event in look.poll(0))


async def dial(host: str, port: int) -> Stream:
    """A connection to an address.

    Raises:
        OSError: nobody takes it.
    """
    return Stream(*await asyncio.open_connection(host, port))


async def dial_unix(path: Path) -> Stream:
    """A connection to a Unix socket.

    Raises:
        OSError: nobody takes it.
    """
    return Stream(*await asyncio.open_unix_connection(str(path)))


@asynccontextmanager
async def _served(
    listener: socket.socket,
    connected: Callable[[Stream], Awaitable[None]],
    longest: int,
    backlog: int,
    end_s: float,
) -> Any:
    tasks: set[asyncio.Task[None]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        stream = Stream(reader, writer)
        try:
            await connected(stream)
        except asyncio.CancelledError:
            pass  # the server stops; the client sees the end of the connection
        finally:
            tasks.discard(task)
            stream.close()

    is_unix = listener.family == socket.AF_UNIX
    start = asyncio.start_unix_server if is_unix else asyncio.start_server
    server = await start(accepted, sock=listener, limit=longest, backlog=backlog)
    try:
        yield
    finally:
        server.close()
        left = list(tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=end_s)


def serving(
    listener: socket.socket,
    connected: Callable[[Stream], Awaitable[None]],
    *,
    longest: int,
    backlog: int,
    end_s: float,
) -> AbstractAsyncContextManager[None]:
    """Serves the connections of a listening socket for the length of the context.

    Args:
        listener: a bound socket; it is closed at the end.
        connected: serves one connection, in a task of its own.
        longest: bytes of the longest line that a stream gives.
        backlog: connections that may wait to be accepted.
        end_s: seconds that the connections have to end.
    """
    return _served(listener, connected, longest, backlog, end_s)
