"""From where the messages of a list are read: by the index of the fewest that hold them all.

Each source has the messages in the order of time, so a page is read from its top; whatever the
source does not say itself is looked up for each message.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from thrum.daemon.projection.queries import tallies
from thrum.daemon.projection.queries.filters import ListFilter, Sided
from thrum.daemon.projection.queries.rows import READ, Where
from thrum.events import Pair

NEAR: Final = 500
"""Rows that may be passed over on the way to a page."""

_ALL: Final = "messages m"
_DELIVERED: Final = "message_deliveries d CROSS JOIN messages m ON m.message_id = d.message_id"
_IN_INBOX: Final = (
    "EXISTS (SELECT 1 FROM message_deliveries i WHERE i.message_id = m.message_id"
    " AND i.recipient_agent_id = ? AND i.inbox > 0)"
)
_LOOKED_UP: Final = (
    f"({_IN_INBOX} OR EXISTS (SELECT 1 FROM message_refs f WHERE f.message_id = m.message_id"
    " AND f.ref_type = 'mention' AND f.ref_value = ?))"
)
_IN_INBOX_OR_MENTIONED: Final = (
    "m.message_id IN (SELECT message_id FROM message_deliveries"
    " WHERE recipient_agent_id = ? AND inbox > 0"
    " UNION SELECT message_id FROM message_refs WHERE ref_type = 'mention' AND ref_value = ?)"
)
_MENTIONED: Final = (
    "m.message_id IN (SELECT message_id FROM message_refs"
    " WHERE ref_type = 'mention' AND ref_value IN ({}))"
)


class Source(NamedTuple):
    """Tables to read from.

    Attributes:
        tables: what follows FROM; the message is ``m``, and ``d`` a delivery where there is one.
        time: the column that holds the message's time in the source's index.
        id: the one that holds its id.
        size: how many messages the source has, about.
        sided: the scope or ref that all messages of the source have.
        of: whose deliveries it reads.
        only: what its deliveries are: ``all`` of the inbox, ``author`` (of one author), ``unread``.
        by: what its index begins with, where there is no delivery, scope or ref.
    """

    tables: str = _ALL
    time: str = "m.created_at"
    id: str = "m.message_id"
    size: float = float("inf")
    sided: Sided | None = None
    of: str = ""
    only: Literal["all", "author", "unread"] = "all"
    by: Literal["time or author", "thread", "edit"] = "time or author"


def source(db: sqlite3.Connection, wanted: ListFilter) -> Source:
    """The one with the fewest messages, of those that have all that is asked for."""
    return min(_sources(db, wanted), key=lambda each: each.size)


def _sources(db: sqlite3.Connection, wanted: ListFilter) -> Iterator[Source]:
    if wanted.for_agent and not wanted.or_mention:
        if wanted.unread_for == wanted.for_agent and not wanted.include_deleted:
            yield unread_of(db, wanted.for_agent)
        yield _inbox(db, wanted)
    for sided in wanted.pairs():
        yield _paired(db, sided)
    if wanted.thread_id:
        yield Source(size=0, by="thread")
    yield Source(size=_written(db, wanted.author_id) if wanted.author_id else float("inf"))


def unread_of(db: sqlite3.Connection, agent_id: str) -> Source:
    """What is unread in somebody's inbox."""
    size = tallies.inbox_counts(db, agent_id).unread
    return _deliveries(agent_id, size, "unread")


def _inbox(db: sqlite3.Connection, wanted: ListFilter) -> Source:
    if wanted.author_id:
        came = tallies.received(db, wanted.for_agent, wanted.author_id)
        return _deliveries(wanted.for_agent, came.total + came.deleted, "author")
    counts = tallies.inbox_counts(db, wanted.for_agent)
    return _deliveries(wanted.for_agent, counts.total + counts.deleted, "all")


def _deliveries(agent_id: str, size: int, only: Literal["all", "author", "unread"]) -> Source:
    return Source(_DELIVERED, "d.delivered_at", "d.message_id", size, of=agent_id, only=only)


