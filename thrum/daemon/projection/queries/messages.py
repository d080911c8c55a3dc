"""One message in full, a few by their ids, and the ids of those with something in common."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

import msgspec

from thrum import events
from thrum.daemon.projection.queries import again
from thrum.daemon.projection.queries.rows import (
    COLUMNS,
    READ,
    Recipient,
    Row,
    add_audiences,
    add_pairs,
    as_row,
    recipients,
)
from thrum.events import Body, Pair


class Author(msgspec.Struct):
    """Who wrote, in which session."""

    agent_id: str
    session_id: str


class Metadata(msgspec.Struct, omit_defaults=True):
    """When and why a message was taken back."""

    deleted_at: str = ""
    delete_reason: str = ""


class Message(msgspec.Struct, omit_defaults=True):
    """A message in full; its signature as in a list."""

    message_id: str
    author: Author
    body: Body
    scopes: list[Pair]
    refs: list[Pair]
    metadata: Metadata
    created_at: str
    deleted: bool
    thread_id: str = ""
    reply_to: str = ""
    updated_at: str = ""
    authored_by: str = ""
    disclosed: bool = False
    audiences: list[Pair] | None = None
    recipients: list[Recipient] | None = None
    is_read: bool | None = None
    signature: str = ""
    signature_why: str = ""


def message(db: sqlite3.Connection, message_id: str, reader: str = "") -> Message | None:
    """The message in full; `is_read` tells whether the reader has read it, if there is one."""
    values = db.execute(
        f"SELECT {COLUMNS}, {READ}, coalesce(m.deleted_at, ''), coalesce(m.delete_reason, '')"
        " FROM messages m WHERE m.message_id = ?",
        (reader, message_id),
    ).fetchone()
    if values is None:
        return None
    row = as_row(values, bool(values[-3]))
    add_pairs(db, [row])
    add_audiences(db, [row])
    return Message(
        **{name: getattr(row, name) for name in _AS_IN_A_LIST},
        author=Author(row.agent_id, row.session_id),
        metadata=Metadata(*values[-2:]),
        scopes=row.scopes or [],
        refs=row.refs or [],
        audiences=row.audiences,
        recipients=recipients(db, message_id, row.agent_id) or None,
        is_read=row.is_read if reader else None,
    )


_AS_IN_A_LIST = tuple(
    set(Message.__struct_fields__)
    & set(Row.__struct_fields__) - {"scopes", "refs", "audiences", "recipients", "is_read"}
)


def edits(db: sqlite3.Connection, message_id: str, event_id: str) -> int:
    """How often the message was edited up to an edit, with it."""
    sql = (
        "SELECT count(*) FROM message_edits e JOIN message_edits upto"
        " ON upto.event_id = ? AND (e.edited_at, e.event_id) <= (upto.edited_at, upto.event_id)"
        " WHERE e.message_id = ?"
    )
    return int(db.execute(sql, (event_id, message_id)).fetchone()[0])


def origins(db: sqlite3.Connection, message_ids: Sequence[str]) -> dict[str, str]:
    """The daemons where the messages were made, by their ids; empty if nobody says."""
    marks = ", ".join("?" * len(message_ids))
    sql = f"SELECT message_id, origin_daemon FROM messages WHERE message_id IN ({marks})"
    return dict(db.execute(sql, message_ids))


def authors(db: sqlite3.Connection, message_ids: Sequence[str]) -> list[str]:
    """Who wrote the messages with those ids, one for each, the oldest first."""
    rows = db.execute(
        "SELECT m.agent_id FROM json_each(?) w JOIN messages m ON m.message_id = w.value"
        " ORDER BY m.created_at, m.message_id",
        (json.dumps(list(message_ids)),),
    )
    return [author for (author,) in rows]


def messages_by_id(db: sqlite3.Connection, message_ids: Sequence[str], reader: str) -> list[Row]:
    """The messages with those ids as list rows, oldest first."""
    marks = ", ".join("?" * len(message_ids))
    rows = db.execute(
        f"SELECT {COLUMNS}, {READ} FROM messages m WHERE m.message_id IN ({marks})"
        " ORDER BY m.created_at, m.message_id",
        (reader, *message_ids),
    ).fetchall()
    found = [as_row(values, bool(values[-1])) for values in rows]
    add_pairs(db, found)
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


def sent_by(db: sqlite3.Connection, agent_id: str, after: str = "") -> list[str]:
    """The ids of the agent's messages after that time that are not deleted, the oldest first."""
    rows = db.execute(
        "SELECT message_id FROM messages WHERE agent_id = ? AND created_at > ? AND deleted = 0"
        " ORDER BY created_at, message_id",
        (agent_id, after),
    )
    return [message_id for (message_id,) in rows]


def made_before(db: sqlite3.Connection, message_ids: Sequence[str], moment: str) -> list[str]:
    """Those of the messages that were made before that time, the oldest first."""
    rows = db.execute(
        "SELECT message_id FROM messages WHERE message_id IN (SELECT value FROM json_each(?))"
        " AND created_at < ? ORDER BY created_at, message_id",
        (json.dumps(list(message_ids)), moment),
    )
    return [message_id for (message_id,) in rows]


def not_deleted(db: sqlite3.Connection, message_ids: Sequence[str]) -> dict[str, str]:
    """Those of the messages that are there and not deleted, with their authors."""
    marks = ", ".join("?" * len(message_ids))
    rows = db.execute(
        f"SELECT message_id, agent_id FROM messages WHERE message_id IN ({marks}) AND deleted = 0",
        message_ids,
    )
    return dict(rows)


def by_idempotency_key(
    db: sqlite3.Connection, agent_id: str, key: str, created_after: str
) -> str | None:
    """The id of the message that the agent sent with that key since that time, if there is one.

    Whom it spoke for does not count: who really wrote chose the key.
    """
    done = again.done(db, agent_id, key, created_after)
    return next((each.message_id for each in done if isinstance(each, events.MessageCreate)), None)
