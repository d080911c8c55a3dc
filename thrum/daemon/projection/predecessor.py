"""The database that a new one takes the place of, with what no event says.

Everything that events say is read from the log again, by rules that may be others by now. What only
this machine knows of sessions and processes is carried over.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum.daemon.projection import connection, copies
from thrum.daemon.projection.apply.sessions import PARTS
from thrum.daemon.projection.rebuild import parts

logger = logging.getLogger(__name__)

_OF_SESSIONS: Final = ("session_scopes", "session_refs", "agent_work_contexts")
"""Tables with rows that no event tells."""
_NEWEST: Final = (("sessions", "session_id"), ("agents", "agent_id"))
"""Tables with ``last_seen_at``, and their keys."""


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A database of an older schema.

    Attributes:
        database: its file.
        version: its schema.
    """

    database: Path
    version: int

    def keep(self, now_ns: int) -> None:
        """Sees to it that it is there under another name.

        Raises:
            OSError, sqlite3.Error: it cannot be.
        """
        copies.keep(self.database, self.version, now_ns, linked=True)

    def carry_over(self, db: sqlite3.Connection) -> None:
        """Tells its successor what no event says; whatever of it cannot be read is left."""
        try:
            with closing(connection.reader(self.database)) as old:
                db.execute("BEGIN")
                for table in _OF_SESSIONS:
                    _add(db, table, *_common(old, db, table))
                _bring_parts(old, db)
                _bring_marks(old, db)
                db.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            logger.warning("what only the older database knew of sessions is lost: %s", error)

    def make_way(self) -> None:
        """Leaves no side files beside the one that comes."""
        for path in parts(self.database):
            if path != self.database:
                path.unlink()


def _common(
    old: sqlite3.Connection, db: sqlite3.Connection, table: str
) -> tuple[Sequence[str], Iterator[tuple[object, ...]]]:
    """The columns that both have, and the older one's rows."""
    columns = [name for name in _columns(old, table) if name in _columns(db, table)]
    if not columns:
        return (), iter(())
    return columns, old.execute(f"SELECT {', '.join(columns)} FROM {table}")


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]


def _add(
    db: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterator[tuple[object, ...]],
) -> None:
    """Adds rows of sessions that there are."""
    if columns:
        places = ", ".join(f"?{number + 1}" for number in range(len(columns)))
        session = f"?{columns.index('session_id') + 1}"
        db.executemany(
            f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) SELECT {places}"
            f" WHERE EXISTS (SELECT 1 FROM sessions WHERE session_id = {session})",
            rows,
        )


def _bring_parts(old: sqlite3.Connection, db: sqlite3.Connection) -> None:
    """Of each part of a work context the newer one stands, as when events tell of it."""
    known = set(_columns(old, "agent_work_contexts"))
    for stamp, columns in PARTS:
        if not {stamp, *columns} <= known:
            continue
        wanted = ", ".join((stamp, *columns))
        places = ", ".join("?" * (len(columns) + 1))
        rows = old.execute(
            f"SELECT {wanted}, session_id, agent_id, {stamp} FROM agent_work_contexts"
        )
        db.executemany(
            f"UPDATE agent_work_contexts SET ({wanted}) = ({places})"
            f" WHERE session_id = ? AND agent_id = ? AND {stamp} < ?",
            rows,
        )


def _bring_marks(old: sqlite3.Connection, db: sqlite3.Connection) -> None:
    """Who was seen when, and in which process."""
    for table, key in _NEWEST:
        rows = old.execute(f"SELECT last_seen_at, {key}, last_seen_at FROM {table}")
        db.executemany(
            f"UPDATE {table} SET last_seen_at = ? WHERE {key} = ? AND last_seen_at < ?", rows
        )
    pids = old.execute(
        "SELECT agent_pid, agent_pid_start_time, agent_id FROM agents WHERE agent_pid > 0"
    )
    db.executemany(
        "UPDATE agents SET agent_pid = ?, agent_pid_start_time = ? WHERE agent_id = ?", pids
    )
