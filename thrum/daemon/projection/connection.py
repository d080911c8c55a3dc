"""Connections to ``messages.db``: one that writes, any number that only read."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from thrum.daemon.projection.search import index

BUSY_MS: Final = 5000
MOST_PAGES: Final = 16_000
"""Of the write-ahead log, from which on whoever commits has the file take them over, if none of
`checkpoints` came to it."""

_WRITER: Final = f"""
PRAGMA busy_timeout = {BUSY_MS};
PRAGMA synchronous = NORMAL;
PRAGMA temp_store = MEMORY;
PRAGMA secure_delete = ON;
PRAGMA cache_size = -8192;
PRAGMA wal_autocheckpoint = {MOST_PAGES};
PRAGMA journal_size_limit = 33554432;
"""


def writer(path: Path) -> sqlite3.Connection:
    """The connection of the writer thread; transactions are begun by hand."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        db.executescript(_WRITER)
        index.prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, for one thread at a time."""
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        db.execute("PRAGMA query_only = ON")
        db.execute("PRAGMA cache_size = -4096")
        index.prepare(db)
    except BaseException:  # as of a file that is no database, which nobody could close then
        db.close()
        raise
    return db
