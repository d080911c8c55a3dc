"""Connections to ``messages.db``: one that writes, any number that only read."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from thrum.daemon.projection.search import index

BUSY_MS: Final = 5000
_WRITER: Final = f"""
PRAGMA busy_timeout = {BUSY_MS};
PRAGMA synchronous = NORMAL;
PRAGMA temp_store = MEMORY;
PRAGMA secure_delete = ON;
PRAGMA cache_size = -8192;
PRAGMA wal_autocheckpoint = 2000;
PRAGMA journal_size_limit = 16777216;
"""


def writer(path: Path) -> sqlite3.Connection:
    """The connection of the writer thread; transactions are begun by hand."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    db.executescript(_WRITER)
    index.prepare(db)
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
    db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    db.execute("PRAGMA query_only = ON")
    db.execute("PRAGMA cache_size = -4096")
    index.prepare(db)
    return db
