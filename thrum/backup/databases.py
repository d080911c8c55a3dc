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
from typing import Any, Final

import msgspec

from thrum.backup.filling import Filling
from thrum.daemon.projection import connection
from thrum.paths import PRIVATE_FILE, Place

FOLDER: Final = "databases"
SMALL: Final = 8 * 1024 * 1024
"""Bytes of a database that is copied each time."""

TABLES: Final = {
    "message_reads": (
        "database",
        "SELECT recipient_agent_id AS agent_id, message_id, read_at, '' AS session_id"
        " FROM message_deliveries WHERE read_at IS NOT NULL ORDER BY message_id, agent_id",
    ),
    "subscriptions": (
        "state",
        "SELECT id, session_id, scope_type, scope_value, mention_role, created_at"
        " FROM push_subscriptions ORDER BY id",
    ),
    "sync_checkpoints": (
        "state",
        "SELECT daemon_id AS peer_daemon_id, sequence AS last_synced_sequence,"
        " 0 AS last_sync_timestamp, 'idle' AS sync_status"
        " FROM peers_checkpoints ORDER BY daemon_id",
    ),
}
"""Tables that older programs keep in a backup, and how they are asked for here."""


def copy(place: Place, filling: Filling, *, may_share: bool) -> None:
    """Puts both databases into a backup, as far as there are any.

    Args:
        may_share: whether a large copy may stay as it is in the backup before.

    Raises:
        sqlite3.Error: one cannot be read.
        OSError: the disk refuses.
    """
    for path in (place.database, place.state):
        if not path.exists():
            continue
        name = f"{FOLDER}/{path.name}"
        if path == place.database and may_share and _shared(path, name, filling):
            continue
        target = filling.placed(name)
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
        with closing(connection.reader(path)) as db, closing(sqlite3.connect(target)) as made:
            db.backup(made)
            made.execute("PRAGMA journal_mode = DELETE")
        filling.settle(name)


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


def rows(place: Place, table: str) -> Iterator[bytes]:
    """The rows of one of `TABLES` as JSON lines; none where there is no such table yet."""
    kind, sql = TABLES[table]
    path: Path = getattr(place, kind)
    if not path.exists():
        return
    with closing(connection.reader(path)) as db:
        db.row_factory = sqlite3.Row
        try:
            found = db.execute(sql)
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return
            raise
        for row in found:
            about: dict[str, Any] = dict(row)
            yield msgspec.json.encode(about) + b"\n"
