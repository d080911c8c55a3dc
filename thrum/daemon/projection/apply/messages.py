"""Messages: created, edited, deleted, received, dropped.

Of several create events with one message id the earliest stands. The last edit by time and id is
the text; a message that was deleted once stays deleted. Edits, deletions and receipts that come
before their message stay in the event table and wait in ``parked_events``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from thrum import events
from thrum.daemon.projection.apply import deliveries, snapshots, threads
from thrum.daemon.projection.apply.stored import key, stored, stored_by_id
from thrum.daemon.projection.facts import Row
from thrum.daemon.projection.search import about, words
from thrum.daemon.projection.tables import Tables

_MARKS = ", ".join(f"'{token}'" for token in events.tokens(events.AboutMessage))


def create(tables: Tables, event: events.MessageCreate) -> None:
    """Applies ``message.create``."""
    reached = deliveries.reached(tables, event)
    row = tables.free_row(event.timestamp)
    if not _insert(tables, event, row, reached.visibility):
        _contest(tables, event)
        return
    _insert_pairs(tables, event)
    if tables.is_indexed:
        said = words.indexed(event.body.content)
        tables.pending.index((row, *said, _about(event, reached.visibility)))
    deliveries.deliver(tables, event, reached)
    if event.message_id in tables.awaited:
        _arrived(tables, event.message_id)


def _about(event: events.MessageCreate, visibility: str) -> str:
    """What the index has of the message besides its text."""
    return about.about(
        event.agent_id,
        [ref.value for ref in event.refs or () if ref.type == "mention"],
        [scope.value for scope in event.scopes or () if scope.type == "group"],
        broadcast=visibility == "broadcast",
        reply=answered(event) is not None,
        structured=bool(event.body.structured),
    )


def answered(event: events.MessageCreate) -> str | None:
    """The id of the message that this one answers: of its first ``reply_to`` ref."""
    for ref in event.refs or ():
        if ref.type == "reply_to" and ref.value and ref.value != event.message_id:
            return ref.value
    return None


def _insert(tables: Tables, event: events.MessageCreate, row: int, visibility: str) -> bool:
    reply_to = answered(event)
    own_thread = event.thread_id or None
    if reply_to is None:
        thread = own_thread
    elif tables.known(event.message_id):
        return False
    else:
        thread = threads.thread_of(tables, reply_to, own_thread)
    return tables.add_message(
        row,
        event.message_id,
        thread,
        (
            event.agent_id,
            event.session_id,
            event.timestamp,
            event.body.format or "markdown",
            event.body.content,
            event.body.structured or None,
            event.authored_by or None,
            event.disclosed,
            visibility,
            reply_to,
            own_thread,
            event.event_id,
            event.origin_daemon,
        ),
    )


def _insert_pairs(tables: Tables, event: events.MessageCreate) -> None:
    message_id, made = event.message_id, event.timestamp
    if event.refs:
        tables.add(
            "INSERT OR IGNORE INTO message_refs VALUES (?, ?, ?, ?)",
            [(message_id, ref.type, ref.value, made) for ref in event.refs],
        )
    if event.scopes:
        tables.add(
            "INSERT OR IGNORE INTO message_scopes VALUES (?, ?, ?, ?)",
            [(message_id, scope.type, scope.value, made) for scope in event.scopes],
        )


def _arrived(tables: Tables, message_id: str) -> None:
    """What waited for the message happens now."""
    tables.changed = True
    tables.awaited.discard(message_id)
    tables.db.execute("DELETE FROM parked_events WHERE waits_for = ?", (message_id,))
    for event in stored(tables.db, message_id, events.MessageReceipt):
        deliveries.stamp_receipt(tables, event)
    snapshots.stamp_receipts(tables, message_id)
    _settle_body(tables, message_id)
    _settle_deletion(tables, message_id)
    threads.settle_thread(tables, message_id)


def _contest(tables: Tables, event: events.MessageCreate) -> None:
    """A second create event of one message id: the earlier of the two stands."""
    standing = tables.db.execute(
        "SELECT created_at, event_id FROM messages WHERE message_id = ?", (event.message_id,)
    ).fetchone()
    _keep_rival(tables, event)
    if standing[1] == "" or key(event) < standing:
        rebuild(tables, event.message_id)


def _keep_rival(tables: Tables, event: events.MessageCreate) -> None:
    tables.db.execute(
        "INSERT OR REPLACE INTO rival_creates VALUES (?, ?, ?, ?)",
        (event.event_id, event.message_id, event.agent_id, event.timestamp),
    )


def rebuild(tables: Tables, message_id: str, *more: str) -> None:
    """Makes the message anew from the stored events about it.

    Args:
        more: ids of create events to consider besides those known to be of this message.
    """
    event_ids = [
        event_id
        for (event_id,) in tables.db.execute(
            "SELECT event_id FROM messages WHERE message_id = ?1"
            " UNION SELECT event_id FROM rival_creates WHERE message_id = ?1",
            (message_id,),
        )
    ]
    creates = [
        event
        for event in stored_by_id(tables.db, [*event_ids, *more])
        if isinstance(event, events.MessageCreate) and event.message_id == message_id
    ]
    parent = _clear(tables, message_id)
    tables.awaited.add(message_id)
    if creates:
        create(tables, creates[0])
        for rival in creates[1:]:
            _keep_rival(tables, rival)
    elif tables.snapshots and snapshots.fill_in(tables, message_id):
        _arrived(tables, message_id)
    else:
        for event in stored(tables.db, message_id, events.AboutMessage):
            _park(tables, event.event_id, message_id)
        _settle_around(tables, message_id)
    if parent:
        threads.settle_thread(tables, parent)


def _settle_around(tables: Tables, message_id: str) -> None:
    for answer in threads.answers(tables, message_id):
        threads.settle_thread(tables, answer)


_OF_A_MESSAGE = (
    "message_deliveries",
    "message_refs",
    "message_scopes",
    "message_edits",
    "rival_creates",
    "messages",
)
"""Every table with rows of a message, the message's own last."""

