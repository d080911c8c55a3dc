"""How far each peer was read: in ``state.db``, apart from the peers themselves."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from thrum.daemon.state import Schema

SCHEMA: Final = Schema(
    "peers",
    (
        """
CREATE TABLE peers_checkpoints (
  daemon_id TEXT PRIMARY KEY,
  epoch TEXT NOT NULL,
  sequence INTEGER NOT NULL
);
""",
    ),
)


class Checkpoint(NamedTuple):
    """How far a peer was read.

    Attributes:
        sequence: the number of the last event that is here, by the peer's own count.
        epoch: what that count is of: where a peer's database was made anew, it counts anew. Empty
            where the peer does not say.
    """

    sequence: int = 0
    epoch: str = ""


def read(db: sqlite3.Connection) -> dict[str, Checkpoint]:
    """The checkpoints by daemon ids."""
    rows = db.execute("SELECT daemon_id, sequence, epoch FROM peers_checkpoints")
    return {daemon_id: Checkpoint(sequence, epoch) for daemon_id, sequence, epoch in rows}


def write(db: sqlite3.Connection, daemon_id: str, reached: Checkpoint) -> None:
    """Notes how far a peer was read."""
    db.execute(
        "INSERT INTO peers_checkpoints (daemon_id, epoch, sequence) VALUES (?, ?, ?)"
        " ON CONFLICT (daemon_id)"
        " DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence",
        (daemon_id, reached.epoch, reached.sequence),
    )


def forget(db: sqlite3.Connection, daemon_id: str) -> None:
    """Forgets how far a peer was read."""
    db.execute("DELETE FROM peers_checkpoints WHERE daemon_id = ?", (daemon_id,))
