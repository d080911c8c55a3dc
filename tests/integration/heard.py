"""What a repository has heard of somebody."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_TEXTS = """
SELECT json_extract(event_json, '$.body.content') FROM events
WHERE type = 'message.create' AND json_extract(event_json, '$.agent_id') = ? ORDER BY sequence
"""


def heard(where: Path, author: str) -> list[str]:
    """The texts of somebody's messages, in the order in which they became known there."""
    db = sqlite3.connect(f"file:{where / '.thrum/var/messages.db'}?mode=ro", uri=True)
    try:
        return [text for (text,) in db.execute(_TEXTS, (author,))]
    finally:
        db.close()
