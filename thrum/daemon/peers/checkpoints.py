"""How far each peer was read: in ``state.db``, apart from the peers themselves."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Final, NamedTuple

import msgspec

from thrum.daemon.peers.bridge import refusals
from thrum.daemon.peers.bridge.message_map import MESSAGES
from thrum.daemon.state import Schema

_CHECKPOINTS: Final = """
CREATE TABLE peers_checkpoints (
  daemon_id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  event_id TEXT NOT NULL
);
"""


_SENT: Final = """
CREATE TABLE peers_sent (
  daemon_id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  event_id TEXT NOT NULL
);
"""


def _with_events(db: sqlite3.Connection) -> None:
    """Adds how far older programs were sent mail, and makes the table of what was read anew where
    it has no event ids, as the first step made it at first.

    A number alone may be another event's by now. Peers are then read from their beginning, which
    brings nothing twice.
    """
    db.execute(_SENT)
    columns = {name for _, name, *_ in db.execute("PRAGMA table_info(peers_checkpoints)")}
    if "event_id" not in columns:
        db.execute("DROP TABLE peers_checkpoints")
        db.execute(_CHECKPOINTS)


SCHEMA: Final = Schema(
    "peers",
    (
        _CHECKPOINTS,
        MESSAGES,
        refusals.SCHEMA,
        _with_events,
    ),
)


_TABLES: Final = ("peers_checkpoints", "peers_sent")


Number = Annotated[int, msgspec.Meta(le=2**63 - 1)]
"""A number of an event as a peer says it; SQLite takes none above that."""


class Checkpoint(NamedTuple):
    """How far a peer was read.

    Attributes:
        sequence: the number of the last event that is here, by the peer's own count.
        event_id: which event that is: where a peer's database was made anew, or lost its end, it
            gives the number to another one.
    """

    sequence: int = 0
    event_id: str = ""


def read(db: sqlite3.Connection) -> dict[str, Checkpoint]:
    """The checkpoints by daemon ids."""
    rows = db.execute("SELECT daemon_id, sequence, event_id FROM peers_checkpoints")
    return {daemon_id: Checkpoint(sequence, event_id) for daemon_id, sequence, event_id in rows}


def write(db: sqlite3.Connection, daemon_id: str, reached: Checkpoint) -> None:
    """Notes how far a peer was read."""
    _note(db, "peers_checkpoints", daemon_id, reached)


def sent(db: sqlite3.Connection, daemon_id: str) -> Checkpoint:
    """Up to which of our events mail was sent to a peer that does not ask for it."""
    sql = "SELECT sequence, event_id FROM peers_sent WHERE daemon_id = ?"
    return Checkpoint(*(db.execute(sql, (daemon_id,)).fetchone() or ()))


def note_sent(db: sqlite3.Connection, daemon_id: str, reached: Checkpoint) -> None:
    """Notes the same."""
    _note(db, "peers_sent", daemon_id, reached)


def _note(db: sqlite3.Connection, table: str, daemon_id: str, reached: Checkpoint) -> None:
    db.execute(
        f"INSERT OR REPLACE INTO {table} (daemon_id, sequence, event_id) VALUES (?, ?, ?)",
        (daemon_id, *reached),
    )


def forget(db: sqlite3.Connection, daemon_id: str) -> None:
    """Forgets how far a peer was read, and what it was sent."""
    for table in _TABLES:
        db.execute(f"DELETE FROM {table} WHERE daemon_id = ?", (daemon_id,))


def rename(db: sqlite3.Connection, before: str, now: str) -> None:
    """A peer has another id by now."""
    for table in _TABLES:
        sql = f"UPDATE OR REPLACE {table} SET daemon_id = ? WHERE daemon_id = ?"
        db.execute(sql, (now, before))