def _paired(db: sqlite3.Connection, sided: Sided) -> Source:
    counts = tallies.paired(db, sided)
    tables = f"message_{sided.kind}s p CROSS JOIN messages m ON m.message_id = p.message_id"
    return Source(tables, "p.created_at", "p.message_id", counts.total + counts.deleted, sided)


def _written(db: sqlite3.Connection, author: str) -> int:
    counts = tallies.written_by(db, author)
    return counts.total + counts.deleted


def read_column(source: Source, reader: str) -> tuple[str, list[str]]:
    """Whether the reader has read a message, as a column, and the values of its marks."""
    if source.of and source.of == reader:
        return "d.read_at IS NOT NULL", []
    return READ, [reader]


def conditions(source: Source, wanted: ListFilter) -> Where:
    """What says that a row of the source is in the list."""
    where = Where()
    _where_it_lies(where, source, wanted)
    _what_it_bears(where, source, wanted)
    if wanted.author_id:
        # A plus keeps SQLite from another index than the source's.
        alone = "m.agent_id" if source.by == "time or author" else "+m.agent_id"
        column = "d.author_id" if source.of else alone
        where.add(f"{column} = ?", wanted.author_id)
    if wanted.exclude_author:
        where.add("m.agent_id != ?", wanted.exclude_author)
    if wanted.created_after:
        where.add(f"{source.time} > ?", wanted.created_after)
    if wanted.unread_for and source.only != "unread":
        if source.of == wanted.unread_for:
            where.add("d.read_at IS NULL")
        else:
            where.add(f"NOT {READ}", wanted.unread_for)
    if not wanted.include_deleted and source.only != "unread":
        where.add("d.inbox != 2" if source.of else "m.deleted = 0")
    return where


def _where_it_lies(where: Where, source: Source, wanted: ListFilter) -> None:
    """Conditions on whose inbox a message is in."""
    if source.of:
        which = "d.inbox = 1 AND d.read_at IS NULL" if source.only == "unread" else "d.inbox > 0"
        where.add(f"d.recipient_agent_id = ? AND {which}", source.of)
    if not wanted.for_agent or (source.of == wanted.for_agent and not wanted.or_mention):
        return
    if wanted.or_mention:
        # Few messages are newer than a given time, so each of them is looked up; else the other
        # way round.
        is_near = wanted.created_after or source.size <= NEAR
        either = _LOOKED_UP if is_near else _IN_INBOX_OR_MENTIONED
        where.add(either, wanted.for_agent, wanted.or_mention)
    else:
        where.add(_IN_INBOX, wanted.for_agent)


def _what_it_bears(where: Where, source: Source, wanted: ListFilter) -> None:
    """Conditions on scopes, refs and the thread."""
    for sided in wanted.pairs():
        kind, pair = sided.kind, sided.pair
        if sided == source.sided:
            where.add(f"p.{kind}_type = ? AND p.{kind}_value = ?", pair.type, pair.value)
        else:
            where.add(_bears(kind), pair.type, pair.value)
    if len(wanted.mentions) > 1:
        marks = ", ".join("?" * len(wanted.mentions))
        where.add(_MENTIONED.format(marks), *wanted.mentions)
    if wanted.thread_id:
        column = "m.thread_id" if source.by == "thread" else "+m.thread_id"
        where.add(f"{column} = ?", wanted.thread_id)


def _bears(kind: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM message_{kind}s b WHERE b.message_id = m.message_id"
        f" AND b.{kind}_type = ? AND b.{kind}_value = ?)"
    )


def mentioned(db: sqlite3.Connection, names: Sequence[str]) -> list[str]:
    """Those of the names that some message mentions."""
    named = ((name, tallies.paired(db, Sided("ref", Pair("mention", name)))) for name in names)
    return [name for name, counts in named if counts.total or counts.deleted]
