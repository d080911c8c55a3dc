"""Connections to ``state.db``: one that writes, those that only read, and an empty file."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from thrum.daemon.state.faults import is_damage
from thrum.paths import PRIVATE_FILE

APPLICATION_ID: Final = 0x54687273
"""``PRAGMA application_id`` of our files: "Thrs" in ASCII."""

LAYOUT: Final = 1
"""``PRAGMA user_version``: how owners stand in the file; tables of owners have their own."""

PAGE: Final = 4096
BUSY_MS: Final = 5000
"""How long another program may keep the file locked."""

MOST_IDLE: Final = 4
"""Reading connections that are kept open."""

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


@dataclass(eq=False)
class Readers:
    """Reading connections, lent out one at a time; a further one is opened when all are out."""

    path: Path
    _idle: list[sqlite3.Connection] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """A connection, until the end of the block; one that met damage is not lent again."""
        with self._lock:
            db = self._idle.pop() if self._idle else None
        db = db or reader(self.path)
        try:
            yield db
        except BaseException as error:
            if is_damage(error):
                db.close()
            else:
                self._take_back(db)
            raise
        self._take_back(db)

    def _take_back(self, db: sqlite3.Connection) -> None:
        with self._lock:
            kept = not self._closed and len(self._idle) < MOST_IDLE
            if kept:
                self._idle.append(db)
        if not kept:
            db.close()

    def close(self) -> None:
        """Closes what is not lent out; the rest follows when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()
