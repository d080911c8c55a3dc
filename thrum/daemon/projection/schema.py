"""The tables of ``messages.db``: everything of the log that questions are asked about.

All but the local tables and columns below follow from the events alone, whatever the order of
their arrival. Times are fixed-width RFC 3339 text, so text order is time order.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Final

from thrum.daemon.projection import counters
from thrum.daemon.projection.search import index

APPLICATION_ID: Final = 0x5468726D
"""``PRAGMA application_id`` of our files: "Thrm" in ASCII."""

VERSION: Final = 29
"""The schema that this program writes."""

LOCAL_TABLES: Final = frozenset(
    {
        "schema_version",
        "log_cursor",
        "numbering",
        "gate",
        "session_scopes",
        "session_refs",
        "agent_work_contexts",
        "sqlite_sequence",
        "sqlite_stat1",
        index.NAME,
        index.LOCAL,
        *index.PARTS,
    }
)
"""Tables that this node writes besides what events say, or that say how far it has read."""

LOCAL_COLUMNS: Final = {
    "messages": frozenset({"row"}),
    "agents": frozenset({"agent_pid", "agent_pid_start_time", "last_seen_at"}),
    "sessions": frozenset({"last_seen_at"}),
    "events": frozenset({"sequence"}),
    "message_edits": frozenset({"id"}),
    "group_members": frozenset({"id"}),
    "bad_events": frozenset({"byte_offset"}),
}
"""Columns of other tables that depend on this node or on the order of arrival."""

_MESSAGES = """
-- row: grows with created_at, see `search.rows`
CREATE TABLE messages (
  row INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL UNIQUE,
  thread_id TEXT,
  agent_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT,
  body_format TEXT NOT NULL,
  body_content TEXT NOT NULL,
  body_structured TEXT,
  deleted INTEGER NOT NULL DEFAULT 0,
  deleted_at TEXT,
  delete_reason TEXT,
  authored_by TEXT,
  disclosed INTEGER NOT NULL DEFAULT 0,
  visibility_class TEXT NOT NULL DEFAULT 'targeted', -- targeted, broadcast, history
  reply_to TEXT,
  own_thread TEXT, -- the thread that the event itself names
  event_id TEXT NOT NULL, -- of the create event; '' for a row of another Thrum's snapshot
  origin_daemon TEXT NOT NULL DEFAULT ''
);
-- created_at, here and below: the message's, so that an index has it
CREATE TABLE message_scopes (
  message_id TEXT NOT NULL,
  scope_type TEXT NOT NULL,
  scope_value TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (message_id, scope_type, scope_value)
) WITHOUT ROWID;
CREATE TABLE message_refs (
  message_id TEXT NOT NULL,
  ref_type TEXT NOT NULL,
  ref_value TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (message_id, ref_type, ref_value)
) WITHOUT ROWID;
-- inbox: 0 not in the inbox (the author's own copy), 1 in it, 2 deleted, 3 sent to oneself
CREATE TABLE message_deliveries (
  message_id TEXT NOT NULL,
  recipient_agent_id TEXT NOT NULL,
  delivered_at TEXT NOT NULL,
  seen_at TEXT,
  read_at TEXT,
  addressed_via TEXT NOT NULL,
  inbox INTEGER NOT NULL,
  author_id TEXT NOT NULL, -- the message's
  PRIMARY KEY (message_id, recipient_agent_id)
) WITHOUT ROWID;
CREATE TABLE inbox_counts (
  agent_id TEXT PRIMARY KEY,
  total INTEGER NOT NULL, -- not deleted
  unread INTEGER NOT NULL, -- not deleted, by others
  own INTEGER NOT NULL, -- not deleted, by the agent itself
  deleted INTEGER NOT NULL
) WITHOUT ROWID;
-- the same for what one author sent to the inbox
CREATE TABLE inbox_author_counts (
  agent_id TEXT NOT NULL,
  author_id TEXT NOT NULL,
  total INTEGER NOT NULL,
  unread INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  PRIMARY KEY (agent_id, author_id)
) WITHOUT ROWID;
-- how much of an inbox a person, who may look at all of them, has read; not deleted
CREATE TABLE inbox_reads (
  agent_id TEXT NOT NULL,
  person_id TEXT NOT NULL, -- never agent_id
  total INTEGER NOT NULL,
  PRIMARY KEY (agent_id, person_id)
) WITHOUT ROWID;
CREATE TABLE author_counts (
  agent_id TEXT PRIMARY KEY,
  total INTEGER NOT NULL, -- not deleted
  deleted INTEGER NOT NULL
) WITHOUT ROWID;
-- messages with a scope or ref, by author; no answers to one message, which are few
CREATE TABLE pair_counts (
  kind TEXT NOT NULL, -- scope, ref
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  author_id TEXT NOT NULL,
  total INTEGER NOT NULL, -- not deleted
  deleted INTEGER NOT NULL,
  PRIMARY KEY (kind, type, value, author_id)
) WITHOUT ROWID;
-- how many of these an agent has read; not deleted
CREATE TABLE pair_reads (
  kind TEXT NOT NULL,
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  total INTEGER NOT NULL,
  PRIMARY KEY (kind, type, value, agent_id)
) WITHOUT ROWID;
CREATE TABLE message_edits (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id TEXT NOT NULL,
  edited_at TEXT NOT NULL,
  edited_by TEXT NOT NULL,
  old_content TEXT,
  new_content TEXT,
  old_structured TEXT,
  new_structured TEXT,
  event_id TEXT NOT NULL UNIQUE
);
-- create events that lost against an earlier one of the same message id
CREATE TABLE rival_creates (
  event_id TEXT PRIMARY KEY,
  message_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  created_at TEXT NOT NULL
) WITHOUT ROWID;
-- lines of another Thrum's message and receipt snapshots
CREATE TABLE snapshot_rows (
  row_id TEXT PRIMARY KEY,
  message_id TEXT NOT NULL,
  author_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  row_json TEXT NOT NULL
) WITHOUT ROWID;
"""

_PEOPLE = """
CREATE TABLE agents (
  agent_id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  role TEXT NOT NULL,
  module TEXT NOT NULL,
  display TEXT NOT NULL DEFAULT '',
  hostname TEXT NOT NULL DEFAULT '',
  agent_pid INTEGER NOT NULL DEFAULT 0,
  agent_pid_start_time TEXT NOT NULL DEFAULT '',
  registered_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL DEFAULT '',
  origin_daemon TEXT NOT NULL DEFAULT '',
  registration TEXT NOT NULL, -- time and id of the latest registration that counts
  person TEXT NOT NULL DEFAULT '', -- whose agent it is
  moves INTEGER NOT NULL DEFAULT 0, -- the number of its last move, 0 for none; about that move:
  moved_at TEXT NOT NULL DEFAULT '',
  moved_from TEXT NOT NULL DEFAULT '',
  moved_by TEXT NOT NULL DEFAULT '',
  moved_why TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE sessions (
  session_id TEXT PRIMARY KEY,
  agent_id TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  end_reason TEXT,
  last_seen_at TEXT NOT NULL,
  origin_daemon TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE session_scopes (
  session_id TEXT NOT NULL,
  scope_type TEXT NOT NULL,
  scope_value TEXT NOT NULL,
  added_at TEXT NOT NULL,
  PRIMARY KEY (session_id, scope_type, scope_value)
) WITHOUT ROWID;
CREATE TABLE session_refs (
  session_id TEXT NOT NULL,
  ref_type TEXT NOT NULL,
  ref_value TEXT NOT NULL,
  added_at TEXT NOT NULL,
  PRIMARY KEY (session_id, ref_type, ref_value)
) WITHOUT ROWID;
CREATE TABLE agent_work_contexts (
  session_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  branch TEXT NOT NULL DEFAULT '',
  worktree_path TEXT NOT NULL DEFAULT '',
  unmerged_commits TEXT NOT NULL DEFAULT '[]', -- JSON, like the three below
  uncommitted_files TEXT NOT NULL DEFAULT '[]',
  changed_files TEXT NOT NULL DEFAULT '[]',
  file_changes TEXT NOT NULL DEFAULT '[]',
  git_updated_at TEXT NOT NULL DEFAULT '',
  current_task TEXT NOT NULL DEFAULT '',
  task_updated_at TEXT NOT NULL DEFAULT '',
  intent TEXT NOT NULL DEFAULT '',
  intent_updated_at TEXT NOT NULL DEFAULT '',
  agent_status TEXT NOT NULL DEFAULT '', -- of agents of other clones; here their files say it
  status_updated_at TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (session_id, agent_id)
) WITHOUT ROWID;
CREATE TABLE groups (
  group_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at TEXT
);
-- who made a group; several where clones made one of its name without knowing of each other
CREATE TABLE group_makers (
  group_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  PRIMARY KEY (group_id, agent_id)
) WITHOUT ROWID;
CREATE TABLE group_members (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  group_id TEXT NOT NULL,
  member_type TEXT NOT NULL,
  member_value TEXT NOT NULL,
  added_at TEXT NOT NULL,
  added_by TEXT NOT NULL DEFAULT '',
  UNIQUE (group_id, member_type, member_value)
);
"""

_CLAIMS = """
-- won_by: the claim that it lost against; NULL for one that was granted
-- finish: when it lasts no more, as far as is known; ended_at: when something ended it before its
-- time
-- anchor: below which path everything is that it covers, see `thrum.claims.patterns`
CREATE TABLE claims (
  claim_id TEXT PRIMARY KEY,
  agent_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  kind TEXT NOT NULL, -- path, key
  what TEXT NOT NULL,
  anchor TEXT NOT NULL,
  shared INTEGER NOT NULL,
  note TEXT NOT NULL,
  given_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  event_id TEXT NOT NULL,
  origin_daemon TEXT NOT NULL,
  until TEXT NOT NULL,
  finish TEXT NOT NULL,
  ended_at TEXT,
  end_reason TEXT NOT NULL,
  ended_by TEXT NOT NULL,
  won_by TEXT
) WITHOUT ROWID;
"""

_LOG = """
-- subject: what an event is settled with: a message, an agent, a session, a claim, all groups,
-- all keys;
-- none for message.create, which its message names
-- sequence: the order of becoming visible here; no number is given twice
-- withheld: why it does not count here, see `gate`; NULL where it does
CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  origin_daemon TEXT NOT NULL,
  subject TEXT,
  called TEXT, -- who made it and what they call it, see `queries.called`
  event_json TEXT NOT NULL,
  withheld TEXT
);
-- rule: by what it was decided which events count; none: all of them do
CREATE TABLE gate (one INTEGER PRIMARY KEY CHECK (one = 1), rule TEXT NOT NULL);
-- events about a message that is not here yet
CREATE TABLE parked_events (
  event_id TEXT PRIMARY KEY,
  waits_for TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE bad_events (
  id TEXT PRIMARY KEY, -- hash of path and bytes
  path TEXT NOT NULL,
  byte_offset INTEGER NOT NULL,
  reason TEXT NOT NULL,
  raw BLOB NOT NULL -- the first 4,096 bytes
) WITHOUT ROWID;
-- ids of which the first copy is no event, and that copy
CREATE TABLE spoiled_events (event_id TEXT PRIMARY KEY, raw BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE agent_tombstones (
  agent_id TEXT PRIMARY KEY,
  cleaned_at TEXT NOT NULL,
  event_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE purge_metadata (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- every purge; marks: a JSON object, empty for one that counts by time alone
CREATE TABLE purges (
  cutoff TEXT NOT NULL,
  marks TEXT NOT NULL,
  PRIMARY KEY (cutoff, marks)
) WITHOUT ROWID;
CREATE TABLE log_cursor (one INTEGER PRIMARY KEY CHECK (one = 1), position TEXT NOT NULL);
-- epoch: another one as soon as what came after a number cannot be told any more: events went or
-- are others, or the machine was begun anew (boot), before which a commit may have been lost
CREATE TABLE numbering (epoch TEXT NOT NULL, boot TEXT NOT NULL);
CREATE TRIGGER number_gone AFTER DELETE ON events WHEN OLD.withheld IS NULL BEGIN
  UPDATE numbering SET epoch = lower(hex(randomblob(6)));
END;
CREATE TRIGGER number_taken AFTER UPDATE ON events WHEN OLD.withheld IS NULL BEGIN
  UPDATE numbering SET epoch = lower(hex(randomblob(6)));
END;
CREATE TABLE schema_version (version INTEGER NOT NULL, applied_at TEXT NOT NULL);
"""

TABLES: Final = _MESSAGES + _PEOPLE + _CLAIMS + _LOG + index.VIEW

EARLY_INDEXES: Final = """
CREATE INDEX idx_messages_reply_to ON messages (reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX idx_edits_message ON message_edits (message_id, edited_at);
CREATE INDEX idx_rival_creates_message ON rival_creates (message_id);
CREATE INDEX idx_snapshot_rows_message ON snapshot_rows (message_id);
CREATE INDEX idx_sessions_agent ON sessions (agent_id, started_at);
CREATE INDEX idx_sessions_open ON sessions (agent_id) WHERE ended_at IS NULL;
CREATE INDEX idx_session_refs_lookup ON session_refs (ref_type, ref_value);
CREATE INDEX idx_session_scopes_lookup ON session_scopes (scope_type, scope_value);
CREATE INDEX idx_group_members_lookup ON group_members (member_type, member_value);
-- by their end, because few of all that there were last yet; with all that a claim is picked by
CREATE INDEX idx_claims_held
  ON claims (finish, kind, anchor, agent_id, created_at, event_id)
  WHERE won_by IS NULL AND ended_at IS NULL;
CREATE INDEX idx_claims_granted
  ON claims (finish, kind, anchor, agent_id, shared, created_at, event_id) WHERE won_by IS NULL;
CREATE INDEX idx_claims_lost ON claims (finish) WHERE won_by IS NOT NULL;
CREATE INDEX idx_claims_begin ON claims (created_at, event_id);
CREATE INDEX idx_claims_agent ON claims (agent_id);
CREATE INDEX idx_claims_session ON claims (session_id);
CREATE INDEX idx_events_subject ON events (subject, type) WHERE subject IS NOT NULL;
CREATE INDEX idx_events_withheld ON events (origin_daemon) WHERE withheld IS NOT NULL;
CREATE INDEX idx_parked_events_waits_for ON parked_events (waits_for);
"""
"""Indexes that applying events leans on."""

LATE_INDEXES: Final = """
CREATE INDEX idx_messages_thread ON messages (thread_id, created_at, message_id)
  WHERE thread_id IS NOT NULL;
CREATE INDEX idx_messages_edited ON messages (updated_at, created_at, message_id)
  WHERE updated_at IS NOT NULL;
CREATE INDEX idx_messages_time_id ON messages (created_at, message_id);
CREATE INDEX idx_messages_agent ON messages (agent_id, created_at, message_id);
CREATE INDEX idx_messages_broadcast ON messages (created_at, message_id)
  WHERE visibility_class = 'broadcast';
CREATE INDEX idx_messages_deleted ON messages (message_id) WHERE deleted = 1;
CREATE INDEX idx_events_time ON events (timestamp);
CREATE INDEX idx_events_called ON events (called) WHERE called IS NOT NULL;
CREATE INDEX idx_scopes_lookup
  ON message_scopes (scope_type, scope_value, created_at, message_id);
CREATE INDEX idx_refs_lookup ON message_refs (ref_type, ref_value, created_at, message_id);
CREATE INDEX idx_message_deliveries_recipient
  ON message_deliveries (recipient_agent_id, delivered_at, message_id) WHERE inbox > 0;
CREATE INDEX idx_message_deliveries_author
  ON message_deliveries (recipient_agent_id, author_id, delivered_at, message_id) WHERE inbox > 0;
CREATE INDEX idx_message_deliveries_unread
  ON message_deliveries (recipient_agent_id, delivered_at, message_id)
  WHERE inbox = 1 AND read_at IS NULL;
"""
"""Indexes for questions; made last when the tables are filled in one go."""


def create(db: sqlite3.Connection, now: str, *, bare: bool = False) -> None:
    """Makes all tables in an empty database and stamps it as ours.

    Args:
        now: when, for the version row.
        bare: leave the late indexes and the triggers out, for filling the tables in one go.
    """
    index.prepare(db)
    db.executescript(TABLES + EARLY_INDEXES)
    index.create(db)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute("INSERT INTO schema_version VALUES (?, ?)", (VERSION, now))
    db.execute("INSERT INTO numbering VALUES (lower(hex(randomblob(6))), '')")
    if not bare:
        db.executescript(LATE_INDEXES + counters.TRIGGERS)


_STATEMENTS: Final = TABLES + EARLY_INDEXES + LATE_INDEXES + counters.TRIGGERS + index.TABLE


def names() -> set[str]:
    """The names of all tables, indexes, views and triggers."""
    pattern = r"^CREATE (?:VIRTUAL TABLE|TABLE|INDEX|TRIGGER|VIEW) (\w+)"
    found = set(re.findall(pattern, _STATEMENTS, re.MULTILINE))
    return found | set(index.PARTS) if index.is_available() else found - {index.NAME}


def is_present(db: sqlite3.Connection) -> bool:
    """Whether everything in the file is made as this program makes it, whatever its version says.

    SQLite keeps each statement word by word. Whoever changes one and forgets the version is found
    out by this; so is an index that this SQLite cannot keep.
    """
    query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'"
    made = {name: sql for name, sql in db.execute(query) if name not in index.PARTS}
    if index.NAME in made and not index.is_available():
        return False
    return all(sql in _STATEMENTS for sql in made.values())
