"""Which shard of the log an event is written to.

Readers do not care where a line stands, but two copies of one event in two files would not be
recognised as one by a merge, so every event has exactly one place.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from thrum import events
from thrum.daemon.projection.tables import Tables
from thrum.errors import ThrumError
from thrum.names import shard_stem

EVENTS: Final = "events.jsonl"


def messages_of(agent_id: str) -> str:
    """The shard of the messages of an agent.

    Raises:
        ThrumError: ``invalid_params``, the id cannot name a file.
    """
    return f"messages/{shard_stem(agent_id)}.jsonl"


def shard(tables: Tables, event: events.Event | events.UnknownEvent) -> str:
    """The shard of an event: of a message's author, of a receipt's reader, or the common one.

    Raises:
        ThrumError: ``not_found``, an edit or deletion of a message that is not here.
    """
    match event:
        case events.MessageCreate() | events.MessageReceipt():
            return messages_of(event.agent_id)
        case events.AboutMessage():
            return messages_of(_author(tables.db, event.message_id))
        case _:
            return EVENTS


def _author(db: sqlite3.Connection, message_id: str) -> str:
    row = db.execute("SELECT agent_id FROM messages WHERE message_id = ?", (message_id,)).fetchone()
    if row is None:
        raise ThrumError("not_found", f"there is no message {message_id}")
    return str(row[0])
