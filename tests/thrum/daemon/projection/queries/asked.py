"""Messages and what becomes of them, for questions."""

from __future__ import annotations

from thrum import events

IDS = [f"msg_01AAAAAAAAAAAAAAAAAAAA{n:04}" for n in range(40)]


def at(second: int) -> str:
    return f"2026-01-01T00:{second // 60:02}:{second % 60:02}.000000000Z"


def sent(number: int, author: str, to: str = "", **fields: object) -> events.MessageCreate:
    values: dict[str, object] = {
        "message_id": IDS[number],
        "agent_id": author,
        "session_id": "ses_1",
        "body": events.Body(f"text {number}", format="markdown"),
        "refs": [events.Pair("mention", to)] if to else None,
        "timestamp": at(100 + number),
        "event_id": f"evt_{number}",
        **fields,
    }
    return events.MessageCreate(**values)  # type: ignore[arg-type]


def read(number: int, agent_id: str) -> events.MessageReceipt:
    return events.MessageReceipt(
        message_id=IDS[number],
        agent_id=agent_id,
        receipt_type="read",
        timestamp=at(200),
        event_id=f"evt_r{number}{agent_id}",
    )
