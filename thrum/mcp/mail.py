"""Messages as a model gets them, and how many fit into one answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import accumulate, takewhile
from typing import Any, Final

from thrum.bridged import structured_text

Row = Mapping[str, Any]

MOST: Final = 40_000
"""Bytes of one answer, as it is written: some runtimes refuse one above 25,000 tokens as a whole.

Where letters are not those of English, a token is shorter in characters, hardly in bytes.
"""


def shown(row: Row) -> dict[str, str]:
    """One message."""
    message_id = str(row.get("message_id") or "")
    doubt = {"signature": _doubt(row)} if row.get("signature") == "wrong" else {}
    return {
        "message_id": message_id,
        "from": str(row.get("agent_id") or ""),
        "content": _cut(content(row), message_id),
        "timestamp": str(row.get("created_at") or ""),
        **doubt,
    }


def _doubt(row: Row) -> str:
    """What a model is told of a message whose signature is wrong."""
    return f"WRONG, somebody else may have written it: {row.get('signature_why') or 'no reason'}"


def content(row: Row) -> str:
    """Its text; what was sent for programs, where there is no text."""
    body = row.get("body")
    fields = body if isinstance(body, dict) else {}
    return str(fields.get("content") or "") or structured_text(row)


def fitting(rows: Iterable[Row], most: int = MOST) -> list[Row]:
    """As many of the rows, from the first on, as one answer has room for; at least one."""
    kept: list[Row] = []
    used = 0
    for row in rows:
        used += _size(shown(row))
        if kept and used > most:
            break
        kept.append(row)
    return kept


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode(errors="replace"))


def _cut(text: str, message_id: str) -> str:
    if len(text) <= MOST and _size(text) <= MOST:
        return text
    sizes = accumulate(_size(each) - 2 for each in text[:MOST])  # without the quotes around it
    count = sum(1 for _ in takewhile(lambda size: size <= MOST, sizes))
    return (
        f"{text[:count]}\n[cut here: {count:,} of {len(text):,} characters;"
        f" the whole: thrum message get {message_id}]"
    )
