"""Messages: one, a page of an inbox or of anything, an outbox, counts.

Inbox pages and counts are read from the deliveries' index and from `inbox_counts`, so they cost
the same however many messages there are. Other filters count what they find.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from thrum.events import Body, Pair

MOST_ON_A_PAGE: Final = 100


class Recipient(msgspec.Struct, omit_defaults=True):
    """Whom a message reached, and what became of it there."""

    agent_id: str
    delivered_at: str = ""
    seen_at: str = ""
    read_at: str = ""


class Row(msgspec.Struct, omit_defaults=True):
    """A message in a list."""

    message_id: str
    agent_id: str
    body: Body
    created_at: str
    deleted: bool
    is_read: bool
    thread_id: str = ""
    reply_to: str = ""
    updated_at: str = ""
    session_id: str = ""
    authored_by: str = ""
    disclosed: bool = False
    scopes: list[Pair] | None = None
    refs: list[Pair] | None = None
    audiences: list[Pair] | None = None
    recipients: list[Recipient] | None = None
    read_count: int = 0


class Message(msgspec.Struct):
    """One message in full; `version` counts its edits."""

    message_id: str
    agent_id: str
    session_id: str
    body: Body
    scopes: list[Pair]
    refs: list[Pair]
    created_at: str
    deleted: bool
    thread_id: str
    reply_to: str
    updated_at: str
    deleted_at: str
    delete_reason: str
    authored_by: str
    disclosed: bool
    idempotency_key: str
    event_id: str
    origin_daemon: str
    version: int
    audiences: list[Pair]
    recipients: list[Recipient]


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


class Page(msgspec.Struct):
    """A page of messages and how many there are in all."""

    rows: list[Row]
    total: int
    unread: int
    page: int
    page_size: int
    hidden_by_filter: int = 0

    @property
    def total_pages(self) -> int:
        """Pages needed for all; 0 when there is nothing."""
        return -(-self.total // self.page_size)


class Counts(msgspec.Struct):
    """An inbox in numbers: not deleted, of these unread, of these by the agent itself, deleted."""

    total: int = 0
    unread: int = 0
    own: int = 0
    deleted: int = 0


def inbox_counts(db: sqlite3.Connection, agent_id: str) -> Counts:
    """The numbers of the agent's inbox."""
    row = db.execute(
        "SELECT total, unread, own, deleted FROM inbox_counts WHERE agent_id = ?", (agent_id,)
    ).fetchone()
    return Counts(*row) if row else Counts()


def unread_count(db: sqlite3.Connection, agent_id: str) -> int:
    """Unread messages by others in the agent's inbox."""
    return inbox_counts(db, agent_id).unread


_COLUMNS = (
    "m.message_id, m.agent_id, m.body_content, m.body_format, m.body_structured, m.created_at,"
    " m.deleted, m.thread_id, m.reply_to, m.updated_at, m.session_id, m.authored_by, m.disclosed"
)


def _row(values: tuple[Any, ...], is_read: bool) -> Row:
    return Row(
        message_id=values[0],
        agent_id=values[1],
        body=Body(values[2], values[3], values[4] or ""),
        created_at=values[5],
        deleted=bool(values[6]),
        is_read=is_read,
        thread_id=values[7] or "",
        reply_to=values[8] or "",
        updated_at=values[9] or "",
        session_id=values[10],
        authored_by=values[11] or "",
        disclosed=bool(values[12]),
    )


def is_quick(wanted: ListFilter) -> bool:
    """Whether the page costs well below a millisecond however many messages there are."""
    return _is_plain_inbox(wanted) and wanted.page * wanted.page_size <= _NEAR


def list_messages(db: sqlite3.Connection, wanted: ListFilter) -> Page:
    """A page of the messages that the filter lets through."""
    if _is_plain_inbox(wanted):
        return _inbox_page(db, wanted)
    return _filtered_page(db, wanted)


