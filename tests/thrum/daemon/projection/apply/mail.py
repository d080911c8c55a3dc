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


def edited(event_id: str, second: int, text: str, structured: str = "") -> events.MessageEdit:
    body = events.Body(text, format="markdown", structured=structured)
    return events.MessageEdit(
        message_id="msg_1", body=body, timestamp=at(second), event_id=event_id
    )


def read(agent_id: str, second: int, kind: str = "read") -> events.MessageReceipt:
    return events.MessageReceipt(
        message_id="msg_1",
        agent_id=agent_id,
        receipt_type=kind,
        timestamp=at(second),
        event_id=f"evt_{agent_id}_{second}_{kind}",
    )
