"""Which person an account of the system is, in ``state.db``."""

from __future__ import annotations

import sqlite3
from typing import Final

from thrum.daemon.state import Schema

SCHEMA: Final = Schema(
    "people",
    (
        """
CREATE TABLE people_bound (
  uid INTEGER PRIMARY KEY,
  user_id TEXT NOT NULL
);
""",
    ),
)


def read(db: sqlite3.Connection, uid: int) -> str:
    """The person of an account; empty if nobody registered by it."""
    row = db.execute("SELECT user_id FROM people_bound WHERE uid = ?", (uid,)).fetchone()
    return str(row[0]) if row else ""


def bind(db: sqlite3.Connection, uid: int, user_id: str) -> None:
    """From now on the account is that person."""
    db.execute("INSERT OR REPLACE INTO people_bound VALUES (?, ?)", (uid, user_id))
