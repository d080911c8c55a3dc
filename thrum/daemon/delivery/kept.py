"""What sessions of runtimes did when they were heard of last, in ``state.db``.

Hooks tell it once, so a daemon that begins would not know it until the next one. A session that has
ended is not kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.sitting import Doing, Sitting


def load(db: sqlite3.Connection, most: int) -> dict[Seat, Sitting]:
    """Those that were heard of last, so many at most, the latest at the end."""
    rows = db.execute(
        "SELECT agent_id, runtime, session, doing, since_ns, heard_ns, turns FROM delivery_doing"
        " ORDER BY heard_ns DESC LIMIT ?",
        (most,),
    ).fetchall()
    return {
        Seat(*row[:3]): Sitting(Doing(row[3]), since_ns=row[4], heard_ns=row[5], turns=row[6])
        for row in reversed(rows)
    }


def keep(db: sqlite3.Connection, sittings: Mapping[Seat, Sitting]) -> None:
    """Keeps what these do in place of what they did."""
    db.executemany(
        "DELETE FROM delivery_doing WHERE agent_id = ? AND runtime = ? AND session = ?",
        list(sittings),
    )
    db.executemany(
        "INSERT INTO delivery_doing VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (*seat, each.doing.value, each.since_ns, each.heard_ns, each.turns)
            for seat, each in sittings.items()
            if each.doing is not Doing.ENDED
        ],
    )


def forget(db: sqlite3.Connection, before_ns: int) -> int:
    """Forgets sessions that were not heard of since then; how many."""
    return db.execute("DELETE FROM delivery_doing WHERE heard_ns < ?", (before_ns,)).rowcount
