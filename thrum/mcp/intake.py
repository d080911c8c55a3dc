"""Taking the standard streams and reading lines, before anything heavy is loaded.

The package ``mcp`` takes most of a second to import. Meanwhile what the client writes is read, and
the streams are out of everybody's reach: whatever else prints goes to stderr, and a child process
reads nothing of what is meant for us.
"""

from __future__ import annotations

import os
import queue
import threading
from typing import BinaryIO, Final, NamedTuple

LONGEST: Final = 16 * 1_048_576
"""Bytes of one line; what is longer is no message."""

_MOST_WAITING: Final = 256


class Streams(NamedTuple):
    """Where the client's lines come from, and where ours go."""

    incoming: BinaryIO
    outgoing: BinaryIO


def taken(stdin: int, stdout: int) -> Streams:
    """The streams behind two descriptors, which stand for nothing and for stderr from now on."""
    incoming, outgoing = os.dup(stdin), os.dup(stdout)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, stdin)
    os.dup2(2, stdout)
    os.close(nothing)
    return Streams(os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb"))


class Intake:
    """Reads lines in a thread of its own, as long as somebody takes them.

    Args:
        stream: where from.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lines: queue.Queue[bytes | None] = queue.Queue(_MOST_WAITING)
        threading.Thread(target=self._read, name="mcp stdin", daemon=True).start()

    def next(self) -> bytes | None:
        """The next line, waited for; None at the end. A line that is too long is empty."""
        line = self._lines.get()
        if line is None:
            self._lines.put(None)  # whoever asks again gets the same answer
        return line

    def _read(self) -> None:
        try:
            while line := self._stream.readline(LONGEST):
                is_whole = line.endswith(b"\n") or len(line) < LONGEST
                while not line.endswith(b"\n") and (rest := self._stream.readline(LONGEST)):
                    line = rest
                self._lines.put(line if is_whole else b"")
        except OSError:
            pass  # A stream that cannot be read has ended.
        finally:
            self._lines.put(None)
