"""Pages of messages: of an inbox, or of whatever filters leave; and an inbox in numbers.

Pages of an inbox and of everything are read from indexes and their numbers from counters, so they
cost the same however many messages there are. Other filters count what they find.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from thrum.daemon.projection.queries.rows import (
    COLUMNS,
    READ,
    Page,
    Row,
    Where,
    add_audiences,
    add_pairs,
    as_row,
    pages,
)
from thrum.daemon.projection.queries.tallies import (
    Written,
    inbox_counts,
    unreached,
    unread_by,
    written,
    written_by,
)
from thrum.events import Pair

MOST_ON_A_PAGE: Final = 100


class ListFilter(msgspec.Struct, kw_only=True):
    """Which messages, in which order, which page.

    Attributes:
        for_agent: only the inbox of that agent (its id).
        or_mention: besides the inbox (or alone), messages with that mention ref.
        mentions: only messages with one of these mention refs.
        unread_for: only messages that this agent has not read.
        reader: whose reading `is_read` and `unread` tell.
        exclude_author: not those by that agent.
        created_after: only later ones (fixed-width time).
        sort_by: ``created_at`` or ``updated_at`` (never edited ones last).
        by_conversation: grouped by the message that is answered, ascending.
    """

    for_agent: str = ""
    or_mention: str = ""
    mentions: Sequence[str] = ()
    scope: Pair | None = None
    ref: Pair | None = None
    thread_id: str = ""
    author_id: str = ""
    unread_for: str = ""
    reader: str = ""
    exclude_author: str = ""
    created_after: str = ""
    include_deleted: bool = False
    sort_by: str = "created_at"
    ascending: bool = False
    by_conversation: bool = False
    page: int = 1
    page_size: int = 10


class Listed(Page, omit_defaults=True):
    """A page of messages, and how many there are in all and unread."""

    unread: int
    hidden_by_filter: int = 0


def is_quick(wanted: ListFilter) -> bool:
    """Whether the page costs well below a millisecond however many messages there are."""
    if wanted.page * wanted.page_size > _NEAR:
        return False
    return _is_plain_inbox(wanted) or (_is_whole(wanted) and not wanted.unread_for)


def list_messages(db: sqlite3.Connection, wanted: ListFilter) -> Listed:
    """A page of the messages that the filter lets through."""
    if _is_plain_inbox(wanted):
        return _inbox_page(db, wanted)
    return _filtered_page(db, wanted)


def _is_unnarrowed(wanted: ListFilter) -> bool:
    """Whether all messages of an inbox, or all there are, but for authors and what is read."""
    return not (
        wanted.or_mention
        or wanted.mentions
        or wanted.scope
        or wanted.ref
        or wanted.thread_id
        or wanted.created_after
    )


def _is_plain_inbox(wanted: ListFilter) -> bool:
    agent_id = wanted.for_agent
    return (
        bool(agent_id)
        and wanted.unread_for in ("", agent_id)
        and wanted.exclude_author in ("", agent_id)
        and wanted.reader in ("", agent_id)
        and wanted.sort_by == "created_at"
        and _is_unnarrowed(wanted)
        and not (wanted.author_id or wanted.include_deleted or wanted.by_conversation)
    )


def _is_whole(wanted: ListFilter) -> bool:
    """Whether it is a page of everything, as those who watch ask for it."""
    return (
        not (wanted.for_agent or wanted.author_id)
        and wanted.exclude_author in ("", wanted.reader)
        and wanted.sort_by == "created_at"
        and _is_unnarrowed(wanted)
    )


def _inbox_page(db: sqlite3.Connection, wanted: ListFilter) -> Listed:
    counts = inbox_counts(db, wanted.for_agent)
    if wanted.unread_for:
        total = counts.unread
    else:
        total = counts.total - (counts.own if wanted.exclude_author else 0)
    rows = _inbox_rows(db, wanted) if _window(wanted)[1] < total else []
    return _listed(wanted, rows, total, counts.unread)


def _inbox_rows(db: sqlite3.Connection, wanted: ListFilter) -> list[Row]:
    if wanted.unread_for:
        which = "d.inbox = 1 AND d.read_at IS NULL"
    elif wanted.exclude_author:
        which = "d.inbox > 0 AND d.inbox = 1"
    else:
        which = "d.inbox > 0 AND d.inbox != 2"
    way = "ASC" if wanted.ascending else "DESC"
    rows = db.execute(
        f"SELECT {COLUMNS}, d.read_at FROM message_deliveries d"
        " CROSS JOIN messages m ON m.message_id = d.message_id"
        f" WHERE d.recipient_agent_id = ? AND {which}"
        f" ORDER BY d.delivered_at {way}, d.message_id {way} LIMIT ? OFFSET ?",
        (wanted.for_agent, *_window(wanted)),
    ).fetchall()
    found = [as_row(values, values[-1] is not None) for values in rows]
    add_pairs(db, found)
    add_audiences(db, found)
    return found


def _listed(wanted: ListFilter, found: list[Row], total: int, unread: int) -> Listed:
    size = wanted.page_size
    return Listed(found, total, wanted.page, size, pages(total, size), unread)


def _window(wanted: ListFilter) -> tuple[int, int]:
    return wanted.page_size, (wanted.page - 1) * wanted.page_size


_IN_INBOX = "d.recipient_agent_id = ? AND d.inbox > 0"
_LOOKED_UP = (
    "(EXISTS (SELECT 1 FROM message_deliveries i WHERE i.message_id = m.message_id"
    " AND i.recipient_agent_id = ? AND i.inbox > 0)"
    " OR EXISTS (SELECT 1 FROM message_refs f WHERE f.message_id = m.message_id"
    " AND f.ref_type = 'mention' AND f.ref_value = ?))"
)
_IN_INBOX_OR_MENTIONED = (
    "m.message_id IN (SELECT message_id FROM message_deliveries"
    " WHERE recipient_agent_id = ? AND inbox > 0"
    " UNION SELECT message_id FROM message_refs WHERE ref_type = 'mention' AND ref_value = ?)"
)
_MENTIONED = (
    "m.message_id IN (SELECT message_id FROM message_refs"
    " WHERE ref_type = 'mention' AND ref_value IN ({}))"
)
_NEAR: Final = 500
"""Rows that may be passed over on the way to a page."""
_NOT_DELETED: Final = "m.deleted = 0"


def _audience_conditions(where: Where, wanted: ListFilter) -> None:
    if wanted.for_agent and wanted.or_mention:
        # Few messages are newer than a given time, so each of them is looked up; else the other
        # way round.
        either = _LOOKED_UP if wanted.created_after else _IN_INBOX_OR_MENTIONED
        where.add(either, wanted.for_agent, wanted.or_mention)
    elif wanted.for_agent:
        where.add(_IN_INBOX, wanted.for_agent)
    elif wanted.or_mention:
        where.add(_MENTIONED.format("?"), wanted.or_mention)
    if wanted.mentions:
        marks = ", ".join("?" * len(wanted.mentions))
        where.add(_MENTIONED.format(marks), *wanted.mentions)


def _common_conditions(wanted: ListFilter) -> Where:
    """Everything but the author and unread filters, which the unread count leaves out."""
    where = Where()
    _audience_conditions(where, wanted)
    if wanted.scope:
        where.add(
            "m.message_id IN (SELECT message_id FROM message_scopes"
            " WHERE scope_type = ? AND scope_value = ?)",
            wanted.scope.type,
            wanted.scope.value,
        )
    if wanted.ref:
        where.add(
            "m.message_id IN (SELECT message_id FROM message_refs"
            " WHERE ref_type = ? AND ref_value = ?)",
            wanted.ref.type,
            wanted.ref.value,
        )
    if wanted.thread_id:
        where.add("m.thread_id = ?", wanted.thread_id)
    if wanted.exclude_author:
        where.add("m.agent_id != ?", wanted.exclude_author)
    if wanted.created_after:
        column = "d.delivered_at" if _joins(wanted) else "m.created_at"
        where.add(f"{column} > ?", wanted.created_after)
    return where


def _joins(wanted: ListFilter) -> bool:
    """Whether the messages are reached by way of the inbox's index."""
    return bool(wanted.for_agent) and not wanted.or_mention


