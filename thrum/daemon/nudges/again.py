"""Of which mail an agent is told once more: it was told by its line, and that is all that came.

Nobody is told of a message a third time, nor of anything while the last word is fresh. So what was
told again is kept in ``state.db``, as long as it lies unread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final

from thrum.clock import parse
from thrum.daemon.state import Schema

AFTER_NS: Final = 15 * 60 * 1_000_000_000
"""For so long nothing was said to whoever is told once more."""

MOST: Final = 500
"""Messages of an agent that are looked at; of more, the newest."""

SCHEMA: Final = Schema(
    "nudges",
    (
        """
CREATE TABLE nudges_again (
  agent_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  told_at TEXT NOT NULL,
  PRIMARY KEY (agent_id, message_id)
) WITHOUT ROWID;
""",
    ),
)


def due(seen: Mapping[str, str], told: Mapping[str, str], now_ns: int) -> list[str]:
    """What an agent may be told of once more, the oldest first; nothing while a word is fresh.

    Args:
        seen: when each of its unread messages was put before it.
        told: when it was told once more of those of which it was.
        now_ns: nanoseconds since 1970.
    """
    last_ns = max(map(parse, (*seen.values(), *told.values())), default=0)
    if now_ns - last_ns < AFTER_NS:
        return []
    return [each for each in seen if each not in told]


def told(db: sqlite3.Connection, agent_id: str) -> dict[str, str]:
    """The messages of which an agent was told once more, and when."""
    rows = db.execute(
        "SELECT message_id, told_at FROM nudges_again WHERE agent_id = ?", (agent_id,)
    )
    return dict(rows)


def note(db: sqlite3.Connection, agent_id: str, message_ids: Iterable[str], now: str) -> None:
    """Notes that an agent is told of messages once more."""
    db.executemany(
        "INSERT OR REPLACE INTO nudges_again VALUES (?, ?, ?)",
        [(agent_id, each, now) for each in message_ids],
    )


def take_back(db: sqlite3.Connection, agent_id: str, message_ids: Iterable[str]) -> None:
    """Forgets that it was told of them: it was not after all, or has read them."""
    db.executemany(
        "DELETE FROM nudges_again WHERE agent_id = ? AND message_id = ?",
        [(agent_id, each) for each in message_ids],
    )


def agents(db: sqlite3.Connection) -> set[str]:
    """The agents of whom anything is kept."""
    return {each for (each,) in db.execute("SELECT DISTINCT agent_id FROM nudges_again")}
