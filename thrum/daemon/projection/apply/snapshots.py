"""Rows of another Thrum's snapshots: history to fill in where no event tells it.

A row says who wrote what and when, and nothing of addressing, so a message known only from rows
reaches nobody but its author and those whose receipts are there. A create event, whenever it
comes, replaces what rows said.
"""

from __future__ import annotations

from thrum.audience import Via
from thrum.daemon.projection.apply import deliveries
from thrum.daemon.projection.apply.stored import stored_rows
from thrum.daemon.projection.facts import MessageRow, ReceiptRow, Row, row_id
from thrum.daemon.projection.tables import Tables


def keep(tables: Tables, row: Row, text: str) -> bool:
    """Stores the row; False when it was there."""
    is_message = isinstance(row, MessageRow)
    author = row.author_id if isinstance(row, MessageRow) else ""
    cursor = tables.db.execute(
        "INSERT OR IGNORE INTO snapshot_rows VALUES (?, ?, ?, ?, ?)",
        (row_id(text), row.message_id, author, "message" if is_message else "receipt", text),
    )
    tables.snapshots = True
    tables.awaited.add(row.message_id)
    return cursor.rowcount > 0


def is_deleted(tables: Tables, message_id: str) -> bool:
    """Whether some row says that the message is deleted."""
    return any(row.deleted for row in stored_rows(tables.db, message_id)[0])


def fill_in(tables: Tables, message_id: str) -> bool:
    """Writes the message that rows tell of, if any do, in the place of one without an event."""
    said, read = stored_rows(tables.db, message_id)
    if not said:
        return False
    last = max(said, key=lambda row: (row.created_at, row.body))
    deleted = any(row.deleted for row in said)
    tables.db.execute(
        "INSERT INTO messages (row, message_id, agent_id, session_id, created_at, body_format,"
        " body_content, deleted, visibility_class, event_id)"
        " VALUES (?, ?, ?, '', ?, 'markdown', ?, ?, 'history', '')",
        (
            tables.free_row(last.created_at),
            message_id,
            last.author_id,
            last.created_at,
            last.body,
            deleted,
        ),
    )
    tables.enter_index([message_id])
    tables.came(message_id)
    made = last.created_at
    tables.db.execute(
        "INSERT INTO message_deliveries VALUES (?1, ?2, ?3, ?3, ?3, ?4, ?5, ?2)",
        (message_id, last.author_id, made, Via.AUTHOR.value, deliveries.NOT_INBOX),
    )
    for row in read:
        _deliver_to_reader(tables, row, made, last.author_id, deleted)
    return True


def _deliver_to_reader(
    tables: Tables, row: ReceiptRow, made: str, author: str, deleted: bool
) -> None:
    cleaned_at = tables.register.entry(row.agent_id).cleaned_at
    if row.agent_id != author and made > cleaned_at:
        place = deliveries.DELETED if deleted else deliveries.INBOX
        tables.db.execute(
            "INSERT OR IGNORE INTO message_deliveries VALUES (?, ?, ?, NULL, NULL, ?, ?, ?)",
            (row.message_id, row.agent_id, made, Via.RECEIPT.value, place, author),
        )
    deliveries.stamp(tables, row.message_id, row.agent_id, row.read_at, read=True)


def stamp_receipts(tables: Tables, message_id: str) -> None:
    """Applies the receipts among the rows to the deliveries of the message."""
    if tables.snapshots:
        for row in stored_rows(tables.db, message_id)[1]:
            deliveries.stamp(tables, message_id, row.agent_id, row.read_at, read=True)
