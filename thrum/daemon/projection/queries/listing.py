"""Pages of messages: of an inbox, or of whatever filters leave.

Pages are read from indexes and their numbers from what is kept, so they cost the same however many
messages there are, for all messages, one inbox, or one scope or ref, by whomever and read or not.
Where two of these meet, and for a thread or since a time, what is found is counted; a list by
conversation is sorted.
"""

from __future__ import annotations

import sqlite3
from itertools import takewhile
from typing import Final

import msgspec

from thrum.daemon.projection.queries import tallies, totals
from thrum.daemon.projection.queries.filters import ListFilter
from thrum.daemon.projection.queries.rows import (
    COLUMNS,
    Page,
    Room,
    Row,
    Where,
    add_audiences,
    add_pairs,
    as_row,
    pages,
)
from thrum.daemon.projection.queries.sources import (
    NEAR,
    Source,
    conditions,
    mentioned,
    read_column,
    source,
    unread_of,
)

MOST_ON_A_PAGE: Final = 100

FEW: Final = 100
"""Unread messages that are looked through on the way to a page."""


class Listed(Page, omit_defaults=True):
    """A page of messages, and how many there are in all and unread.

    `truncated` says that more are on the page than fit into an answer: the same question, with
    `skip` as the number of those that came, gives the next of them.
    """

    unread: int
    hidden_by_filter: int = 0
    truncated: bool = False


def is_quick(wanted: ListFilter) -> bool:
    """Whether the page costs well below a millisecond however many messages there are."""
    if wanted.page * wanted.page_size > NEAR or wanted.sort_by != "created_at":
        return False
    if not wanted.is_unbroken() or wanted.pairs():
        return False
    agent_id = wanted.for_agent
    if not agent_id:
        return not wanted.unread_for and wanted.exclude_author in ("", wanted.reader)
    others = {wanted.unread_for, wanted.exclude_author, wanted.reader} - {"", agent_id}
    return not (others or wanted.author_id or wanted.include_deleted or wanted.by_conversation)


def list_messages(db: sqlite3.Connection, wanted: ListFilter) -> Listed:
    """A page of the messages that the filter lets through."""
    if len(wanted.mentions) > 1:
        known = mentioned(db, wanted.mentions) or wanted.mentions[:1]
        wanted = msgspec.structs.replace(wanted, mentions=known)
    unread = _unread(db, wanted)
    total = unread if _counts_unread(wanted) else _total(db, wanted)
    room, size = Room(), wanted.page_size
    found = _rows(db, wanted, total, room) if _window(wanted)[1] < total else []
    add_pairs(db, found)
    add_audiences(db, found)
    last = pages(total, size)
    return Listed(found, total, wanted.page, size, last, unread, truncated=room.is_full)


def _window(wanted: ListFilter) -> tuple[int, int]:
    """How many messages, and how many come before them."""
    size, skip = wanted.page_size, wanted.skip
    return max(size - skip, 0), (wanted.page - 1) * size + skip


def _counts_unread(wanted: ListFilter) -> bool:
    """Whether what is listed is exactly what the reader has not read."""
    is_readers = bool(wanted.reader) and wanted.unread_for == wanted.reader
    return is_readers and not (wanted.author_id or wanted.include_deleted)


def _unread(db: sqlite3.Connection, wanted: ListFilter) -> int:
    """How many of the messages the reader has not read; 0 when nobody is said to read."""
    if not wanted.reader:
        return 0
    known = totals.unread(db, wanted)
    if known is not None:
        return known
    # Everything but the author and unread filters, which do not narrow this number.
    return _count(
        db,
        msgspec.structs.replace(
            wanted, author_id="", unread_for=wanted.reader, include_deleted=False
        ),
    )


def _total(db: sqlite3.Connection, wanted: ListFilter) -> int:
    known = totals.total(db, wanted)
    return _count(db, wanted) if known is None else known


def _count(db: sqlite3.Connection, wanted: ListFilter, of: Source | None = None) -> int:
    of = of or source(db, wanted)
    where = conditions(of, wanted)
    row = db.execute(f"SELECT count(*) FROM {of.tables}{where.sql()}", where.values).fetchone()
    return int(row[0])


