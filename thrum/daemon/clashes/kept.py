"""Who was told of which clash, in ``state.db``: nobody hears of the same one twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from thrum.daemon.state import Schema

Key = tuple[str, str, str]
"""Who was told, of whom, and the path as it is compared."""

SCHEMA: Final = Schema(
    "clashes",
    (
        """
CREATE TABLE clashes_told (
  agent_id TEXT NOT NULL,
  other_id TEXT NOT NULL,
  path TEXT NOT NULL,
  seen_ns INTEGER NOT NULL, -- when it was there last
  PRIMARY KEY (agent_id, other_id, path)
) WITHOUT ROWID;
""",
    ),
)


def load(db: sqlite3.Connection) -> set[Key]:
    """Everything that was told."""
    return {*db.execute("SELECT agent_id, other_id, path FROM clashes_told")}


def note(db: sqlite3.Connection, keys: Iterable[Key], now_ns: int) -> None:
    """Notes that these were told, or are there still."""
    db.executemany(
        "INSERT INTO clashes_told VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET seen_ns = excluded.seen_ns",
        [(*key, now_ns) for key in keys],
    )


def forget(db: sqlite3.Connection, before_ns: int, most: int) -> int:
    """Forgets what was not there since then, and of more than so many the oldest; how many."""
    old = db.execute("DELETE FROM clashes_told WHERE seen_ns < ?", (before_ns,)).rowcount
    many = db.execute(
        "DELETE FROM clashes_told WHERE (agent_id, other_id, path) IN"
        " (SELECT agent_id, other_id, path FROM clashes_told ORDER BY seen_ns DESC LIMIT -1"
        " OFFSET ?)",
        (most,),
    ).rowcount
    return old + many
