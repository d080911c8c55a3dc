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
    _part: Beginning = field(init=False)
    _begun: bool = False
    _over: bool = False
    _more: anyio.Event | None = None

    def __post_init__(self) -> None:
        self._part = Beginning(self.most_line)

    def take(self, data: bytes) -> None:
        """Takes more of the output."""
        first, *others = data.split(b"\n")
        self._continue(first)
        for piece in others:
            self._end_line()
            self._continue(piece)

    def finish(self) -> None:
        """The output is over; what stands behind the last line's end is a line too."""
        if self._begun:
            self._end_line()
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

    def _continue(self, piece: bytes) -> None:
        self._part.take(piece)
        self._begun = self._begun or piece != b""

    def _end_line(self) -> None:
        self._waiting.append(Line(self._part.said(), self._part.was_cut))
        self._part, self._begun = Beginning(self.most_line), False
        if len(self._waiting) > self.most_lines:
            self._waiting.popleft()
            self.dropped += 1
        self._wake()

    def _wake(self) -> None:
        if self._more is not None:
            self._more.set()
