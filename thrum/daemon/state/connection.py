"""Connections to ``state.db``: one that writes, those that only read, and an empty file."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from thrum.paths import PRIVATE_FILE

APPLICATION_ID: Final = 0x54687273
"""``PRAGMA application_id`` of our files: "Thrs" in ASCII."""

LAYOUT: Final = 1
"""``PRAGMA user_version``: how owners stand in the file; tables of owners have their own."""

PAGE: Final = 4096
BUSY_MS: Final = 5000
"""How long another program may keep the file locked."""

_EMPTY: Final = f"""
PRAGMA page_size = {PAGE};
PRAGMA synchronous = FULL;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {LAYOUT};
CREATE TABLE owners (name TEXT PRIMARY KEY, version INTEGER NOT NULL, migrated_at TEXT NOT NULL);
"""


def empty(path: Path) -> sqlite3.Connection:
    """Makes a file without owners, where none is."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE))
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(_EMPTY)
    return db


def writer(path: Path) -> sqlite3.Connection:
    """The connection that writes, from one thread at a time; what is committed is on disk."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA fullfsync = ON")  # of macOS; see `thrum.platform.sync`
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA journal_size_limit = 4194304")
        _know_json(db)
    except BaseException:
        db.close()
        raise
    return db


def reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, for one thread at a time."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        db.execute("PRAGMA query_only = ON")
        _know_json(db)
    except BaseException:
        db.close()
        raise
    return db


def _know_json(db: sqlite3.Connection) -> None:
    """Has SQLite declare these functions now, for which it wants more rights than an owner has."""
    db.execute("SELECT 1 FROM json_each('[]'), json_tree('[]')").fetchone()