AT_ONCE = 5000
"""Events that are dropped by one statement for each table."""

_THESE = "(SELECT value FROM json_each(?1))"


def _clear(tables: Tables, message_id: str) -> str | None:
    """Deletes every row of the message but its events; returns the message it answered."""
    row = tables.db.execute(
        "SELECT reply_to FROM messages WHERE message_id = ?", (message_id,)
    ).fetchone()
    tables.leave_index([message_id])
    for table in _OF_A_MESSAGE:
        tables.db.execute(f"DELETE FROM {table} WHERE message_id = ?", (message_id,))
    tables.went([message_id])
    return row[0] if row else None


def drop(tables: Tables, event_ids: Sequence[str]) -> None:
    """Takes events that send messages or are about them out, as if they had never been there.

    Many go by few statements: what SQLite notes for each statement of a savepoint grows with what
    the savepoint changed, so one statement for each message would take quadratic time.

    Args:
        event_ids: those that send messages first, lest messages are made anew in between.
    """
    tables.changed = True
    for start in range(0, len(event_ids), AT_ONCE):
        _drop(tables, _json(event_ids[start : start + AT_ONCE]))


def _drop(tables: Tables, these: str) -> None:
    """Drops the events whose ids are in a JSON list."""
    db = tables.db
    touched = _touched(tables, these)
    db.execute(f"DELETE FROM parked_events WHERE event_id IN {_THESE}", (these,))
    db.execute(f"DELETE FROM events WHERE event_id IN {_THESE}", (these,))
    tables.events_went()
    gone = _without_any(tables, _json(touched))
    for message_id in sorted(touched - gone):
        rebuild(tables, message_id)
    _remove(tables, gone)


def _touched(tables: Tables, these: str) -> set[str]:
    """The messages in the tables that the events are about."""
    rows = tables.db.execute(
        f"SELECT message_id FROM messages WHERE event_id IN {_THESE}"
        f" UNION SELECT message_id FROM rival_creates WHERE event_id IN {_THESE}"
        " UNION SELECT subject FROM events JOIN messages ON message_id = subject"
        f" WHERE events.event_id IN {_THESE} AND type IN ({_MARKS})",
        (these,),
    )
    return {message_id for (message_id,) in rows}


def _without_any(tables: Tables, these: str) -> set[str]:
    """Those of the messages of which neither an event nor a row tells any more."""
    rows = tables.db.execute(
        """
SELECT value FROM json_each(?1)
WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.message_id = value AND (m.event_id = ''
        OR EXISTS (SELECT 1 FROM events e WHERE e.event_id = m.event_id)))
  AND NOT EXISTS (SELECT 1 FROM rival_creates r JOIN events e USING (event_id)
        WHERE r.message_id = value)
  AND NOT EXISTS (SELECT 1 FROM snapshot_rows s WHERE s.message_id = value)
""",
        (these,),
    )
    return {message_id for (message_id,) in rows}


def _remove(tables: Tables, message_ids: set[str]) -> None:
    """Removes messages that no event sends any more; what is about them waits from now on."""
    if not message_ids:
        return
    db, these = tables.db, _json(message_ids)
    near = _near(tables, these)
    tables.leave_index(message_ids)
    for table in _OF_A_MESSAGE:
        db.execute(f"DELETE FROM {table} WHERE message_id IN {_THESE}", (these,))
    tables.went(message_ids)
    db.execute(
        "INSERT OR IGNORE INTO parked_events SELECT event_id, subject FROM events"
        f" WHERE subject IN {_THESE} AND type IN ({_MARKS}) AND withheld IS NULL",
        (these,),
    )
    awaited = db.execute(
        f"SELECT waits_for FROM parked_events WHERE waits_for IN {_THESE}"
        f" UNION SELECT reply_to FROM messages WHERE reply_to IN {_THESE}",
        (these,),
    )
    tables.awaited.update(message_id for (message_id,) in awaited)
    for message_id in near:
        threads.settle_thread(tables, message_id)


