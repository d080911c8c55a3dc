"""What was given to which session of a runtime, in ``state.db``.

A message stays unread until its agent reads it. That it stood in front of the model of a session
once is a fact of this machine, which must outlast the daemon: nothing is given twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

from thrum.daemon.state import Schema

_DOING: Final = """
CREATE TABLE IF NOT EXISTS delivery_doing ( -- see `kept`
  agent_id TEXT NOT NULL,
  runtime TEXT NOT NULL,
  session TEXT NOT NULL,
  doing TEXT NOT NULL,
  since_ns INTEGER NOT NULL,
  heard_ns INTEGER NOT NULL,
  turns INTEGER NOT NULL,
  PRIMARY KEY (agent_id, runtime, session)
) WITHOUT ROWID;
"""

SCHEMA: Final = Schema(
    "delivery",
    (
        """
CREATE TABLE delivery_sessions (
  number INTEGER PRIMARY KEY,
  agent_id TEXT NOT NULL,
  runtime TEXT NOT NULL,
  session TEXT NOT NULL,
  used_at TEXT NOT NULL,
  UNIQUE (agent_id, runtime, session)
);
CREATE TABLE delivery_given (
  number INTEGER NOT NULL REFERENCES delivery_sessions (number) ON DELETE CASCADE,
  message_id TEXT NOT NULL,
  PRIMARY KEY (number, message_id)
) WITHOUT ROWID;
"""
        + _DOING,
        _DOING,  # the first step was without it at first
    ),
)


class Seat(NamedTuple):
    """A conversation of an agent with a model: the runtime's own session."""

    agent_id: str
    runtime: str
    session: str


def of(db: sqlite3.Connection, seat: Seat) -> set[str] | None:
    """The ids of what was given there; None if nobody ever came from there."""
    number = _number(db, seat)
    if number is None:
        return None
    rows = db.execute("SELECT message_id FROM delivery_given WHERE number = ?", (number,))
    return {message_id for (message_id,) in rows}


def to_any(db: sqlite3.Connection, agent_id: str) -> set[str]:
    """The ids of what was given to any session of an agent."""
    rows = db.execute(
        "SELECT message_id FROM delivery_given WHERE number IN"
        " (SELECT number FROM delivery_sessions WHERE agent_id = ?)",
        (agent_id,),
    )
    return {message_id for (message_id,) in rows}


def agents(db: sqlite3.Connection) -> set[str]:
    """The agents of whom any session was ever noted."""
    rows = db.execute("SELECT DISTINCT agent_id FROM delivery_sessions")
    return {agent_id for (agent_id,) in rows}


def give(db: sqlite3.Connection, seat: Seat, message_ids: Iterable[str], now: str) -> None:
    """Notes that the messages were given there."""
    db.execute(
        "INSERT INTO delivery_sessions (agent_id, runtime, session, used_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (agent_id, runtime, session) DO UPDATE SET used_at = excluded.used_at",
        (*seat, now),
    )
    number = _number(db, seat)
    db.executemany(
        "INSERT OR IGNORE INTO delivery_given VALUES (?, ?)",
        [(number, message_id) for message_id in message_ids],
    )


def forget(db: sqlite3.Connection, before: str) -> int:
    """Forgets sessions to which nothing was given since then; how many."""
    old = "SELECT number FROM delivery_sessions WHERE used_at < ?"
    db.execute(f"DELETE FROM delivery_given WHERE number IN ({old})", (before,))
    return db.execute("DELETE FROM delivery_sessions WHERE used_at < ?", (before,)).rowcount


def _number(db: sqlite3.Connection, seat: Seat) -> int | None:
    row = db.execute(
        "SELECT number FROM delivery_sessions WHERE agent_id = ? AND runtime = ? AND session = ?",
        seat,
    ).fetchone()
    return int(row[0]) if row else None