def _is_plain_inbox(wanted: ListFilter) -> bool:
    agent_id = wanted.for_agent
    return (
        bool(agent_id)
        and wanted.unread_for in ("", agent_id)
        and wanted.exclude_author in ("", agent_id)
        and wanted.reader in ("", agent_id)
        and wanted.sort_by == "created_at"
        and not (
            wanted.or_mention
            or wanted.mentions
            or wanted.scope
            or wanted.ref
            or wanted.thread_id
            or wanted.author_id
            or wanted.created_after
            or wanted.include_deleted
            or wanted.by_conversation
        )
    )


def _inbox_page(db: sqlite3.Connection, wanted: ListFilter) -> Page:
    counts = inbox_counts(db, wanted.for_agent)
    if wanted.unread_for:
        which, total = "d.inbox = 1 AND d.read_at IS NULL", counts.unread
    elif wanted.exclude_author:
        which, total = "d.inbox > 0 AND d.inbox = 1", counts.total - counts.own
    else:
        which, total = "d.inbox > 0 AND d.inbox != 2", counts.total
    way = "ASC" if wanted.ascending else "DESC"
    rows = db.execute(
        f"SELECT {_COLUMNS}, d.read_at FROM message_deliveries d"
        " CROSS JOIN messages m ON m.message_id = d.message_id"
        f" WHERE d.recipient_agent_id = ? AND {which}"
        f" ORDER BY d.delivered_at {way}, d.message_id {way} LIMIT ? OFFSET ?",
        (wanted.for_agent, *_window(wanted)),
    ).fetchall()
    found = [_row(values, values[-1] is not None) for values in rows]
    _add_pairs(db, found)
    return Page(found, total, counts.unread, wanted.page, wanted.page_size)


def _window(wanted: ListFilter) -> tuple[int, int]:
    return wanted.page_size, (wanted.page - 1) * wanted.page_size


class _Where:
    """Conditions that AND together, with their values."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.values: list[Any] = []

    def add(self, condition: str, *values: Any) -> None:
        self.conditions.append(condition)
        self.values += values

    def sql(self) -> str:
        return f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""


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
_READ = (
    "EXISTS (SELECT 1 FROM message_deliveries r WHERE r.message_id = m.message_id"
    " AND r.recipient_agent_id = ? AND r.read_at IS NOT NULL)"
)
_NEAR: Final = 500
"""Rows that may be passed over on the way to a page."""
_NOT_DELETED: Final = "m.deleted = 0"


def _audience_conditions(where: _Where, wanted: ListFilter) -> None:
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


def _common_conditions(wanted: ListFilter) -> _Where:
    """Everything but the author and unread filters, which the unread count leaves out."""
    where = _Where()
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


_COUNT_ALL = (
    "SELECT (SELECT count(*) FROM messages) - (SELECT count(*) FROM messages WHERE deleted = 1)"
)


def _count(db: sqlite3.Connection, wanted: ListFilter, where: _Where) -> int:
    if where.conditions == [_NOT_DELETED]:
        count: int = db.execute(_COUNT_ALL).fetchone()[0]
    else:
        count = db.execute(
            f"SELECT count(*) FROM {_source(wanted)}{where.sql()}",
            where.values,
        ).fetchone()[0]
    return count


def _filtered_page(db: sqlite3.Connection, wanted: ListFilter) -> Page:
    unread = _unread(db, wanted)
    where = _common_conditions(wanted)
    if wanted.author_id:
        where.add("m.agent_id = ?", wanted.author_id)
    if wanted.unread_for:
        where.add(f"NOT {_READ}", wanted.unread_for)
    if not wanted.include_deleted:
        where.add(_NOT_DELETED)
    total = _count(db, wanted, where)
    rows = db.execute(
        f"SELECT {_COLUMNS}, {_READ} FROM {_source(wanted)}{where.sql()}"
        f" ORDER BY {_order(wanted)} LIMIT ? OFFSET ?",
        (wanted.reader or wanted.for_agent, *where.values, *_window(wanted)),
    ).fetchall()
    found = [_row(values, bool(values[-1])) for values in rows]
    _add_pairs(db, found)
    return Page(found, total, unread, wanted.page, wanted.page_size)


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
    where = _common_conditions(wanted)
    where.add(f"NOT {_READ}", wanted.reader)
    where.add(_NOT_DELETED)
    return _count(db, wanted, where)


def _add_pairs(db: sqlite3.Connection, rows: list[Row]) -> None:
    """Fills scopes and refs of the rows."""
    by_id = {row.message_id: row for row in rows}
    for message_id, kind, value in _of_messages(db, "message_refs", by_id):
        row = by_id[message_id]
        row.refs = [*(row.refs or ()), Pair(kind, value)]
    for message_id, kind, value in _of_messages(db, "message_scopes", by_id):
        row = by_id[message_id]
        row.scopes = [*(row.scopes or ()), Pair(kind, value)]


def _of_messages(
    db: sqlite3.Connection, table: str, message_ids: Iterable[str]
) -> list[tuple[str, str, str]]:
    ids = list(message_ids)
    marks = ", ".join("?" * len(ids))
    return db.execute(
        f"SELECT * FROM {table} WHERE message_id IN ({marks})",
        ids,
    ).fetchall()


def recipients(db: sqlite3.Connection, message_id: str, author: str) -> list[Recipient]:
    """Whom the message reached, by id; the author's own copy is no part of it."""
    rows = db.execute(
        "SELECT recipient_agent_id, delivered_at, coalesce(seen_at, ''), coalesce(read_at, '')"
        " FROM message_deliveries WHERE message_id = ? AND recipient_agent_id != ? ORDER BY 1",
        (message_id, author),
    )
    return [Recipient(*row) for row in rows]


