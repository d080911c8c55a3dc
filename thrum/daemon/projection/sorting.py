"""Lines in the order in which they are best applied, however many there are.

People and groups come first, then messages, then what happens to messages, each in the order of
time, because then nearly nothing has to be done twice and rows come in the order of their keys.
The order makes no difference to the result.

An external merge sort: what does not fit into memory is sorted in runs, which lie in a temporary
file and are merged. Nothing of it has to last: who is interrupted reads the log again.
"""

from __future__ import annotations

import heapq
import marshal
from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Final

import msgspec

from gitstore import Line
from thrum import events
from thrum.daemon.projection.facts import ROW_PREFIXES
from thrum.errors import ThrumError

PHASES: Final = events.by_type({events.Event: 0, events.MessageCreate: 1, events.AboutMessage: 2})
"""When an event is best applied: messages after people and groups, what happens to them after that.

So messages come in a row, of which nothing has to be looked at between one and the next.
"""
_ROWS: Final = 3
"""The phase of another Thrum's snapshot rows."""

RUN_BYTES: Final = 12 * 1024 * 1024
"""About as much memory as the lines of one run take."""
_BESIDE: Final = 300
"""Bytes that a line takes in memory besides itself."""
_AT_ONCE: Final = 128
"""Lines that are read at once of each run while runs are merged."""

Place = tuple[int, str, str]
"""Phase, time and event id of a line."""

_Placed = tuple[int, str, str, str, int, bytes]
"""A `Place`, then a `Line`: plain values, so that they compare and are stored as they are."""


class _Head(msgspec.Struct, gc=False):
    """As much of a line as its place depends on."""

    type: str = ""
    timestamp: str = ""
    event_id: str = ""
    created_at: str = ""
    read_at: str = ""


_head = msgspec.json.Decoder(_Head)
_TOKENS: Final = {token: PHASES[struct] for token, struct in events.TYPES.items()}


def place(line: Line) -> Place:
    """Where a line belongs. Whether it is an event at all is seen when it is applied."""
    try:
        head = _head.decode(line.raw)
    except (ValueError, RecursionError):
        return 0, "", ""
    if line.path.startswith(ROW_PREFIXES):
        return _ROWS, head.created_at or head.read_at, ""
    return _TOKENS.get(head.type, 0), head.timestamp, head.event_id


def in_order(lines: Iterable[Line], run_bytes: int = RUN_BYTES) -> Generator[Line, None, None]:
    """The same lines sorted; all of them are read before the first one comes out.

    Args:
        run_bytes: memory for lines before they go to a temporary file.

    Raises:
        ThrumError: ``storage``, there is no room for the temporary file.
    """
    runs: list[Iterator[_Placed]] = []
    # A file is made at the first byte that is written, so mostly there is none.
    with SpooledTemporaryFile(max_size=1) as file:
        run: list[_Placed] = []
        room = run_bytes
        for line in lines:
            run.append((*place(line), *line))
            room -= len(line.raw) + _BESIDE
            if room < 0:
                runs.append(_read(file, _store(file, run)))
                run, room = [], run_bytes
        run.sort()
        runs.append(iter(run))
        for _, _, _, path, offset, raw in heapq.merge(*runs):
            yield Line(path, offset, raw)


def _store(file: IO[bytes], run: list[_Placed]) -> list[tuple[int, int]]:
    """Sorts a run and writes it at the end of the file; where its pieces lie."""
    pieces = []
    rest = iter(sorted(run))
    while piece := list(islice(rest, _AT_ONCE)):
        data = marshal.dumps(piece)
        pieces.append((file.tell(), len(data)))
        try:
            file.write(data)
        except OSError as error:
            raise ThrumError(
                "storage",
                f"the log cannot be sorted: {error.strerror}",
                "make room for temporary files (TMPDIR), then try again; the log has everything",
            ) from error
    return pieces


def _read(file: IO[bytes], pieces: list[tuple[int, int]]) -> Iterator[_Placed]:
    for start, length in pieces:
        file.seek(start)
        # The file is unlinked and ours alone: nobody else could have put anything into it.
        yield from marshal.loads(file.read(length))  # noqa: S302
