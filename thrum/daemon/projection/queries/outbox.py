"""What an author sent, with whom it reached."""

from __future__ import annotations

import sqlite3
from itertools import takewhile

import msgspec

from thrum.daemon.projection.queries.rows import (
    COLUMNS,
    Page,
    Room,
    Where,
    add_audiences,
    add_pairs,
    as_row,
    pages,
    recipients,
)


class OutboxFilter(msgspec.Struct, kw_only=True):
    """Which of an author's messages.

    Attributes:
        to: only those to that agent, role or group, or to ``everyone``.
        unread: only those that somebody has not read.
        skip: so many of the page are left out, as they are known.
    """

    author: str
    to: str = ""
    unread: bool = False
    include_deleted: bool = True
    page: int = 1
    page_size: int = 10
    skip: int = 0


class Sent(Page, omit_defaults=True):
    """A page of what an author sent; `truncated` as in `message.list`."""

    truncated: bool = False


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


def outbox(db: sqlite3.Connection, wanted: OutboxFilter) -> Sent:
    """A page of what the author sent, the newest first, with whom it reached."""
    where = Where()
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
        f"SELECT {COLUMNS} FROM messages m{where.sql()}"
        " ORDER BY m.created_at DESC, m.message_id DESC LIMIT ? OFFSET ?",
        (
            *where.values,
            max(wanted.page_size - wanted.skip, 0),
            (wanted.page - 1) * wanted.page_size + wanted.skip,
        ),
    )
    room = Room()
    found = list(takewhile(room.takes, (as_row(values, False) for values in rows)))
    add_pairs(db, found)
    add_audiences(db, found)
    for row in found:
        row.recipients = recipients(db, row.message_id, row.agent_id) or None
        row.read_count = sum(1 for each in row.recipients or () if each.read_at)
    size = wanted.page_size
    return Sent(found, total, wanted.page, size, pages(total, size), room.is_full)