def audiences(
    db: sqlite3.Connection, refs: Iterable[Pair] | None, scopes: Iterable[Pair] | None
) -> list[Pair]:
    """To whom a message was addressed, as far as its refs and scopes tell."""
    found: dict[Pair, None] = {}
    for ref in refs or ():
        if ref.type == "mention":
            known = db.execute("SELECT 1 FROM agents WHERE agent_id = ?", (ref.value,)).fetchone()
            found[Pair("agent" if known else "mention", ref.value)] = None
    for pair in (*(refs or ()), *(scopes or ())):
        if pair.type == "group":
            found[pair] = None
    return list(found) or [Pair("broadcast", "everyone")]


def message(db: sqlite3.Connection, message_id: str) -> Message | None:
    """The message in full."""
    values = db.execute(
        f"SELECT {_COLUMNS}, m.deleted_at, m.delete_reason, m.idempotency_key, m.event_id,"
        " m.origin_daemon, (SELECT count(*) FROM message_edits e WHERE e.message_id = m.message_id)"
        " FROM messages m WHERE m.message_id = ?",
        (message_id,),
    ).fetchone()
    if values is None:
        return None
    row = _row(values, False)
    _add_pairs(db, [row])
    return Message(
        **{name: getattr(row, name) for name in _SHARED},
        scopes=row.scopes or [],
        refs=row.refs or [],
        deleted_at=values[13] or "",
        delete_reason=values[14] or "",
        idempotency_key=values[15] or "",
        event_id=values[16],
        origin_daemon=values[17],
        version=values[18],
        audiences=audiences(db, row.refs, row.scopes),
        recipients=recipients(db, message_id, row.agent_id),
    )


_SHARED = tuple(
    set(Message.__struct_fields__)
    & set(Row.__struct_fields__) - {"scopes", "refs", "audiences", "recipients"}
)


def messages_by_id(db: sqlite3.Connection, message_ids: Sequence[str], reader: str) -> list[Row]:
    """The messages with those ids as list rows, oldest first."""
    marks = ", ".join("?" * len(message_ids))
    rows = db.execute(
        f"SELECT {_COLUMNS}, {_READ} FROM messages m WHERE m.message_id IN ({marks})"
        " ORDER BY m.created_at, m.message_id",
        (reader, *message_ids),
    ).fetchall()
    found = [_row(values, bool(values[-1])) for values in rows]
    _add_pairs(db, found)
    return found


def sent_to_group(db: sqlite3.Connection, name: str) -> list[str]:
    """The ids of the messages to a group that are not deleted, the oldest first."""
    return with_scope(db, Pair("group", name))


