"""Questions that wait, in ``state.db``. Whoever deletes a row has the only answer to it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

from thrum.daemon.prompts.prompt import Prompt
from thrum.daemon.state import Schema

SCHEMA: Final = Schema(
    "prompts",
    (
        """
CREATE TABLE prompts_nudges (
  message_id TEXT PRIMARY KEY,
  session TEXT NOT NULL,
  tmux_target TEXT NOT NULL,
  agent_name TEXT NOT NULL,
  runtime TEXT NOT NULL,
  tool TEXT NOT NULL,
  details TEXT NOT NULL,
  pattern_key TEXT NOT NULL,
  approve_key TEXT NOT NULL,
  deny_key TEXT,
  recipients TEXT NOT NULL,
  first_detected TEXT NOT NULL,
  last_nudge_at TEXT NOT NULL,
  nudge_count INTEGER NOT NULL,
  last_pane_hash BLOB NOT NULL,
  expires_at TEXT NOT NULL
);
CREATE INDEX prompts_nudges_session ON prompts_nudges (session);
CREATE INDEX prompts_nudges_expires ON prompts_nudges (expires_at);
""",
    ),
)

_COLUMNS: Final = """
message_id, session, tmux_target, agent_name, runtime, tool, details, pattern_key, approve_key,
  deny_key, recipients, first_detected, last_nudge_at, nudge_count, last_pane_hash, expires_at
"""


def load(db: sqlite3.Connection) -> dict[str, Prompt]:
    """Every question by the id of its message, the oldest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM prompts_nudges ORDER BY first_detected, message_id")
    return {each.message_id: each for each in map(_prompt, rows)}


def keep(db: sqlite3.Connection, prompt: Prompt) -> None:
    """Keeps a question, in place of what was kept of it."""
    db.execute(
        f"INSERT OR REPLACE INTO prompts_nudges ({_COLUMNS})"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(prompt.message_id, prompt.session, prompt.target, prompt.agent_id, prompt.runtime),
            *(prompt.tool, prompt.details, prompt.pattern, prompt.approve_key, prompt.deny_key),
            *(json.dumps(prompt.recipients), prompt.first_detected, prompt.last_nudge_at),
            *(prompt.nudges, prompt.pane_hash, prompt.expires_at),
        ),
    )


def remind(db: sqlite3.Connection, prompt: Prompt) -> bool:
    """Notes how often was told of a question; whether it is one still."""
    found = db.execute(
        "UPDATE prompts_nudges SET nudge_count = ?, last_nudge_at = ? WHERE message_id = ?",
        (prompt.nudges, prompt.last_nudge_at, prompt.message_id),
    )
    return found.rowcount > 0


def claim(db: sqlite3.Connection, message_id: str, now: str) -> Prompt | None:
    """Takes a question away for good, so that nobody else answers it; None if somebody did.

    Args:
        db: the tables.
        message_id: of the message that told of it.
        now: RFC 3339; one that has expired is nobody's.
    """
    row = db.execute(
        f"DELETE FROM prompts_nudges WHERE message_id = ? AND expires_at > ? RETURNING {_COLUMNS}",
        (message_id, now),
    ).fetchone()
    return _prompt(row) if row else None


def forget(db: sqlite3.Connection, message_ids: Iterable[str]) -> None:
    """Takes away questions that are none any more."""
    db.executemany(
        "DELETE FROM prompts_nudges WHERE message_id = ?", [(each,) for each in message_ids]
    )


def _prompt(row: Sequence[Any]) -> Prompt:
    message_id, session, target, agent_id, runtime, tool, details, pattern, *rest = row
    approve_key, deny_key, recipients, first, last, nudges, pane_hash, expires_at = rest
    return Prompt(
        message_id=message_id,
        agent_id=agent_id,
        runtime=runtime,
        session=session,
        tool=tool,
        details=details,
        pattern=pattern,
        target=target,
        approve_key=approve_key,
        deny_key=deny_key,
        recipients=tuple(json.loads(recipients)),
        first_detected=first,
        last_nudge_at=last,
        nudges=nudges,
        pane_hash=bytes(pane_hash),
        expires_at=expires_at,
    )
