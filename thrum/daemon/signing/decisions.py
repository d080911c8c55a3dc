"""What was decided here about keys of others, in ``state.db``: no event carries it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from thrum.daemon.signing.ring import Decision, Owned, Verdict
from thrum.daemon.state import Schema

SCHEMA: Final = Schema(
    "signing",
    (
        """
CREATE TABLE signing_keys (
  daemon_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  verdict TEXT NOT NULL, -- seen, accepted, refused
  since TEXT NOT NULL, -- of one that is refused: after when
  PRIMARY KEY (daemon_id, key_id)
);
""",
        """
CREATE TABLE signing_required (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  since TEXT NOT NULL
);
-- digests of lines without a signature that were here by then, see `gate`
CREATE TABLE signing_before (line BLOB PRIMARY KEY) WITHOUT ROWID;
""",
    ),
)


def read(db: sqlite3.Connection) -> dict[Owned, Decision]:
    """Every decision."""
    rows = db.execute("SELECT daemon_id, key_id, verdict, since FROM signing_keys")
    return {
        Owned(daemon, key): Decision(Verdict(verdict), since)
        for daemon, key, verdict, since in rows
    }


def keep(db: sqlite3.Connection, owned: Owned, decision: Decision) -> None:
    """Notes a decision in place of the one before it."""
    db.execute(
        "INSERT OR REPLACE INTO signing_keys VALUES (?, ?, ?, ?)",
        (*owned, decision.verdict.value, decision.since),
    )


def see(db: sqlite3.Connection, seen: Iterable[Owned]) -> None:
    """Notes keys as the first of their daemons, unless something was decided about them."""
    db.executemany(
        "INSERT OR IGNORE INTO signing_keys VALUES (?, ?, ?, '')",
        [(*owned, Verdict.SEEN.value) for owned in seen],
    )
