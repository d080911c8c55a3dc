"""A database that a newer program wrote: what is said, with the ways out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from thrum.daemon.projection import connection, schema
from thrum.errors import ThrumError


def refusal(database: Path) -> ThrumError | None:
    """Why no daemon of this program would start upon the database; None if that is no reason."""
    if not database.exists():
        return None
    try:
        with closing(connection.reader(database)) as db:
            (ours,) = db.execute("PRAGMA application_id").fetchone()
            (version,) = db.execute("SELECT version FROM schema_version").fetchone() or (0,)
    except sqlite3.Error:
        return None  # a start mends it or says what is the matter
    is_newer = ours == schema.APPLICATION_ID and isinstance(version, int)
    return newer(database, version) if is_newer and version > schema.VERSION else None


def newer(database: Path, version: int) -> ThrumError:
    """The refusal of a newer program's database, with the ways out."""
    # What reads the log comes with it, which whoever is not refused does not need.
    from thrum.daemon.projection import copies

    text = (
        f"database schema is version {version}, this binary supports up to {schema.VERSION}"
        " — cannot downgrade"
    )
    usable = [each for each in copies.found(database.parent) if each.version <= schema.VERSION]
    names = ", ".join(each.path.name for each in usable)
    todo = (
        f"use the newer program again; or move {database} away, with {database.name}-wal and -shm:"
        " it is built anew from the log, and no message is lost"
    )
    more = f"; what an upgrade kept can take its place: {names}" if names else ""
    return ThrumError("database", text, todo + more)
