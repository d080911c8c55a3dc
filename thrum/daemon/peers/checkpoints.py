"""How far each peer was read: in ``state.db``, apart from the peers themselves."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from thrum.daemon.peers.bridge import refusals
from thrum.daemon.peers.bridge.message_map import MESSAGES
from thrum.daemon.state import Schema

SCHEMA: Final = Schema(
    "peers",
    (
        """
CREATE TABLE peers_checkpoints (
  daemon_id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  event_id TEXT NOT NULL
);
""",
        MESSAGES,
        refusals.SCHEMA,
    ),
)


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
    db.execute(
        "INSERT INTO peers_checkpoints (daemon_id, sequence, event_id) VALUES (?, ?, ?)"
        " ON CONFLICT (daemon_id)"
        " DO UPDATE SET sequence = excluded.sequence, event_id = excluded.event_id",
        (daemon_id, reached.sequence, reached.event_id),
    )


def forget(db: sqlite3.Connection, daemon_id: str) -> None:
    """Forgets how far a peer was read."""
    db.execute("DELETE FROM peers_checkpoints WHERE daemon_id = ?", (daemon_id,))


def rename(db: sqlite3.Connection, before: str, now: str) -> None:
    """A peer has another id by now."""
    sql = "UPDATE OR REPLACE peers_checkpoints SET daemon_id = ? WHERE daemon_id = ?"
    db.execute(sql, (now, before))
