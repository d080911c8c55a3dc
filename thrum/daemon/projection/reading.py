"""Taking lines of the log into the tables: a few at once, or very many by way of a staging table.

People and groups are applied before messages and everything in the order of time, because then
nearly nothing has to be done twice. The order makes no difference to the result.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, NamedTuple, Protocol

import msgspec

from thrum import events
from thrum.daemon.projection.apply import apply, groups
from thrum.daemon.projection.apply.stored import ALL_GROUPS, subject
from thrum.daemon.projection.facts import (
    ROW_PREFIXES,
    Event,
    Fact,
    MessageRow,
    ReceiptRow,
    interpret,
)
from thrum.daemon.projection.tables import Tables

KEPT_BYTES: Final = 4096
"""How much of a bad line the database keeps; the log has all of it."""


class Line(Protocol):
    """A line of the log: its file, its place in it in bytes (-1: from the journal), its bytes."""

    @property
    def path(self) -> str: ...
    @property
    def offset(self) -> int: ...
    @property
    def raw(self) -> bytes: ...


_PHASES: Final[dict[type, int]] = {
    events.MessageCreate: 1,
    events.MessageEdit: 2,
    events.MessageDelete: 2,
    events.MessageReceipt: 2,
    MessageRow: 3,
    ReceiptRow: 3,
}
"""When a line is best applied: messages after people and groups, what happens to them after that.

So messages come in a row, of which nothing has to be looked at between one and the next.
"""


class Taken(NamedTuple):
    """A line as this module keeps one."""

    path: str
    offset: int
    raw: bytes


@dataclass(slots=True)
class Outcome:
    """What came of some lines: the events that were new, and how many lines were set aside."""

    events: list[Event] = field(default_factory=list)
    bad: int = 0


class _Placed(NamedTuple):
    fact: Fact
    line: Line

    def order(self) -> tuple[int, str, str]:
        body = self.fact.body
        phase = _PHASES.get(type(body), 0)
        if isinstance(body, MessageRow):
            return phase, body.created_at, body.message_id
        if isinstance(body, ReceiptRow):
            return phase, body.read_at, body.message_id
        return phase, body.timestamp, body.event_id


def take(tables: Tables, lines: Iterable[Line], *, keep_events: bool = True) -> Outcome:
    """Applies the lines to the tables; a line that is no event is set aside.

    Args:
        keep_events: collect the new events in the outcome.
    """
    outcome = Outcome()
    placed = []
    for line in lines:
        try:
            placed.append(_Placed(interpret(line.path, line.raw), line))
        except ValueError as error:
            set_aside(tables.db, line, str(error))
            outcome.bad += 1
    placed.sort(key=_Placed.order)
    facts = [each.fact.body for each in placed]
    tables.expect(
        [body.event_id for body in facts if not isinstance(body, MessageRow | ReceiptRow)],
        [_message_of(body) for body in facts if type(body) in _PHASES],
    )
    try:
        _apply_sorted(tables, placed, outcome, keep_events)
        tables.write()
    finally:
        tables.expect_nothing()
    return outcome


_message_of = attrgetter("message_id")


def _apply_sorted(
    tables: Tables, placed: list[_Placed], outcome: Outcome, keep_events: bool
) -> None:
    groups_wait = False
    for fact, line in placed:
        body = fact.body
        if groups_wait and type(body) in _PHASES:
            groups.settle(tables)
            groups_wait = False
        try:
            is_new = apply(tables, fact, groups_later=True)
        except (ValueError, OverflowError) as error:
            set_aside(tables.db, line, str(error))
            outcome.bad += 1
            continue
        if not is_new or isinstance(body, MessageRow | ReceiptRow):
            continue
        groups_wait = groups_wait or subject(body) == ALL_GROUPS
        if keep_events:
            outcome.events.append(body)
    if groups_wait:
        groups.settle(tables)


def set_aside(db: sqlite3.Connection, line: Line, reason: str) -> None:
    """Notes a line that cannot be applied, for whoever looks after the log."""
    digest = hashlib.sha256(line.path.encode() + b"\0" + line.raw).hexdigest()[:32]
    db.execute(
        "INSERT OR IGNORE INTO bad_events (id, path, byte_offset, reason, raw)"
        " VALUES (?, ?, ?, ?, ?)",
        (digest, line.path, line.offset, reason[:500], line.raw[:KEPT_BYTES]),
    )


def unknown(db: sqlite3.Connection, lines: Iterable[Line]) -> Iterator[Line]:
    """The lines less those whose event is in the event table, byte for byte.

    A node's own lines come back with the journal and again with its commits; asked here, of a
    reading connection, they cost the writer nothing.
    """
    for line in lines:
        event_id = _place(line)[2]
        row = (
            event_id
            and db.execute(
                "SELECT event_json FROM events WHERE event_id = ?", (event_id,)
            ).fetchone()
        )
        if not row or row[0].encode() != line.raw:
            yield line


SORTED_LINES: Final = (
    "SELECT path, byte_offset, raw FROM staged_lines ORDER BY phase, timestamp, id, raw"
)
"""All staged lines in the order in which they are best applied."""


class _Head(msgspec.Struct):
    """As much of a line as its place among the staged lines depends on."""

    type: str = ""
    timestamp: str = ""
    event_id: str = ""
    created_at: str = ""
    read_at: str = ""


_head = msgspec.json.Decoder(_Head)
_TOKENS: Final = {token: _PHASES.get(struct, 0) for token, struct in events.TYPES.items()}


def stage(db: sqlite3.Connection, lines: Iterable[Line]) -> int:
    """Puts lines where `take_staged` finds them sorted; returns how many there were."""
    rows = [(*_place(line), line.path, line.offset, line.raw) for line in lines]
    db.executemany("INSERT OR IGNORE INTO staged_lines VALUES (?, ?, ?, ?, ?, ?)", rows)
    return len(rows)


def _place(line: Line) -> tuple[int, str, str]:
    """Phase, time and id. Whether the line is an event at all is seen when it is applied."""
    try:
        head = _head.decode(line.raw)
    except (ValueError, RecursionError):
        return 0, "", ""
    if line.path.startswith(ROW_PREFIXES):
        return 3, head.created_at or head.read_at, ""
    return _TOKENS.get(head.type, 0), head.timestamp, head.event_id


def take_staged(tables: Tables, count: int, *, keep_events: bool = True) -> tuple[int, Outcome]:
    """Applies the first `count` staged lines; returns how many there were and the outcome."""
    rows = tables.db.execute(
        "SELECT path, byte_offset, raw, phase, timestamp, id FROM staged_lines"
        " ORDER BY phase, timestamp, id, raw LIMIT ?",
        (count,),
    ).fetchall()
    lines = [Taken(*row[:3]) for row in rows]
    outcome = take(tables, lines, keep_events=keep_events)
    if rows:
        last = rows[-1]
        tables.db.execute(
            "DELETE FROM staged_lines WHERE (phase, timestamp, id, raw) <= (?, ?, ?, ?)",
            (*last[3:], last[2]),
        )
    return len(rows), outcome
