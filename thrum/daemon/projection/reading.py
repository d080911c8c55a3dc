"""Taking lines of the log into the tables, a portion at a time."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Final, NamedTuple

from msgspec import Struct, field

from gitstore import Line
from thrum import events
from thrum.daemon.projection.apply import apply, apply_row, copies, groups, withholding
from thrum.daemon.projection.apply.stored import ALL_GROUPS, subject
from thrum.daemon.projection.facts import Event, MessageRow, ReceiptRow, Row, interpret
from thrum.daemon.projection.sorting import PHASES, place
from thrum.daemon.projection.tables import Tables

KEPT_BYTES: Final = 4096
"""How much of a bad line the database keeps; the log has all of it."""


class Outcome(Struct):
    """What came of some lines: the events that were new, and how many lines were set aside."""

    events: list[Event] = field(default_factory=list)
    bad: int = 0


class _PlacedEvent(NamedTuple):
    phase: int
    event: Event
    text: str
    line: Line


class _PlacedRow(NamedTuple):
    row: Row
    text: str
    line: Line

    def order(self) -> tuple[str, str]:
        row = self.row
        return row.created_at if isinstance(row, MessageRow) else row.read_at, row.message_id


_event_order: Final = attrgetter("phase", "event.timestamp", "event.event_id")


def take(tables: Tables, lines: Iterable[Line], *, keep_events: bool = True) -> Outcome:
    """Applies the lines to the tables; a line that is no event is set aside.

    Args:
        keep_events: collect the new events in the outcome.
    """
    outcome = Outcome()
    placed, rows = _in_order(tables, lines, outcome)
    if tables.gate is not None:
        placed = _take_keys(tables, placed, outcome, keep_events)
    tables.expect(
        [each.event.event_id for each in placed],
        [_message_of(each.event) for each in placed if each.phase]
        + [each.row.message_id for each in rows],
    )
    try:
        _apply_events(tables, placed, outcome, keep_events)
        _apply_rows(tables, rows, outcome)
        tables.write()
    finally:
        tables.expect_nothing()
    return outcome


_message_of = attrgetter("message_id")


def _in_order(
    tables: Tables, lines: Iterable[Line], outcome: Outcome
) -> tuple[list[_PlacedEvent], list[_PlacedRow]]:
    """What the lines say, each in the order in which it is best applied."""
    placed: list[_PlacedEvent] = []
    rows: list[_PlacedRow] = []
    for line in lines:
        try:
            fact = interpret(line.path, line.raw)
        except ValueError as error:
            _refuse(tables, line, error, outcome)
            continue
        body = fact.body
        if isinstance(body, (MessageRow, ReceiptRow)):
            rows.append(_PlacedRow(body, fact.text, line))
        else:
            placed.append(_PlacedEvent(PHASES.get(type(body), 0), body, fact.text, line))
    placed.sort(key=_event_order)
    rows.sort(key=_PlacedRow.order)
    return placed, rows


def _take_keys(
    tables: Tables, placed: list[_PlacedEvent], outcome: Outcome, keep_events: bool
) -> list[_PlacedEvent]:
    """Applies what is said of keys, by which the rest is judged; the rest."""
    assert tables.gate is not None
    tables.gate.begin(tables.db)
    about_keys = [each for each in placed if isinstance(each.event, events.AboutKey)]
    if not about_keys:
        return placed
    _apply_events(tables, about_keys, outcome, keep_events)
    released = withholding.heed(tables)
    if keep_events:
        outcome.events += released
    return [each for each in placed if not isinstance(each.event, events.AboutKey)]


def _apply_events(
    tables: Tables, placed: list[_PlacedEvent], outcome: Outcome, keep_events: bool
) -> None:
    groups_wait = False
    for phase, event, text, line in placed:
        if groups_wait and phase:
            groups.settle(tables)
            groups_wait = False
        try:
            why = withholding.verdict(tables.gate, event, line.raw)
            is_new = apply(tables, event, text, groups_later=True, withheld=why)
        except (ValueError, OverflowError) as error:
            _refuse(tables, line, error, outcome)
            continue
        if not is_new:
            continue
        if not phase:
            groups_wait = groups_wait or subject(event) == ALL_GROUPS
        if keep_events:
            outcome.events.append(event)
    if groups_wait:
        groups.settle(tables)


def _apply_rows(tables: Tables, placed: list[_PlacedRow], outcome: Outcome) -> None:
    for row, text, line in placed:
        if tables.gate is not None and (why := tables.gate.refuses_row(line.raw)):
            set_aside(tables.db, line, why)
            continue
        try:
            apply_row(tables, row, text)
        except (ValueError, OverflowError) as error:
            _refuse(tables, line, error, outcome)


def _refuse(tables: Tables, line: Line, error: Exception, outcome: Outcome) -> None:
    set_aside(tables.db, line, str(error))
    copies.spoil(tables, line.path, line.raw)
    outcome.bad += 1


def set_aside(db: sqlite3.Connection, line: Line, reason: str) -> None:
    """Notes a line that cannot be applied, for whoever looks after the log."""
    db.execute(
        "INSERT OR IGNORE INTO bad_events (id, path, byte_offset, reason, raw)"
        " VALUES (?, ?, ?, ?, ?)",
        (line_id(line.path, line.raw), line.path, line.offset, reason[:500], line.raw[:KEPT_BYTES]),
    )


def line_id(path: str, raw: bytes) -> str:
    """The id of a line that is no event: of its file and bytes, wherever in the file it stands."""
    return hashlib.sha256(path.encode() + b"\0" + raw).hexdigest()[:32]


def unknown(db: sqlite3.Connection, lines: Iterable[Line]) -> Iterator[Line]:
    """The lines less those whose event is in the event table, byte for byte.

    A node's own lines come back with the journal and again with its commits; asked here, of a
    reading connection, they cost the writer nothing.
    """
    for line in lines:
        event_id = place(line)[2]
        row = (
            event_id
            and db.execute(
                "SELECT event_json FROM events WHERE event_id = ?", (event_id,)
            ).fetchone()
        )
        if not row or row[0].encode() != line.raw:
            yield line