def _source(wanted: ListFilter) -> str:
    if _joins(wanted):
        return "message_deliveries d CROSS JOIN messages m ON m.message_id = d.message_id"
    return "messages m"


def _filtered_page(db: sqlite3.Connection, wanted: ListFilter) -> Listed:
    unread = _unread(db, wanted)
    where = _common_conditions(wanted)
    if wanted.author_id:
        where.add("m.agent_id = ?", wanted.author_id)
    if wanted.unread_for:
        where.add(f"NOT {READ}", wanted.unread_for)
    if not wanted.include_deleted:
        where.add(_NOT_DELETED)
    if _counts_unread(wanted):
        total = unread
    else:
        known = _known_total(db, wanted)
        total = _count(db, wanted, where) if known is None else known
    if _window(wanted)[1] >= total:
        return _listed(wanted, [], total, unread)
    if _counts_unread(wanted) and _is_whole(wanted) and not unreached(db, wanted.reader):
        # All that is unread lies in the inbox, whose index holds nothing else.
        found = _inbox_rows(db, msgspec.structs.replace(wanted, for_agent=wanted.unread_for))
        return _listed(wanted, found, total, unread)
    return _listed(wanted, _rows(db, wanted, where), total, unread)


def _rows(db: sqlite3.Connection, wanted: ListFilter, where: Where) -> list[Row]:
    rows = db.execute(
        f"SELECT {COLUMNS}, {READ} FROM {_source(wanted)}{where.sql()}"
        f" ORDER BY {_order(wanted)} LIMIT ? OFFSET ?",
        (wanted.reader or wanted.for_agent, *where.values, *_window(wanted)),
    ).fetchall()
    found = [as_row(values, bool(values[-1])) for values in rows]
    add_pairs(db, found)
    add_audiences(db, found)
    return found


