"""One line of the log, and the lines of a file."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from gitstore import numbered, printable
from thrum import clock, events
from thrum.daemon.projection.facts import Event, MessageRow, ReceiptRow, Row, interpret

_TIMES: Final = re.compile(rb'"timestamp":"([^"\\]*)"')


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log.

    Attributes:
        path: the file, or the shard for which it lies in the journal.
        number: the line's number in the file, counted from 1; 0 in the journal.
        raw: its bytes.
        body: what it says; None if nobody can read it.
        problem: why nobody can read it.
        moment: its time in nanoseconds since 1970; 0 if it has none.
    """

    path: str
    number: int
    raw: bytes
    body: Event | Row | None = None
    problem: str = ""
    moment: int = 0

    @property
    def event_id(self) -> str:
        """The event's id, also where the line has none and every node computes it; or empty."""
        return str(getattr(self.body, "event_id", ""))

    @property
    def message_id(self) -> str:
        """The message that it is about; empty if it is about none."""
        return str(getattr(self.body, "message_id", ""))

    @property
    def type(self) -> str:
        """The event's type; for rows without events the folder they stand in."""
        if isinstance(self.body, MessageRow | ReceiptRow):
            return self.path.partition("/")[0]
        return events.type_of(self.body) if self.body else ""

    @property
    def key(self) -> tuple[int, str]:
        """What orders entries: time, then id."""
        return self.moment, self.event_id or self.raw.decode(errors="replace")


def entry(path: str, number: int, raw: bytes) -> Entry:
    """Reads one line."""
    try:
        body = interpret(printable(path), raw).body
    except ValueError as error:
        return Entry(path, number, raw, problem=str(error))
    for name in ("timestamp", "created_at", "read_at"):
        text = getattr(body, name, "")
        if text:
            return Entry(path, number, raw, body, moment=clock.parse(text))
    return Entry(path, number, raw, body)


def entries_of(path: str, data: bytes, holding: Iterable[bytes] = ()) -> Iterator[Entry]:
    """The entries of a file; with `holding` only lines with one of these, or without an id."""
    wanted = list(holding)
    for number, raw in numbered(data):
        if not wanted or b'"event_id":"' not in raw or any(one in raw for one in wanted):
            yield entry(path, number, raw)


def has_odd_lines(data: bytes) -> bool:
    """Whether some line may have no id."""
    return data.count(b'"event_id":"') < data.count(b"\n")


def newest_moment(data: bytes) -> float:
    """Nanoseconds that no line of a file is newer than, seen without decoding any.

    Infinite where that cannot be told: an unreadable line, or a time in another zone.
    """
    times = _TIMES.findall(data)
    if len(times) < data.count(b"\n") or has_odd_lines(data) or not times:
        return math.inf
    if not all(each.endswith(b"Z") for each in times):
        return math.inf
    try:
        newest = clock.parse(f"{max(each[:19] for each in times).decode()}Z")
    except ValueError:
        return math.inf
    return newest + 10**9  # a whole second: how many digits follow differs between programs


def plain(raw: bytes) -> Any:
    """All that stands in a readable line; a number that is too large to be one stays text."""
    try:
        return msgspec.json.decode(raw)
    except msgspec.ValidationError:
        return json.loads(raw, parse_int=_whole, parse_float=_fraction)


def _whole(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text  # Python reads some thousand digits and no more


def _fraction(text: str) -> float | str:
    found = float(text)
    return found if math.isfinite(found) else text
