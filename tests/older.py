"""A database as an older program leaves it: its tables, and rows to put into them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

VERSION: Final = 51

TABLES: Final = """
CREATE TABLE schema_version (version INTEGER NOT NULL, applied_at TEXT NOT NULL DEFAULT '');
CREATE TABLE messages (message_id TEXT PRIMARY KEY, thread_id TEXT, agent_id TEXT NOT NULL,
  session_id TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT, body_format TEXT NOT NULL,
  body_content TEXT NOT NULL, body_structured TEXT, deleted INTEGER DEFAULT 0, deleted_at TEXT,
  delete_reason TEXT, authored_by TEXT, disclosed INTEGER DEFAULT 0,
  pending_route_resolution INTEGER NOT NULL DEFAULT 0,
  visibility_class TEXT NOT NULL DEFAULT 'targeted', retarget_fill_order TEXT,
  priority TEXT NOT NULL DEFAULT '');
CREATE TABLE message_scopes (message_id TEXT NOT NULL, scope_type TEXT NOT NULL,
  scope_value TEXT NOT NULL, PRIMARY KEY (message_id, scope_type, scope_value));
CREATE TABLE message_refs (message_id TEXT NOT NULL, ref_type TEXT NOT NULL,
  ref_value TEXT NOT NULL, PRIMARY KEY (message_id, ref_type, ref_value));
CREATE TABLE message_deliveries (message_id TEXT NOT NULL, recipient_agent_id TEXT NOT NULL,
  delivered_at TEXT NOT NULL, seen_at TEXT, read_at TEXT,
  addressed_via TEXT NOT NULL DEFAULT 'unattributed',
  PRIMARY KEY (message_id, recipient_agent_id));
CREATE TABLE message_edits (id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL,
  edited_at TEXT NOT NULL, edited_by TEXT NOT NULL, old_content TEXT, new_content TEXT,
  old_structured TEXT, new_structured TEXT);
CREATE TABLE agents (agent_id TEXT PRIMARY KEY, kind TEXT NOT NULL, role TEXT NOT NULL,
  module TEXT NOT NULL, display TEXT NOT NULL DEFAULT '', hostname TEXT NOT NULL DEFAULT '',
  agent_pid INTEGER NOT NULL DEFAULT 0, registered_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL DEFAULT '', origin_daemon TEXT NOT NULL DEFAULT '');
CREATE TABLE sessions (session_id TEXT PRIMARY KEY, agent_id TEXT NOT NULL,
  started_at TEXT NOT NULL, ended_at TEXT, end_reason TEXT, last_seen_at TEXT NOT NULL);
CREATE TABLE groups (group_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT,
  created_at TEXT NOT NULL, created_by TEXT NOT NULL, updated_at TEXT, metadata TEXT);
CREATE TABLE group_members (id INTEGER PRIMARY KEY AUTOINCREMENT, group_id TEXT NOT NULL,
  member_type TEXT NOT NULL, member_value TEXT NOT NULL, added_at TEXT NOT NULL, added_by TEXT);
CREATE TABLE events (event_id TEXT PRIMARY KEY, sequence INTEGER NOT NULL UNIQUE,
  type TEXT NOT NULL, timestamp TEXT NOT NULL, origin_daemon TEXT NOT NULL,
  event_json TEXT NOT NULL);
CREATE TABLE purge_metadata (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE monitors (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, argv TEXT NOT NULL,
  match_pattern TEXT NOT NULL, target TEXT NOT NULL, cwd TEXT NOT NULL, env TEXT NOT NULL,
  debounce_seconds INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  status TEXT NOT NULL, last_exit_code INTEGER, last_exit_at TEXT, pid INTEGER,
  schedule TEXT NOT NULL DEFAULT '');
CREATE TABLE telegram_msg_map (external_key TEXT PRIMARY KEY, thrum_msg_id TEXT NOT NULL,
  created_at INTEGER NOT NULL);
"""


def made(path: Path, **rows: Sequence[Mapping[str, object]]) -> sqlite3.Connection:
    """A new one with these rows by table, and open: what is not checkpointed lies beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript(TABLES)
    db.execute("INSERT INTO schema_version (version) VALUES (?)", (VERSION,))
    put(db, **rows)
    return db


def put(db: sqlite3.Connection, **rows: Sequence[Mapping[str, object]]) -> None:
    """Puts rows into tables; what they do not name is as the tables have it."""
    for table, those in rows.items():
        for row in those:
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", (*row.values(),))


def message(number: int, author: str, content: str, **more: object) -> dict[str, object]:
    """A message that was sent at that minute of the day."""
    return {
        "message_id": f"msg_{number:026}",
        "agent_id": author,
        "session_id": f"ses_{author}",
        "created_at": f"2026-01-02T{number // 60:02}:{number % 60:02}:00.5Z",
        "body_format": "markdown",
        "body_content": content,
        **more,
    }


def agent(name: str, role: str, **more: object) -> dict[str, object]:
    """An agent."""
    at = "2026-01-01T00:00:00Z"
    row = {"agent_id": name, "kind": "agent", "role": role, "module": "x", "registered_at": at}
    return {**row, **more}


def reached(number: int, reader: str, read_at: str | None = None) -> Mapping[str, object]:
    """A message that came to somebody."""
    at = "2026-01-02T00:00:00Z"
    row = {"message_id": f"msg_{number:026}", "recipient_agent_id": reader, "delivered_at": at}
    return row | ({"seen_at": read_at, "read_at": read_at} if read_at else {})
