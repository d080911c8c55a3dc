"""Events about messages, with times and ids."""

from __future__ import annotations

from typing import Any

from thrum import events
from thrum.daemon.projection.queries.messages import Message, message
from thrum.daemon.projection.tables import Tables


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}.000000000Z"


def created(number: int, second: int = 10, **fields: Any) -> events.MessageCreate:
    return events.MessageCreate(
        **{
            "message_id": f"msg_{number}",
            "agent_id": "ann",
            "session_id": "ses_1",
            "body": events.Body(f"text {number}", format="plain"),
            "timestamp": at(second),
            "event_id": f"evt_{number}",
            **fields,
        }
    )


def the_message(tables: Tables, message_id: str = "msg_1") -> Message:
    found = message(tables.db, message_id)
    assert found is not None
    return found
