"""The index of what messages say: FTS5 over a view of the tables, kept by the same transactions.

It has what is not taken back, row by row: `messages.row` grows with the time of a message, so the
newest of what is found comes without sorting, and a stretch of time is a stretch of rows. Whoever
changes what the view shows of a message says so before (`leave`) and afterwards (`enter`).

Where SQLite was built without FTS5 there is no index, and nothing else is missing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import lru_cache
from typing import Final
from unicodedata import unidata_version

from thrum.daemon.projection.search import about, words

NAME: Final = "message_search"
LOCAL: Final = "message_search_local"
PARTS: Final = tuple(f"{NAME}_{each}" for each in ("config", "data", "docsize", "idx"))
"""The tables in which FTS5 keeps it."""

VIEW: Final = f"""
-- owed: whether the index may still have words of messages that it does not find any more;
-- drift: how far rows of messages are above their moments at most, see `search.rows`
CREATE TABLE {LOCAL} (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIEW searchable AS
SELECT m.row AS row, search_words(m.body_content) AS words, search_parts(m.body_content) AS parts,
  search_about(m.agent_id,
    (SELECT json_group_array(ref_value) FROM message_refs r
     WHERE r.message_id = m.message_id AND ref_type = 'mention'),
    (SELECT json_group_array(scope_value) FROM message_scopes s
     WHERE s.message_id = m.message_id AND scope_type = 'group'),
    m.visibility_class = 'broadcast', m.reply_to IS NOT NULL,
    m.body_structured IS NOT NULL) AS about -- words by Unicode {unidata_version}
FROM messages m WHERE m.deleted = 0;
"""

TABLE: Final = f"""
CREATE VIRTUAL TABLE {NAME} USING fts5(words, parts, about, content = 'searchable',
  content_rowid = 'row', tokenize = 'ascii');
"""

ENTER: Final = f"INSERT INTO {NAME} (rowid, words, parts, about) VALUES (?, ?, ?, ?)"

_THESE: Final = (
    "FROM messages m CROSS JOIN searchable s ON s.row = m.row"
    " WHERE m.message_id IN (SELECT value FROM json_each(?))"
)
_ENTER_THESE: Final = f"""
INSERT INTO {NAME} (rowid, words, parts, about) SELECT s.row, s.words, s.parts, s.about {_THESE}
"""
_LEAVE_THESE: Final = f"""
INSERT INTO {NAME} ({NAME}, rowid, words, parts, about)
SELECT 'delete', s.row, s.words, s.parts, s.about {_THESE}
"""

LEAST_DRIFT: Final = 64
"""What is taken for granted, so that no ordinary burst of messages has to note it."""

SLICE: Final = 64
"""Pages that are written at once while the index is freed of what it does not find any more."""


@lru_cache(1)
def is_available() -> bool:
    """Whether SQLite here was built with FTS5."""
    with closing(sqlite3.connect(":memory:")) as db:
        found = db.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone()
    return found is not None


def prepare(db: sqlite3.Connection) -> None:
    """Teaches a connection the functions of the view, for whoever changes or compares the index."""
    for name, count, function in (
        ("search_words", 1, words.plain),
        ("search_parts", 1, words.parts),
        ("search_about", 6, about.about_row),
    ):
        db.create_function(name, count, function, deterministic=True)


def create(db: sqlite3.Connection) -> None:
    """Makes the index, empty, where there can be one."""
    if is_available():
        db.executescript(TABLE)


def is_there(db: sqlite3.Connection) -> bool:
    """Whether the database has an index that can be used."""
    found = db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (NAME,)).fetchone()
    return found is not None and is_available()


def enter(db: sqlite3.Connection, message_ids: Iterable[str]) -> None:
    """Takes up messages that are in the tables with all that the view shows, and not in here."""
    db.execute(_ENTER_THESE, (json.dumps(list(message_ids)),))


def leave(db: sqlite3.Connection, message_ids: Iterable[str]) -> None:
    """Takes messages out, before they change or go; those that are not in here stay so."""
    before = db.total_changes
    db.execute(_LEAVE_THESE, (json.dumps(list(message_ids)),))
    if db.total_changes > before:
        db.execute(f"INSERT OR IGNORE INTO {LOCAL} VALUES ('owed', 1)")


def fill(db: sqlite3.Connection) -> None:
    """Takes up everything into an index that is empty."""
    if is_there(db):
        db.execute(
            f"INSERT INTO {NAME} (rowid, words, parts, about)"
            " SELECT row, words, parts, about FROM searchable ORDER BY row"
        )
        db.execute(f"INSERT INTO {NAME} ({NAME}) VALUES ('optimize')")


def owes(db: sqlite3.Connection) -> bool:
    """Whether pages of the index may still have words that it does not find any more."""
    return db.execute(f"SELECT 1 FROM {LOCAL} WHERE name = 'owed'").fetchone() is not None


def forget_some(db: sqlite3.Connection) -> bool:
    """Writes some pages of the index anew without what has left it; whether there is more to do.

    What leaves is noted in new pages at first, and stays in old ones until they are merged. A newer
    FTS5 can take it out at once, but what that writes an older one does not read.
    """
    before = db.total_changes
    db.execute(f"INSERT INTO {NAME} ({NAME}, rank) VALUES ('merge', -{SLICE})")
    # So FTS5 says that all is merged: it changes fewer than two rows.
    if db.total_changes - before >= 2:
        return True
    db.execute(f"DELETE FROM {LOCAL} WHERE name = 'owed'")
    return False


def drift(db: sqlite3.Connection) -> int:
    """How far rows of messages are above their moments at most."""
    row = db.execute(f"SELECT value FROM {LOCAL} WHERE name = 'drift'").fetchone()
    return int(row[0]) if row else LEAST_DRIFT


def keep_drift(db: sqlite3.Connection, least: int) -> int:
    """Notes that it is at least that; what is noted, which is more, so that this is rare."""
    kept = 1 << least.bit_length()
    db.execute(f"INSERT OR REPLACE INTO {LOCAL} VALUES ('drift', ?)", (kept,))
    return kept


def check(db: sqlite3.Connection) -> None:
    """Compares the index with what the view shows, on a connection that may write.

    Raises:
        sqlite3.DatabaseError: they differ, or the index is damaged.
    """
    prepare(db)
    db.execute(f"INSERT INTO {NAME} ({NAME}, rank) VALUES ('integrity-check', 1)")
