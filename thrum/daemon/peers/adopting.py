"""Taking in what a peer holds: the same events, by the same way, as those that git brings.

A line that is adopted is applied as one that was fetched is, and goes into our log byte for byte,
to the shard where its author's node put it. So it does not matter by which way an event comes
first, and a merge finds that both copies are one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from gitstore import Line
from thrum.daemon.projection.facts import Event, MessageRow, ReceiptRow, interpret
from thrum.daemon.projection.reading import take
from thrum.daemon.routing import EVENTS, shard
from thrum.daemon.transaction import Transaction
from thrum.errors import ThrumError


@dataclass(slots=True)
class Candidate:
    """An event that a peer sent."""

    raw: bytes
    event: Event


@dataclass(slots=True)
class Sorted:
    """What a peer sent, sorted out.

    Attributes:
        wanted: events that are not here, or of which another copy is.
        known: how many are.
        refused: why others are none that we take, a sentence each.
    """

    wanted: list[Candidate] = field(default_factory=list)
    known: int = 0
    refused: list[str] = field(default_factory=list)


def sort_out(db: sqlite3.Connection, raws: Iterable[bytes], daemon_id: str) -> Sorted:
    """Sorts out what a peer sent; only asks.

    Args:
        db: the projection.
        raws: the events as they came.
        daemon_id: ours. What we made is here, or was purged: who brings another event of ours made
            it up.
    """
    found = Sorted()
    for raw in raws:
        try:
            line = _one_line(raw)
            body = interpret(EVENTS, line).body
        except ValueError as error:
            found.refused.append(f"what is no event: {error}")
            continue
        if isinstance(body, MessageRow | ReceiptRow):
            found.refused.append("what is no event: a row")
        elif _is_here(db, body.event_id, line):
            found.known += 1
        elif body.origin_daemon == daemon_id:
            found.refused.append(f"{body.event_id}, which claims to be ours")
        else:
            found.wanted.append(Candidate(line, body))
    return found


def _one_line(raw: bytes) -> bytes:
    """The bytes as they are, or in one line if they are in several."""
    if b"\n" not in raw and b"\r" not in raw:
        return raw
    return msgspec.json.encode(msgspec.json.decode(raw))


def _is_here(db: sqlite3.Connection, event_id: str, line: bytes) -> bool:
    """Whether the event is here, byte for byte; of several copies one stands, see `copies`."""
    sql = "SELECT event_json FROM events WHERE event_id = ?"
    row = db.execute(sql, (event_id,)).fetchone()
    return row is not None and row[0].encode() == line


def adopt(transaction: Transaction, wanted: Sequence[Candidate]) -> int:
    """Applies events of a peer, and has them kept in our log; how many were new.

    What a purge covers is left out. A copy that takes the place of one that was here is kept, too;
    so is one that came by another way meanwhile, which does no harm.
    """
    raws = {each.event.event_id: each.raw for each in wanted}
    outcome = take(transaction.tables, [Line(EVENTS, 0, raw) for raw in raws.values()])
    new = {event.event_id for event in outcome.events}
    for event in outcome.events:
        transaction.lines.append((_shard(transaction, event), raws[event.event_id]))
        transaction.news.append((event, False))
    for each in wanted:
        if each.event.event_id not in new and _is_here(
            transaction.db, each.event.event_id, each.raw
        ):
            transaction.lines.append((_shard(transaction, each.event), each.raw))
    return len(new)


def _shard(transaction: Transaction, event: Event) -> str:
    """The shard where the event's own node put it."""
    try:
        return shard(transaction.tables, event)
    except ThrumError:
        # It is about a message that has not come yet. Where it stands matters to merges alone, and
        # the same event in two files is applied once.
        return EVENTS
