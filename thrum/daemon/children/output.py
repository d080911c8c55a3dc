"""What a child says, kept within bounds. Pure: bytes go in, lines or a beginning come out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import anyio


@dataclass
class Beginning:
    """The first bytes of an output; what comes after them is dropped.

    Attributes:
        was_cut: whether anything was.
    """

    most_bytes: int
    was_cut: bool = False
    _kept: bytearray = field(default_factory=bytearray)

    def take(self, data: bytes) -> None:
        """Takes more of the output."""
        room = self.most_bytes - len(self._kept)
        self._kept += data[:room]
        self.was_cut = self.was_cut or len(data) > room

    def said(self) -> bytes:
        """What was kept."""
        return bytes(self._kept)


class Line(NamedTuple):
    """One line without its end; the beginning of it if it was too long."""

    said: bytes
    was_cut: bool = False


@dataclass
class Cutter:
    """Cuts an output into lines, however the bytes happen to come.

    Attributes:
        most_line: bytes of one line that are kept.
    """

    most_line: int
    _part: Beginning = field(init=False)
    _begun: bool = False

    def __post_init__(self) -> None:
        self._part = Beginning(self.most_line)

    def take(self, data: bytes) -> list[Line]:
        """Takes more of the output; the lines that end in it."""
        first, *others = data.split(b"\n")
        self._continue(first)
        if not others:
            return []
        *whole, last = others
        most = self.most_line
        # Of a flood of short lines nearly all come whole, and need no more than this.
        found = [self._end_line(), *[Line(each[:most], len(each) > most) for each in whole]]
        self._continue(last)
        return found

    def rest(self) -> list[Line]:
        """The output is over; what stands behind the last line's end is a line too."""
        return [self._end_line()] if self._begun else []

    def _continue(self, piece: bytes) -> None:
        self._part.take(piece)
        self._begun = self._begun or piece != b""

    def _end_line(self) -> Line:
        line = Line(self._part.said(), self._part.was_cut)
        self._part, self._begun = Beginning(self.most_line), False
        return line


@dataclass
class Lines:
    """The lines of an output, as an iterator for one reader.

    The child never waits for the reader: when more lines wait than may, the oldest are dropped.

    Attributes:
        most_line: bytes of one line that are kept.
        most_lines: lines that wait.
        dropped: how many were.
    """

    most_line: int
    most_lines: int
    dropped: int = 0
    _waiting: deque[Line] = field(default_factory=deque)
    _cutter: Cutter = field(init=False)
    _over: bool = False
    _more: anyio.Event | None = None

    def __post_init__(self) -> None:
        self._cutter = Cutter(self.most_line)

    def take(self, data: bytes) -> None:
        """Takes more of the output."""
        for line in self._cutter.take(data):
            self._add(line)

    def finish(self) -> None:
        """The output is over; what stands behind the last line's end is a line too."""
        for line in self._cutter.rest():
            self._add(line)
        self._over = True
        self._wake()

    def __aiter__(self) -> Lines:
        return self

    async def __anext__(self) -> Line:
        while not self._waiting:
            if self._over:
                raise StopAsyncIteration
            self._more = anyio.Event()
            await self._more.wait()
        return self._waiting.popleft()

    def _add(self, line: Line) -> None:
        self._waiting.append(line)
        if len(self._waiting) > self.most_lines:
            self._waiting.popleft()
            self.dropped += 1
        self._wake()

    def _wake(self) -> None:
        if self._more is not None:
            self._more.set()


@dataclass
class Pieces:
    """An output as it comes, as an iterator for one reader, for whom the child waits.

    No more is taken of the pipe while something waits for the reader. So nothing is lost, and
    whoever says more than is read is held up in saying it.

    Attributes:
        most: bytes of one piece.
    """

    most: int
    _waiting: bytearray = field(default_factory=bytearray)
    _over: bool = False
    _dropped: bool = False
    _more: anyio.Event = field(default_factory=anyio.Event)
    _room: anyio.Event = field(default_factory=anyio.Event)

    def take(self, data: bytes) -> None:
        """Takes more of the output."""
        if not self._dropped:
            self._waiting += data
            self._more.set()

    async def has_room(self) -> None:
        """Returns when the reader has all that was taken."""
        while self._waiting:
            self._room = anyio.Event()
            await self._room.wait()

    def drop(self) -> None:
        """Nobody reads on: what waits and what comes is dropped, and the child held up no more."""
        self._dropped = True
        self._waiting.clear()
        self._room.set()

    def finish(self) -> None:
        """The output is over."""
        self._over = True
        self._more.set()

    def __aiter__(self) -> Pieces:
        return self

    async def __anext__(self) -> bytes:
        while not self._waiting:
            if self._over:
                raise StopAsyncIteration
            self._more = anyio.Event()
            await self._more.wait()
        piece = bytes(self._waiting[: self.most])
        del self._waiting[: self.most]
        if not self._waiting:
            self._room.set()
        return piece
