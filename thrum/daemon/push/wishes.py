"""What sessions asked to be told of, in ``state.db``: no rebuild of the log brings it back."""

from __future__ import annotations

import sqlite3
from typing import Final

from msgspec import Struct

from thrum.daemon.state import Schema
from thrum.events import Pair

SCHEMA: Final = Schema(
    "push",
    (
        """
CREATE TABLE push_subscriptions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id TEXT NOT NULL,
  scope_type TEXT NOT NULL DEFAULT '',
  scope_value TEXT NOT NULL DEFAULT '',
  mention_role TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  UNIQUE (session_id, scope_type, scope_value, mention_role)
);
""",
    ),
)


class Wish(Struct, frozen=True):
    """One subscription; without scope and mention it means all."""

    id: int
    scope: Pair | None
    mention: str
    created_at: str


Wishes = dict[str, list[Wish]]
"""Subscriptions by session, in the order of asking."""


def read(db: sqlite3.Connection) -> Wishes:
    """Everything that was asked for."""
    found: Wishes = {}
    rows = db.execute(
        "SELECT session_id, id, scope_type, scope_value, mention_role, created_at"
        " FROM push_subscriptions ORDER BY id"
    )
    for session_id, id, kind, value, mention, created_at in rows:
        wish = Wish(id, Pair(kind, value) if kind else None, mention, created_at)
        found.setdefault(session_id, []).append(wish)
    return found


def add(
    db: sqlite3.Connection, session_id: str, scope: Pair | None, mention: str, now: str
) -> Wish:
    """Writes a new one down."""
    pair = scope or Pair("", "")
    done = db.execute(
        "INSERT INTO push_subscriptions"
        " (session_id, scope_type, scope_value, mention_role, created_at) VALUES (?, ?, ?, ?, ?)",
        (session_id, pair.type, pair.value, mention, now),
    )
    return Wish(int(done.lastrowid or 0), scope, mention, now)


def remove(db: sqlite3.Connection, number: int) -> None:
    """Strikes one out."""
    db.execute("DELETE FROM push_subscriptions WHERE id = ?", (number,))


def forget(db: sqlite3.Connection, session_ids: list[str]) -> None:
    """Strikes out what sessions asked for that have ended."""
    db.executemany(
        "DELETE FROM push_subscriptions WHERE session_id = ?", [(each,) for each in session_ids]
    )