def _rows(db: sqlite3.Connection, wanted: ListFilter, total: int, room: Room) -> list[Row]:
    of = _unread_source(db, wanted, total) or source(db, wanted)
    if wanted.by_conversation:
        return _read(db, wanted, of, _BY_CONVERSATION, room)
    if wanted.sort_by == "updated_at":
        return _by_edits(db, wanted, of, room)
    return _read(db, wanted, of, _by_time(wanted, of), room)


def _unread_source(db: sqlite3.Connection, wanted: ListFilter, total: int) -> Source | None:
    """What is unread in an inbox, if all that is asked for lies there and it is not much.

    A page of what is unread is found by it below much that was read.
    """
    if not wanted.unread_for or wanted.include_deleted:
        return None
    of = unread_of(db, wanted.unread_for)
    if total > of.size:
        return None
    if of.size > FEW:
        is_whole = wanted.is_unbroken() and not (wanted.for_agent or wanted.pairs())
        lies_there = is_whole and not tallies.unreached(db, wanted.unread_for)
        return of if lies_there and not wanted.author_id else None
    return of if _count(db, wanted, of) == total else None


def _by_time(wanted: ListFilter, of: Source) -> str:
    way = "ASC" if wanted.ascending else "DESC"
    return f"{of.time} {way}, {of.id} {way}"


def _read(
    db: sqlite3.Connection,
    wanted: ListFilter,
    of: Source,
    order: str,
    room: Room,
    more: str = "",
    window: tuple[int, int] | None = None,
) -> list[Row]:
    """The messages of a window (the page, if none is given) in an order, as far as there is room.

    Args:
        more: a condition besides.
    """
    where = conditions(of, wanted)
    if more:
        where.add(more)
    column, values = read_column(of, wanted.reader or wanted.for_agent)
    rows = db.execute(
        f"SELECT {COLUMNS}, {column} FROM {of.tables}{where.sql()}"
        f" ORDER BY {order} LIMIT ? OFFSET ?",
        (*values, *where.values, *(window or _window(wanted))),
    )
    # One after the other: what does not fit is not even read.
    return list(takewhile(room.takes, (as_row(values, bool(values[-1])) for values in rows)))


_BY_CONVERSATION: Final = "coalesce(m.reply_to, m.message_id), m.created_at, m.message_id"
_EDITED: Final = "m.updated_at IS NOT NULL"
_AS_SENT: Final = "m.updated_at IS NULL"


def _by_edits(db: sqlite3.Connection, wanted: ListFilter, of: Source, room: Room) -> list[Row]:
    """By the time of the last edit. Those never edited, mostly nearly all, are the oldest.

    So the page is one of few edited messages, one of the others by their own time, or both.
    """
    size, offset = _window(wanted)
    way = "ASC" if wanted.ascending else "DESC"
    by_edit = f"m.updated_at {way}, m.created_at {way}, m.message_id {way}"
    edited = _edited_source(db, of)
    if edited is None:
        return _read(db, wanted, of, by_edit, room)
    parts = [(edited, by_edit, _EDITED), (of, _by_time(wanted, of), _AS_SENT)]
    found: list[Row] = []
    for which, order, more in reversed(parts) if wanted.ascending else parts:
        part = _read(db, wanted, which, order, room, more, (size - len(found), offset))
        found += part
        if len(found) == size or room.is_full:
            break
        offset = 0 if part else offset - _count_of(db, wanted, which, more)
    return found


def _edited_source(db: sqlite3.Connection, of: Source) -> Source | None:
    """All messages that were edited, unless there are many and fewer of what is asked for."""
    near = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM messages WHERE updated_at IS NOT NULL LIMIT ?)",
        (NEAR + 1,),
    ).fetchone()[0]
    return None if near > NEAR and of.size != float("inf") else Source(size=near, by="edit")


def _count_of(db: sqlite3.Connection, wanted: ListFilter, of: Source, more: str) -> int:
    where: Where = conditions(of, wanted)
    where.add(more)
    row = db.execute(f"SELECT count(*) FROM {of.tables}{where.sql()}", where.values).fetchone()
    return int(row[0])