def with_scope(db: sqlite3.Connection, scope: Pair) -> list[str]:
    """The ids of the messages with a scope that are not deleted, the oldest first."""
    rows = db.execute(
        "SELECT m.message_id FROM message_scopes s JOIN messages m USING (message_id)"
        " WHERE s.scope_type = ? AND s.scope_value = ? AND m.deleted = 0"
        " ORDER BY m.created_at, m.message_id",
        (scope.type, scope.value),
    )
    return [message_id for (message_id,) in rows]


def sent_by(db: sqlite3.Connection, agent_id: str) -> list[str]:
    """The ids of the agent's messages that are not deleted, the oldest first."""
    rows = db.execute(
        "SELECT message_id FROM messages WHERE agent_id = ? AND deleted = 0"
        " ORDER BY created_at, message_id",
        (agent_id,),
    )
    return [message_id for (message_id,) in rows]


def not_deleted(db: sqlite3.Connection, message_ids: Sequence[str]) -> list[str]:
    """Those of the messages that are there and not deleted."""
    marks = ", ".join("?" * len(message_ids))
    rows = db.execute(
        f"SELECT message_id FROM messages WHERE message_id IN ({marks}) AND deleted = 0",
        message_ids,
    )
    return [message_id for (message_id,) in rows]


def by_idempotency_key(
    db: sqlite3.Connection, agent_id: str, key: str, created_after: str
) -> str | None:
    """The id of the message that the agent sent with that key since that time, if there is one.

    Whom it spoke for does not count: who really wrote chose the key.
    """
    row = db.execute(
        "SELECT message_id FROM messages WHERE idempotency_key = ?"
        " AND coalesce(nullif(authored_by, ''), agent_id) = ?"
        " AND created_at > ? ORDER BY created_at LIMIT 1",
        (key, agent_id, created_after),
    ).fetchone()
    return str(row[0]) if row else None


class OutboxFilter(msgspec.Struct, kw_only=True):
    """Which of an author's messages.

    Attributes:
        to: only those to that agent, role or group, or to ``everyone``.
        unread: only those that somebody has not read.
    """

    author: str
    to: str = ""
    unread: bool = False
    include_deleted: bool = True
    page: int = 1
    page_size: int = 10


_TO_EVERYONE = "m.visibility_class = 'broadcast'"
_TO = (
    "(EXISTS (SELECT 1 FROM message_deliveries d WHERE d.message_id = m.message_id"
    " AND d.recipient_agent_id = ?)"
    " OR EXISTS (SELECT 1 FROM message_refs r WHERE r.message_id = m.message_id"
    " AND r.ref_type IN ('mention', 'group') AND r.ref_value = ?)"
    " OR EXISTS (SELECT 1 FROM message_scopes s WHERE s.message_id = m.message_id"
    " AND s.scope_type = 'group' AND s.scope_value = ?))"
)
_SOMEBODY_UNREAD = (
    "EXISTS (SELECT 1 FROM message_deliveries d WHERE d.message_id = m.message_id"
    " AND d.recipient_agent_id != m.agent_id AND d.read_at IS NULL)"
)


def outbox(db: sqlite3.Connection, wanted: OutboxFilter) -> Page:
    """A page of what the author sent, the newest first, with whom it reached."""
    where = _Where()
    where.add("m.agent_id = ?", wanted.author)
    if wanted.to == "everyone":
        where.add(_TO_EVERYONE)
    elif wanted.to:
        where.add(_TO, wanted.to, wanted.to, wanted.to)
    if wanted.unread:
        where.add(_SOMEBODY_UNREAD)
    if not wanted.include_deleted:
        where.add("m.deleted = 0")
    total = db.execute(
        f"SELECT count(*) FROM messages m{where.sql()}",
        where.values,
    ).fetchone()[0]
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM messages m{where.sql()}"
        " ORDER BY m.created_at DESC, m.message_id DESC LIMIT ? OFFSET ?",
        (*where.values, wanted.page_size, (wanted.page - 1) * wanted.page_size),
    ).fetchall()
    found = [_row(values, False) for values in rows]
    _add_pairs(db, found)
    for row in found:
        row.audiences = audiences(db, row.refs, row.scopes)
        row.recipients = recipients(db, row.message_id, row.agent_id) or None
        row.read_count = sum(1 for each in row.recipients or () if each.read_at)
    return Page(found, total, 0, wanted.page, wanted.page_size)