def _count(db: sqlite3.Connection, wanted: ListFilter, where: Where) -> int:
    count: int = db.execute(
        f"SELECT count(*) FROM {_source(wanted)}{where.sql()}",
        where.values,
    ).fetchone()[0]
    return count


def _counts_unread(wanted: ListFilter) -> bool:
    """Whether what is listed is exactly what the reader has not read."""
    is_readers = bool(wanted.reader) and wanted.unread_for == wanted.reader
    return is_readers and not (wanted.author_id or wanted.include_deleted)


def _known_total(db: sqlite3.Connection, wanted: ListFilter) -> int | None:
    """How many there are, where that need not be counted."""
    if wanted.unread_for or not _is_unnarrowed(wanted):
        return None
    author, excluded = wanted.author_id, wanted.exclude_author
    if not wanted.for_agent:
        if author == excluded and author:
            return 0
        found = written_by(db, author) if author else written(db)
        less = written_by(db, excluded) if excluded and not author else Written()
        total = found.total - less.total
        return total + (found.deleted - less.deleted if wanted.include_deleted else 0)
    if author or excluded not in ("", wanted.for_agent) or (excluded and wanted.include_deleted):
        return None
    counts = inbox_counts(db, wanted.for_agent)
    total = counts.total - (counts.own if excluded else 0)
    return total + (counts.deleted if wanted.include_deleted else 0)


def _order(wanted: ListFilter) -> str:
    if wanted.by_conversation:
        return "coalesce(m.reply_to, m.message_id), m.created_at, m.message_id"
    way = "ASC" if wanted.ascending else "DESC"
    if wanted.sort_by == "updated_at":
        return f"m.updated_at {way}, m.created_at {way}, m.message_id {way}"
    if _joins(wanted):
        return f"d.delivered_at {way}, d.message_id {way}"
    return f"m.created_at {way}, m.message_id {way}"


def _unread(db: sqlite3.Connection, wanted: ListFilter) -> int:
    """How many of the messages the reader has not read; 0 when nobody is said to read."""
    if not wanted.reader:
        return 0
    known = _known_unread(db, wanted)
    if known is not None:
        return known
    where = _common_conditions(wanted)
    where.add(f"NOT {READ}", wanted.reader)
    where.add(_NOT_DELETED)
    return _count(db, wanted, where)


def _known_unread(db: sqlite3.Connection, wanted: ListFilter) -> int | None:
    """The same, where it need not be counted. What somebody wrote is read, so it makes no odds."""
    if not _is_unnarrowed(wanted) or wanted.exclude_author not in ("", wanted.reader):
        return None
    if not wanted.for_agent:
        return unread_by(db, wanted.reader)
    if wanted.for_agent == wanted.reader:
        return inbox_counts(db, wanted.reader).unread
    return None
