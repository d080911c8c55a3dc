"""Our ends of a child's pipes: none of them ever blocks."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
from msgspec import Struct, field

from thrum.errors import ThrumError

Take = Callable[[bytes], None]
Room = Callable[[], Awaitable[None]]

CHUNK: Final = 65536
MOST_REST: Final = 1 << 20
"""As much as a pipe can hold. Who still writes after that is none of ours any more."""


def pipe(*, ours_reads: bool) -> tuple[int, int]:
    """Our end of a new pipe, which does not block, and the child's."""
    reading, writing = os.pipe()
    ours, theirs = (reading, writing) if ours_reads else (writing, reading)
    os.set_blocking(ours, False)
    return ours, theirs


async def drain(handle: int, take: Take, room: Room | None = None) -> None:
    """Reads until nobody holds the other end.

    Args:
        handle: our end.
        take: gets what is read.
        room: returns when more may be read; None where it always may.
    """
    while True:
        if room is not None:
            await room()
        await anyio.wait_readable(handle)
        data = _read(handle)
        if data == b"":
            return
        if data:
            take(data)


def read_rest(handle: int, take: Take) -> None:
    """Reads what is in the pipe already."""
    count = 0
    while count < MOST_REST and (data := _read(handle)):
        take(data)
        count += len(data)


async def feed(handle: int, data: bytes) -> None:
    """Writes all of it, or as much as the child cares to read."""
    left = memoryview(data)
    while left:
        await anyio.wait_writable(handle)
        try:
            left = left[os.write(handle, left) :]
        except BlockingIOError:
            continue
        except BrokenPipeError:
            return


class Outbox(Struct):
    """What is said to a child while it runs, in order and within a bound.

    Attributes:
        most_bytes: how much may wait for a child that does not read.
    """

    most_bytes: int
    _waiting: bytearray = field(default_factory=bytearray)
    _more: anyio.Event | None = None

    def put(self, data: bytes) -> None:
        """Says more; nothing of it is cut.

        Raises:
            ThrumError: ``busy``, the child does not read.
        """
        if len(self._waiting) + len(data) > self.most_bytes:
            raise ThrumError("busy", f"a program does not read what it is told: {data[:40]!r}")
        self._waiting += data
        if self._more is not None:
            self._more.set()

    async def send(self, handle: int) -> None:
        """Writes whatever is put, until the child does not listen any more."""
        while True:
            while self._waiting:
                await anyio.wait_writable(handle)
                try:
                    count = os.write(handle, self._waiting)
                except BlockingIOError:
                    continue
                except BrokenPipeError:
                    return
                del self._waiting[:count]
            self._more = anyio.Event()
            await self._more.wait()


def _read(handle: int) -> bytes | None:
    """What is there; None if nothing is yet, and nothing at the end."""
    try:
        return os.read(handle, CHUNK)
    except BlockingIOError:
        return None
