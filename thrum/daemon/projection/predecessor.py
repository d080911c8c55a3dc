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

_NOT_THERE: Final = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""What SQLite says of tables that are others, or damaged; the rest is of the disk."""

Told = tuple[str, list[tuple[object, ...]]]
"""A statement, and the rows that it is made for."""


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
        """Tells its successor what no event says; what cannot be read of it is left.

        Raises:
            OSError, sqlite3.Error: the disk refuses.
        """
        try:
            with closing(connection.reader(self.database)) as old:
                found = list(_told(old, db))
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in _NOT_THERE:
                raise
            logger.warning("what only the older database knew of sessions is lost: %s", error)
            return
        # Its successor keeps no journal while it is made: there is no way back from here.
        db.execute("BEGIN")
        for sql, rows in found:
            db.executemany(sql, rows)
        db.execute("COMMIT")

    def make_way(self) -> None:
        """Leaves no side files beside the one that comes."""
        for path in parts(self.database):
            if path != self.database:
                path.unlink()


def _told(old: sqlite3.Connection, db: sqlite3.Connection) -> Iterator[Told]:
    """Statements for the successor, each with the rows that it is made for."""
    for table in _OF_SESSIONS:
        columns = [name for name in _columns(old, table) if name in _columns(db, table)]
        if columns:
            yield _added(old, table, columns)
    yield from _parts(old)
    yield from _marks(old)


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]


def _added(old: sqlite3.Connection, table: str, columns: Sequence[str]) -> Told:
    """Rows of sessions that there are."""
    names = ", ".join(columns)
    places = ", ".join(f"?{number + 1}" for number in range(len(columns)))
    session = f"?{columns.index('session_id') + 1}"
    sql = (
        f"INSERT OR IGNORE INTO {table} ({names}) SELECT {places}"
        f" WHERE EXISTS (SELECT 1 FROM sessions WHERE session_id = {session})"
    )
    return sql, old.execute(f"SELECT {names} FROM {table}").fetchall()


def _parts(old: sqlite3.Connection) -> Iterator[Told]:
    """Of each part of a work context the newer one stands, as when events tell of it."""
    known = set(_columns(old, "agent_work_contexts"))
    for stamp, columns in PARTS:
        if not {stamp, *columns} <= known:
            continue
        wanted = ", ".join((stamp, *columns))
        places = ", ".join("?" * (len(columns) + 1))
        sql = (
            f"UPDATE agent_work_contexts SET ({wanted}) = ({places})"
            f" WHERE session_id = ? AND agent_id = ? AND {stamp} < ?"
        )
        query = f"SELECT {wanted}, session_id, agent_id, {stamp} FROM agent_work_contexts"
        yield sql, old.execute(query).fetchall()


def _marks(old: sqlite3.Connection) -> Iterator[Told]:
    """Who was seen when, and in which process."""
    for table, key in _NEWEST:
        sql = f"UPDATE {table} SET last_seen_at = ? WHERE {key} = ? AND last_seen_at < ?"
        query = f"SELECT last_seen_at, {key}, last_seen_at FROM {table}"
        yield sql, old.execute(query).fetchall()
    sql = "UPDATE agents SET agent_pid = ?, agent_pid_start_time = ? WHERE agent_id = ?"
    query = "SELECT agent_pid, agent_pid_start_time, agent_id FROM agents WHERE agent_pid > 0"
    yield sql, old.execute(query).fetchall()
