"""What tmux says to a client in control mode (``tmux -C``). Pure: bytes go in, events come out.

Theory of operation. tmux answers each command with a block of lines between ``%begin TIME NUMBER
FLAGS`` and ``%end`` or ``%error`` with the same three words, in the order in which the commands
came. The lowest bit of the flags says that this client asked; hooks of the user run commands of
their own, whose blocks have no such bit. Between blocks stand notices: ``%name`` and more.

What a pane shows is hostile, and a line of it may look like the end of a block: TIME is known to
everybody and NUMBER counts. So whoever asks for such lines asks, in the same breath, for a *fence*
as well: a command that prints a word which nobody can know before. Whatever stands before that word
and behind the true end was said by tmux, so the true end is the last line that looks like it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import Struct, field

MOST_BYTES: Final = 32 << 20
"""Bytes that a block may have: nothing that is asked for comes near."""

_OCTAL: Final = re.compile(rb"\\([0-7]{3})")


class Garbled(Exception):
    """What came is no talk of tmux's, or there is no end of it; nothing after it can be trusted."""


class Block(NamedTuple):
    """The answer to a command.

    Attributes:
        lines: what it printed.
        is_error: whether it failed; the lines say why.
        is_ours: whether this client asked for it.
    """

    lines: tuple[bytes, ...]
    is_error: bool
    is_ours: bool


class Notice(NamedTuple):
    """Something that happened.

    Attributes:
        name: ``sessions-changed``, without the sign before it.
        rest: what stands behind the name.
    """

    name: str
    rest: bytes


class _Open(Struct):
    """A block whose end has not come."""

    words: bytes
    fence: bytes
    lines: list[bytes] = field(default_factory=list)
    size: int = 0

    @property
    def is_ours(self) -> bool:
        return bool(int(self.words.split()[2]) & 1)


class Talk(Struct):
    """One side of a conversation in control mode.

    Attributes:
        most_bytes: how long a block, or a line outside of one, may be.
    """

    most_bytes: int = MOST_BYTES
    _part: bytearray = field(default_factory=bytearray)
    _expected: deque[bytes] = field(default_factory=deque)
    _open: _Open | None = None

    def expect(self, fence: bytes = b"") -> None:
        """Says that a command was sent.

        Args:
            fence: the word that is printed by a second command behind it; the block of that one is
                swallowed.
        """
        self._expected.append(fence)

    def unexpect(self) -> None:
        """Says that of the next command nothing will come, for the one before it has failed."""
        self._expected.popleft()

    def feed(self, data: bytes) -> Iterator[Block | Notice]:
        """Takes more of what tmux says.

        Raises:
            Garbled: it cannot be understood.
        """
        *lines, rest = (bytes(self._part) + data).split(b"\n")
        self._part[:] = rest
        if len(rest) > self.most_bytes:
            raise Garbled("a line has no end")
        for line in lines:
            yield from self._line(line)

    def _line(self, line: bytes) -> Iterator[Block | Notice]:
        if self._open is not None:
            yield from self._within(self._open, line)
        elif line.startswith(b"%begin "):
            self._begin(line[7:])
        elif line.startswith(b"%"):
            name, _, rest = line[1:].partition(b" ")
            yield Notice(name.decode(errors="replace"), rest)
        else:
            raise Garbled(f"a line outside of all blocks: {line[:80]!r}")

    def _begin(self, words: bytes) -> None:
        numbers = words.split()
        if len(numbers) != 3 or not all(each.isdigit() for each in numbers):
            raise Garbled(f"the beginning of no block: {words[:80]!r}")
        opened = _Open(words, b"")
        if opened.is_ours:
            if not self._expected:
                raise Garbled("an answer to no question")
            opened.fence = self._expected.popleft()
        self._open = opened

    def _within(self, opened: _Open, line: bytes) -> Iterator[Block | Notice]:
        opened.size += len(line) + 1
        if opened.size > self.most_bytes:
            raise Garbled("a block has no end")
        if opened.fence:
            opened.lines.append(line)
            if len(opened.lines) > 1 and opened.lines[-2] == opened.fence:
                yield from self._behind_fence(opened)
        elif line in _ends(opened.words):
            self._open = None
            is_error = line.startswith(b"%error")
            yield Block(tuple(opened.lines), is_error, opened.is_ours)
        else:
            opened.lines.append(line)

    def _behind_fence(self, opened: _Open) -> Iterator[Block | Notice]:
        """The fence has come, with the end of its own block as the last line."""
        *lines, begin, _fence, _end = opened.lines
        ends = _ends(opened.words)
        last = max((at for at, each in enumerate(lines) if each in ends), default=-1)
        if last < 0 or not begin.startswith(b"%begin "):
            raise Garbled("a fence behind no block")
        self._open = None
        yield Block(tuple(lines[:last]), lines[last].startswith(b"%error"), opened.is_ours)
        for each in lines[last + 1 :]:
            yield from self._line(each)


def _ends(words: bytes) -> tuple[bytes, bytes]:
    """How the block of those words may end."""
    return b"%end " + words, b"%error " + words


def output(notice: Notice) -> tuple[str, bytes] | None:
    """The pane and what its program wrote, of a notice of output; None for others."""
    pane, _, said = notice.rest.partition(b" ")
    if notice.name == "extended-output":
        said = said.partition(b": ")[2]
    elif notice.name != "output":
        return None
    return pane.decode(errors="replace"), unescaped(said)


def unescaped(said: bytes) -> bytes:
    """Output as it was: tmux writes what is not printable, and the backslash, as three digits."""
    return _OCTAL.sub(lambda found: bytes([int(found[1], 8) & 0xFF]), said)
