"""Sessions, their scopes and refs, and the work contexts that belong to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from thrum.events import Pair


class Session(msgspec.Struct, omit_defaults=True):
    """A session; open while `ended_at` is empty."""

    session_id: str
    agent_id: str
    started_at: str
    last_seen_at: str
    status: str
    ended_at: str = ""
    end_reason: str = ""
    intent: str = ""
    origin_daemon: str = ""


_SELECT = """
SELECT s.session_id, s.agent_id, s.started_at, s.last_seen_at,
  CASE WHEN s.ended_at IS NULL THEN 'active' ELSE 'ended' END,
  coalesce(s.ended_at, ''), coalesce(s.end_reason, ''), coalesce(c.intent, ''), s.origin_daemon
FROM sessions s
LEFT JOIN agent_work_contexts c ON c.session_id = s.session_id AND c.agent_id = s.agent_id
"""


def session(db: sqlite3.Connection, session_id: str) -> Session | None:
    """The session of that id."""
    row = db.execute(f"{_SELECT} WHERE s.session_id = ?", (session_id,)).fetchone()
    return Session(*row) if row else None


def open_sessions(db: sqlite3.Connection, agent_id: str) -> list[Session]:
    """The agent's open sessions, the newest first."""
    rows = db.execute(
        f"{_SELECT} WHERE s.agent_id = ? AND s.ended_at IS NULL"
        " ORDER BY s.started_at DESC, s.session_id DESC",
        (agent_id,),
    )
    return [Session(*row) for row in rows]


def open_session(db: sqlite3.Connection, agent_id: str) -> Session | None:
    """The agent's newest open session."""
    found = open_sessions(db, agent_id)
    return found[0] if found else None


def sessions(
    db: sqlite3.Connection, agent_id: str | None = None, active_only: bool = False
) -> list[Session]:
    """Sessions of that agent or of all, the newest start first."""
    rows = db.execute(
        f"{_SELECT} WHERE (?1 IS NULL OR s.agent_id = ?1) AND (NOT ?2 OR s.ended_at IS NULL)"
        " ORDER BY s.started_at DESC, s.session_id DESC",
        (agent_id, active_only),
    )
    return [Session(*row) for row in rows]


def session_pairs(db: sqlite3.Connection, session_id: str, kind: str) -> list[Pair]:
    """The session's scopes or refs, as `kind` says (``scope`` or ``ref``), oldest first."""
    rows = db.execute(
        f"SELECT {kind}_type, {kind}_value FROM session_{kind}s"
        " WHERE session_id = ? ORDER BY added_at, 1, 2",
        (session_id,),
    )
    return [Pair(*row) for row in rows]


class Commit(msgspec.Struct):
    """A commit that is not in the base branch yet; every field is always written."""

    sha: str = ""
    message: str = ""
    files: list[str] | None = None


class FileChange(msgspec.Struct):
    """How a file differs from the base branch, in lines; every field is always written."""

    path: str = ""
    last_modified: str = ""
    additions: int = 0
    deletions: int = 0
    status: str = ""


class Context(msgspec.Struct, omit_defaults=True):
    """What a session works on."""

    session_id: str
    agent_id: str
    branch: str = ""
    worktree_path: str = ""
    unmerged_commits: list[Commit] | None = None
    uncommitted_files: list[str] | None = None
    changed_files: list[str] | None = None
    file_changes: list[FileChange] | None = None
    git_updated_at: str = ""
    current_task: str = ""
    task_updated_at: str = ""
    intent: str = ""
    intent_updated_at: str = ""


_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "unmerged_commits": msgspec.json.Decoder(list[Commit]),
    "uncommitted_files": msgspec.json.Decoder(list[str]),
    "changed_files": msgspec.json.Decoder(list[str]),
    "file_changes": msgspec.json.Decoder(list[FileChange]),
}
CONTEXT_FIELDS: Final = Context.__struct_fields__
"""The columns of a work context, in the order that `context_of` takes them."""


def contexts(
    db: sqlite3.Connection,
    agent_id: str | None = None,
    branch: str | None = None,
    open_only: bool = True,
) -> list[Context]:
    """Work contexts of open sessions (or of all), the newest git data first."""
    rows = db.execute(
        f"SELECT {', '.join('c.' + name for name in CONTEXT_FIELDS)}"
        " FROM agent_work_contexts c"
        " JOIN sessions s ON s.session_id = c.session_id AND s.agent_id = c.agent_id"
        " WHERE (?1 IS NULL OR c.agent_id = ?1) AND (?2 IS NULL OR c.branch = ?2)"
        " AND (NOT ?3 OR s.ended_at IS NULL)"
        " ORDER BY c.git_updated_at DESC, c.session_id DESC",
        (agent_id, branch, open_only),
    )
    return [context_of(row) for row in rows]


def context_of(row: Sequence[str]) -> Context:
    """The work context in a row; lists that are empty or not there become None."""
    values: dict[str, object] = dict(zip(CONTEXT_FIELDS, row, strict=True))
    for name, decoder in _DECODERS.items():
        values[name] = decoder.decode(str(values[name]) or "[]") or None
    context = Context(**values)  # type: ignore[arg-type]
    for commit in context.unmerged_commits or ():
        commit.files = commit.files or []
    return context