def _near(tables: Tables, these: str) -> list[str]:
    """The messages that these answer and those that answer them, as far as they stay."""
    rows = tables.db.execute(
        f"SELECT reply_to FROM messages WHERE message_id IN {_THESE} AND reply_to IS NOT NULL"
        f" AND reply_to NOT IN {_THESE}"
        f" UNION SELECT message_id FROM messages WHERE reply_to IN {_THESE}"
        f" AND message_id NOT IN {_THESE}",
        (these,),
    )
    return [message_id for (message_id,) in rows]


def _json(texts: Iterable[str]) -> str:
    return msgspec.json.encode(list(texts)).decode()


def edit(tables: Tables, event: events.MessageEdit) -> None:
    """Applies ``message.edit``."""
    if not tables.known(event.message_id):
        _park(tables, event.event_id, event.message_id)
        return
    _settle_body(tables, event.message_id)


def delete(tables: Tables, event: events.MessageDelete) -> None:
    """Applies ``message.delete``."""
    if not tables.known(event.message_id):
        _park(tables, event.event_id, event.message_id)
        return
    _settle_deletion(tables, event.message_id)


def receipt(tables: Tables, event: events.MessageReceipt) -> None:
    """Applies ``message.receipt``: counts only for agents that the message reached."""
    if not tables.known(event.message_id):
        _park(tables, event.event_id, event.message_id)
        return
    deliveries.stamp_receipt(tables, event)


def _park(tables: Tables, event_id: str, message_id: str) -> None:
    tables.awaited.add(message_id)
    tables.db.execute("INSERT OR IGNORE INTO parked_events VALUES (?, ?)", (event_id, message_id))


def _settle_body(tables: Tables, message_id: str) -> None:
    """Writes the edits in their order and the last one's text as the message's."""
    edits = stored(tables.db, message_id, events.MessageEdit)
    if not edits:
        return
    content, structured, session_id = _original(tables, message_id)
    rows = []
    for event in edits:
        new = (event.body.content, event.body.structured or None)
        rows.append(
            (
                message_id,
                event.timestamp,
                session_id,
                content,
                new[0],
                structured,
                new[1],
                event.event_id,
            )
        )
        content, structured = new
    tables.db.execute("DELETE FROM message_edits WHERE message_id = ?", (message_id,))
    tables.db.executemany(
        "INSERT INTO message_edits (message_id, edited_at, edited_by, old_content, new_content,"
        " old_structured, new_structured, event_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    tables.leave_index([message_id])
    tables.db.execute(
        "UPDATE messages SET body_content = ?, body_structured = ?, updated_at = ?"
        " WHERE message_id = ?",
        (content, structured, edits[-1].timestamp, message_id),
    )
    tables.enter_index([message_id])


def _original(tables: Tables, message_id: str) -> tuple[str, str | None, str]:
    """Text, structure and session of the message before any edit."""
    first = tables.db.execute(
        "SELECT e.old_content, e.old_structured, m.session_id"
        " FROM message_edits e JOIN messages m USING (message_id)"
        " WHERE message_id = ? ORDER BY e.edited_at, e.event_id LIMIT 1",
        (message_id,),
    ).fetchone()
    row: tuple[str, str | None, str] = (
        first
        or tables.db.execute(
            "SELECT body_content, body_structured, session_id FROM messages WHERE message_id = ?",
            (message_id,),
        ).fetchone()
    )
    return row


def _settle_deletion(tables: Tables, message_id: str) -> None:
    """Marks the message as deleted if it is; the earliest deletion gives time and reason."""
    deletions = stored(tables.db, message_id, events.MessageDelete)
    if not deletions:
        if tables.snapshots and snapshots.is_deleted(tables, message_id):
            mark_deleted(tables, message_id, None, "")
        return
    mark_deleted(tables, message_id, deletions[0].timestamp, deletions[0].reason)


def mark_deleted(tables: Tables, message_id: str, when: str | None, reason: str) -> None:
    """The message is deleted since then; it leaves the counts of every inbox, and the index."""
    tables.leave_index([message_id])
    tables.db.execute(
        "UPDATE messages SET deleted = 1, deleted_at = ?, delete_reason = ? WHERE message_id = ?",
        (when, reason or None, message_id),
    )
    tables.db.execute(
        "UPDATE message_deliveries SET inbox = 2 WHERE message_id = ? AND inbox IN (1, 3)",
        (message_id,),
    )


def row(tables: Tables, fact: Row, text: str) -> bool:
    """Applies a row of another Thrum's snapshot; False when it was known."""
    if not snapshots.keep(tables, fact, text):
        return False
    standing = tables.db.execute(
        "SELECT event_id FROM messages WHERE message_id = ?", (fact.message_id,)
    ).fetchone()
    if standing is None or standing[0] == "":
        rebuild(tables, fact.message_id)
    else:
        snapshots.stamp_receipts(tables, fact.message_id)
        _settle_deletion(tables, fact.message_id)
    return True
