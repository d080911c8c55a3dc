"""The databases in a backup: copies made by SQLite beside a daemon, and tables as lines.

`messages.db` is made of the log, so its copy has to hold no more than the log does; it is there to
be compared, and for whoever has nothing but SQLite. A large one is not copied each time: backups
that share bundles share it, as long as nothing that is in it went from the database.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from thrum.backup.filling import Filling
from thrum.daemon.projection import connection
from thrum.paths import PRIVATE_FILE, Place

FOLDER: Final = "databases"
NAMES: Final = (f"{FOLDER}/messages.db", f"{FOLDER}/state.db")
_CHUNK: Final = 1 << 20
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
SMALL: Final = 8 * 1024 * 1024
"""Bytes of a database that is copied each time."""

TABLES: Final = {
    "message_reads": (
        "database",
        "SELECT json_object('agent_id', recipient_agent_id, 'message_id', message_id,"
        " 'read_at', read_at, 'session_id', '')"
        " FROM message_deliveries WHERE read_at IS NOT NULL"
        " ORDER BY message_id, recipient_agent_id",
    ),
    "subscriptions": (
        "state",
        "SELECT json_object('id', id, 'session_id', session_id, 'scope_type', scope_type,"
        " 'scope_value', scope_value, 'mention_role', mention_role, 'created_at', created_at)"
        " FROM push_subscriptions ORDER BY id",
    ),
    "sync_checkpoints": (
        "state",
        "SELECT json_object('peer_daemon_id', daemon_id, 'last_synced_sequence', sequence,"
        " 'last_sync_timestamp', 0, 'sync_status', 'idle')"
        " FROM peers_checkpoints ORDER BY daemon_id",
    ),
}
"""Tables that older programs keep in a backup, and how they are asked for here."""


def copy(place: Place, filling: Filling, *, may_share: bool) -> set[Path]:
    """Puts both databases into a backup, as far as there are any.

    One that is damaged keeps nothing else out. What nothing makes anew goes along as it is.

    Args:
        may_share: whether a large copy may stay as it is in the backup before.

    Returns:
        Those that are damaged.

    Raises:
        sqlite3.Error: one cannot be read.
        OSError: the disk refuses.
    """
    damaged = set()
    for path in (place.database, place.state):
        if not path.exists():
            continue
        name = f"{FOLDER}/{path.name}"
        if path == place.database and may_share and _shared(path, name, filling):
            continue
        target = filling.placed(name)
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
        if _copied(path, target) and not is_damaged(target):
            filling.settle(name)
            continue
        damaged.add(path)
        target.unlink()
        if path == place.state:
            with path.open("rb") as file:
                filling.write(f"{name}.damaged", iter(lambda: file.read(_CHUNK), b""))
    return damaged


def _copied(path: Path, target: Path) -> bool:
    """Whether SQLite can copy a database: one that is damaged may be no database to it."""
    try:
        with closing(connection.reader(path)) as db, closing(sqlite3.connect(target)) as made:
            db.backup(made)
            made.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        if _says_damaged(error):
            return False
        raise
    return True


def is_damaged(path: Path) -> bool:
    """Whether a copy that is there is no whole database.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    if not path.exists():
        return False
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",))
    except sqlite3.DatabaseError as error:
        if _says_damaged(error):
            return True
        raise


def _says_damaged(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _shared(path: Path, name: str, filling: Filling) -> bool:
    was = filling.known.get(name)
    if was is None or was.size <= SMALL or not _only_grew(path, filling.last / name):
        return False
    return filling.share(name) is not None


def _only_grew(path: Path, before: Path) -> bool:
    """Whether a database has all that it had when it was copied; else its numbers are others."""
    sql = "SELECT epoch, boot FROM numbering"
    try:
        with closing(connection.reader(path)) as db, closing(connection.reader(before)) as was:
            return bool(db.execute(sql).fetchall() == was.execute(sql).fetchall())
    except sqlite3.Error:
        return False  # of another program, or damaged: it is copied


def count(place: Place, table: str) -> int:
    """Rows of a table of the projection; 0 where there is none yet."""
    if not place.database.exists():
        return 0
    with closing(connection.reader(place.database)) as db:
        (found,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found)


def home(place: Place, table: str) -> Path:
    """The database that one of `TABLES` is in."""
    path: Path = getattr(place, TABLES[table][0])
    return path


def rows(place: Place, table: str) -> Iterator[bytes]:
    """The rows of one of `TABLES` as JSON lines; none where there is no such table yet."""
    path, sql = home(place, table), TABLES[table][1]
    if not path.exists():
        return
    with closing(connection.reader(path)) as db:
        try:
            found = db.execute(sql)
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return
            raise
        for (text,) in found:
            yield f"{text}\n".encode()
