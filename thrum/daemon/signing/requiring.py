"""Requiring signatures: since when they are, and what is from before and needs none.

That is noted in ``state.db``, so that a database that is built anew holds the same. Whoever stops
requiring them and does so again begins anew: what is here by then needs none either.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable
from typing import Final

from thrum import events
from thrum.daemon.signing import decisions
from thrum.daemon.signing.gate import SignatureGate, digest
from thrum.daemon.signing.ring import Owned
from thrum.daemon.state import Tables
from thrum.errors import ThrumError

logger = logging.getLogger(__name__)

Own = Callable[[], Owned | None]

_TABLES: Final = ("signing_required", "signing_before")


def in_force(tables: Tables, own: Own, *, is_required: bool) -> SignatureGate | None:
    """Who judges since an earlier start of the daemon; None: nobody does, or not yet.

    Where it cannot be looked up what is from before, nothing is.

    Args:
        own: the key of this clone.
        is_required: whether signatures still are; if not, it is noted that they were not.
    """
    try:
        if is_required:
            return tables.ask_now(lambda db: gate(db, own))
        # Each write is a wait for the disk, at every start of every daemon.
        if tables.ask_now(is_noted):
            tables.write_now(end)
    except ThrumError as error:
        logger.error("whose signatures count cannot be looked up: %s", error)
        return SignatureGate({}, (), own, "") if is_required else None
    return None


def gate(db: sqlite3.Connection, own: Own) -> SignatureGate | None:
    """Who judges by what is noted; None: signatures were not required yet.

    Args:
        db: our tables in ``state.db``.
        own: the key of this clone.
    """
    row = db.execute("SELECT since FROM signing_required").fetchone()
    if row is None:
        return None
    before = frozenset(line for (line,) in db.execute("SELECT line FROM signing_before"))
    return SignatureGate(decisions.read(db), before, own, str(row[0]))


def is_noted(db: sqlite3.Connection) -> bool:
    """Whether anything says that signatures are required."""
    return any(db.execute(f"SELECT 1 FROM {each} LIMIT 1").fetchone() for each in _TABLES)


def begin(db: sqlite3.Connection, since: str, before: Iterable[bytes]) -> None:
    """Notes that signatures are required, since when, and what needs none."""
    end(db)
    db.execute("INSERT INTO signing_required VALUES (1, ?)", (since,))
    db.executemany("INSERT INTO signing_before VALUES (?)", [(each,) for each in before])


def end(db: sqlite3.Connection) -> None:
    """Notes that signatures are not required."""
    for table in _TABLES:
        db.execute(f"DELETE FROM {table}")


def here(db: sqlite3.Connection) -> set[bytes]:
    """What of the projection has no signature and counts: digests of the lines."""
    found = set()
    for (text,) in db.execute("SELECT event_json FROM events WHERE withheld IS NULL"):
        line = text.encode()
        if getattr(events.decode(line), "sig", None) is None:
            found.add(digest(line))
    rows = db.execute("SELECT row_json FROM snapshot_rows")
    return found | {digest(text.encode()) for (text,) in rows}
