"""A stretch of messages in the order of time, from one of them on, backwards or forwards.

What comes meanwhile moves nothing, as it does where pages have numbers. Each source is read from an
index that has it in that order, so a stretch costs what it holds, wherever it lies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Final, Literal, NamedTuple

import msgspec

from thrum.daemon.projection.queries.rows import (
    COLUMNS,
    READ,
    Room,
    Row,
    add_audiences,
    add_pairs,
    as_row,
    recipients,
)

Point = tuple[str, str]
"""Time and id of a message."""


class Source(NamedTuple):
    """Messages of one kind, as an index has them.

    Attributes:
        tables: what follows FROM; the message is ``m``.
        point: the columns of time and id in the index.
        condition: which of them, with its values.
    """

    tables: str
    point: str
    condition: str
    values: tuple[str, ...] = ()


_DELIVERED: Final = "message_deliveries d CROSS JOIN messages m ON m.message_id = d.message_id"
_AT: Final = "m.created_at, m.message_id"


def everything() -> list[Source]:
    """All messages."""
    return [Source("messages m", _AT, "TRUE")]


def of_thread(thread_id: str) -> list[Source]:
    """A thread."""
    return [Source("messages m", _AT, "m.thread_id = ?", (thread_id,))]


def by(author: str) -> list[Source]:
    """What somebody wrote."""
    return [Source("messages m", _AT, "m.agent_id = ?", (author,))]


def inbox(agent_id: str, *, unread: bool = False) -> list[Source]:
    """What lies in an inbox, or of it only what its owner has not read."""
    which = "d.inbox = 1 AND d.read_at IS NULL" if unread else "d.inbox > 0"
    condition = f"d.recipient_agent_id = ? AND {which}"
    return [Source(_DELIVERED, "d.delivered_at, d.message_id", condition, (agent_id,))]


def between(one: str, other: str) -> list[Source]:
    """What each of two has from the other."""
    condition = "d.recipient_agent_id = ? AND d.author_id = ? AND d.inbox > 0"
    return [
        Source(_DELIVERED, "d.delivered_at, d.message_id", condition, pair)
        for pair in ((one, other), (other, one))
    ]


def bearing(kind: Literal["scope", "ref"], type: str, value: str) -> list[Source]:
    """What has a scope or a ref."""
    tables = f"message_{kind}s p CROSS JOIN messages m ON m.message_id = p.message_id"
    condition = f"p.{kind}_type = ? AND p.{kind}_value = ?"
    return [Source(tables, "p.created_at, p.message_id", condition, (type, value))]


class Stretch(msgspec.Struct):
    """Messages, the oldest first, and whether there are older and newer ones than these."""

    messages: list[Row]
    older: bool
    newer: bool


def point_of(db: sqlite3.Connection, message_id: str) -> Point | None:
    """Where a message stands; None if there is no such message."""
    row = db.execute(
        "SELECT created_at, message_id FROM messages WHERE message_id = ?", (message_id,)
    ).fetchone()
    return (row[0], row[1]) if row else None


def stretch(
    db: sqlite3.Connection,
    sources: Sequence[Source],
    limit: int,
    reader: str,
    *,
    before: Point | None = None,
    after: Point | None = None,
    include_deleted: bool = False,
) -> Stretch:
    """At most so many messages next to a point, and as many as fit, with whom they reached.

    Args:
        sources: where they lie; what lies in several counts once.
        reader: whose reading marks are shown.
        before: the newest ones that are older; neither: the newest of all.
        after: the oldest ones that are newer.
    """
    found: dict[str, Row] = {}
    for each in sources:
        for row in _read(db, each, limit + 1, reader, before, after, include_deleted):
            found[row.message_id] = row
    forwards = after is not None
    rows = sorted(found.values(), key=_point, reverse=not forwards)
    fitting = list(takewhile(Room().takes, rows[:limit]))
    more, rows = len(rows) > len(fitting), sorted(fitting, key=_point)
    _fill(db, rows)
    if forwards:
        return Stretch(rows, True, more)
    return Stretch(rows, more, before is not None)


def _read(
    db: sqlite3.Connection,
    source: Source,
    limit: int,
    reader: str,
    before: Point | None,
    after: Point | None,
    include_deleted: bool,
) -> Iterable[Row]:
    conditions, values = [source.condition], [reader, *source.values]
    at = after or before
    if at is not None:
        conditions.append(f"({source.point}) {'>' if after else '<'} (?, ?)")
        values += at
    if not include_deleted:
        conditions.append("m.deleted = 0")
    way = "ASC" if after else "DESC"
    order = ", ".join(f"{column} {way}" for column in source.point.split(", "))
    rows = db.execute(
        f"SELECT {COLUMNS}, {READ} FROM {source.tables} WHERE {' AND '.join(conditions)}"
        f" ORDER BY {order} LIMIT {limit}",
        values,
    )
    return [as_row(each, bool(each[-1])) for each in rows]


def _point(row: Row) -> Point:
    return row.created_at, row.message_id


def _fill(db: sqlite3.Connection, rows: list[Row]) -> None:
    add_pairs(db, rows)
    add_audiences(db, rows)
    for row in rows:
        row.recipients = recipients(db, row.message_id, row.agent_id) or None
        row.read_count = sum(1 for each in row.recipients or () if each.read_at)
