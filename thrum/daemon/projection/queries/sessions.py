"""Sessions, their scopes and refs, and the work contexts that belong to them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from thrum.events import Pair

SINCE_MOVE: Final = """(a.moves = 0
  OR (s.origin_daemon = a.origin_daemon AND s.started_at >= a.moved_at))"""
"""Of sessions `s` and agents `a`: what was before an agent moved says nothing of where it lives."""


class Session(msgspec.Struct, omit_defaults=True):
    """A session; open while `ended_at` is empty.

    Scopes and refs, oldest first, are known where sessions are listed.
    """

    session_id: str
    agent_id: str
    started_at: str
    last_seen_at: str
    status: str
    ended_at: str = ""
    end_reason: str = ""
    intent: str = ""
    origin_daemon: str = ""
    scopes: list[Pair] | None = None
    refs: list[Pair] | None = None


_COLUMNS_OF_SESSION = """
  s.session_id, s.agent_id, s.started_at, s.last_seen_at,
  CASE WHEN s.ended_at IS NULL THEN 'active' ELSE 'ended' END,
  coalesce(s.ended_at, ''), coalesce(s.end_reason, ''), coalesce(c.intent, ''), s.origin_daemon
"""
_FROM = """
FROM sessions s
LEFT JOIN agent_work_contexts c ON c.session_id = s.session_id AND c.agent_id = s.agent_id
"""
_SELECT = f"SELECT {_COLUMNS_OF_SESSION} {_FROM}"
_PAIRS = """
(SELECT json_group_array(json_object('type', {0}_type, 'value', {0}_value)) FROM
  (SELECT {0}_type, {0}_value FROM session_{0}s WHERE session_id = s.session_id
   ORDER BY added_at, 1, 2))
"""
_LISTED = f"""
SELECT {_COLUMNS_OF_SESSION}, {_PAIRS.format("scope")}, {_PAIRS.format("ref")} {_FROM}
"""
_LIST = f"""
{_LISTED}
WHERE (?1 IS NULL OR s.agent_id = ?1) AND (NOT ?2 OR s.ended_at IS NULL)
ORDER BY s.started_at DESC, s.session_id DESC LIMIT ?3
"""
_pairs: Final = msgspec.json.Decoder(list[Pair])


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
    db: sqlite3.Connection,
    agent_id: str | None = None,
    active_only: bool = False,
    limit: int = 0,
) -> list[Session]:
    """Sessions of that agent or of all, the newest start first; at most `limit`, 0 for all."""
    return [_listed(row) for row in db.execute(_LIST, (agent_id, active_only, limit or -1))]


def sessions_by_id(db: sqlite3.Connection, session_ids: Iterable[str]) -> dict[str, Session]:
    """Those of the sessions that there are."""
    rows = db.execute(
        f"{_LISTED} WHERE s.session_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(session_ids)),),
    )
    return {row[0]: _listed(row) for row in rows}


def _listed(row: Sequence[Any]) -> Session:
    scopes, refs = (_pairs.decode(each) or None for each in row[-2:])
    return Session(*(*row[:-2], scopes, refs))


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
    """What a session works on; `ended_at` once it has ended."""

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
    agent_status: str = ""
    status_updated_at: str = ""
    ended_at: str = ""


class Working(msgspec.Struct):
    """A context with where its session works and whose daemon began it."""

    context: Context
    worktree: str
    origin_daemon: str


_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "unmerged_commits": msgspec.json.Decoder(list[Commit]),
    "uncommitted_files": msgspec.json.Decoder(list[str]),
    "changed_files": msgspec.json.Decoder(list[str]),
    "file_changes": msgspec.json.Decoder(list[FileChange]),
}
CONTEXT_FIELDS: Final = Context.__struct_fields__[:-1]
"""The columns of a work context, in the order that `context_of` takes them."""
_COLUMNS = ", ".join(f"c.{name}" for name in CONTEXT_FIELDS)
_NEWEST_WORKTREE = """coalesce(
  (SELECT ref_value FROM session_refs r WHERE r.session_id = s.session_id
   AND r.ref_type = 'worktree' ORDER BY added_at DESC, ref_value LIMIT 1), c.worktree_path, '')"""
_WORKING = f"""
SELECT * FROM (
  SELECT {_COLUMNS}, coalesce(s.ended_at, '') AS ended_at, {_NEWEST_WORKTREE}, s.origin_daemon,
    max(c.git_updated_at) OVER (PARTITION BY c.agent_id) AS latest
  FROM agent_work_contexts c
  JOIN sessions s ON s.session_id = c.session_id AND s.agent_id = c.agent_id
  WHERE ?3 IS NOT NULL OR s.ended_at IS NULL)
WHERE (?1 IS NULL OR agent_id = ?1) AND (?2 IS NULL OR branch = ?2)
  AND (ended_at = '' OR git_updated_at = latest AND git_updated_at != ''
       AND (git_updated_at >= ?3 OR unmerged_commits != '[]'))
ORDER BY git_updated_at DESC, session_id DESC
"""


def contexts(
    db: sqlite3.Connection,
    agent_id: str | None = None,
    branch: str | None = None,
    open_only: bool = True,
) -> list[Context]:
    """Work contexts of open sessions (or of all), the newest git data first."""
    rows = db.execute(
        f"SELECT {_COLUMNS}"
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
        text = str(values[name])
        values[name] = decoder.decode(text) if text not in {"", "[]"} else None
    context = Context(**values)  # type: ignore[arg-type]
    for commit in context.unmerged_commits or ():
        commit.files = commit.files or []
    return context


def working(
    db: sqlite3.Connection,
    agent_id: str | None = None,
    branch: str | None = None,
    ended_since: str | None = None,
) -> list[Working]:
    """Contexts of open sessions, the newest git data first; one query.

    Args:
        db: a connection.
        agent_id: only of this agent.
        branch: only on this branch.
        ended_since: also the last context of each agent whose session has ended, if its git data is
            not older than this or has commits that wait to be merged.
    """
    width = len(CONTEXT_FIELDS)
    found = []
    for row in db.execute(_WORKING, (agent_id, branch, ended_since)):
        context = context_of(row[:width])
        context.ended_at, worktree, origin = row[width : width + 3]
        found.append(Working(context, worktree, origin))
    return found


def last_worktree(db: sqlite3.Connection, agent_id: str) -> str:
    """Where the agent's newest session with a worktree was; empty if there is none."""
    return next(iter(worktrees_of(db, agent_id)), "")


def worktrees_of(db: sqlite3.Connection, agent_id: str) -> list[str]:
    """Every worktree that any session of the agent named since it moved, the newest first."""
    rows = db.execute(
        "SELECT r.ref_value FROM sessions s JOIN agents a ON a.agent_id = s.agent_id"
        " JOIN session_refs r ON r.session_id = s.session_id AND r.ref_type = 'worktree'"
        f" WHERE s.agent_id = ? AND {SINCE_MOVE} ORDER BY s.started_at DESC, r.added_at DESC",
        (agent_id,),
    )
    return list(dict.fromkeys(value for (value,) in rows))


def worktree(db: sqlite3.Connection, session_id: str) -> str:
    """The worktree that the session named last; empty if it named none."""
    row = db.execute(
        "SELECT ref_value FROM session_refs WHERE session_id = ? AND ref_type = 'worktree'"
        " ORDER BY added_at DESC, ref_value LIMIT 1",
        (session_id,),
    ).fetchone()
    return str(row[0]) if row else ""


def bereft(db: sqlite3.Connection, daemon_id: str) -> list[str]:
    """Ids of open sessions that this daemon began, of agents that are not at home here any more.

    They are registered no more, or moved to another clone.
    """
    rows = db.execute(
        "SELECT session_id FROM sessions s WHERE ended_at IS NULL AND origin_daemon IN ('', ?1)"
        " AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.agent_id = s.agent_id"
        "  AND (a.moves = 0 OR a.origin_daemon = ?1)) ORDER BY session_id",
        (daemon_id,),
    )
    return [session_id for (session_id,) in rows]


class Running(msgspec.Struct):
    """An open session of this daemon whose agent has a process."""

    session_id: str
    agent_id: str
    pid: int
    started: str


def running(db: sqlite3.Connection, daemon_id: str) -> list[Running]:
    """Open sessions that this daemon began, of agents of this clone with a process."""
    rows = db.execute(
        "SELECT s.session_id, a.agent_id, a.agent_pid, a.agent_pid_start_time"
        " FROM sessions s JOIN agents a ON a.agent_id = s.agent_id"
        " WHERE s.ended_at IS NULL AND a.agent_pid > 0"
        " AND s.origin_daemon IN ('', ?1) AND a.origin_daemon IN ('', ?1)",
        (daemon_id,),
    )
    return [Running(*row) for row in rows]


def open_ids(db: sqlite3.Connection) -> set[str]:
    """The sessions that have not ended."""
    return {
        each for (each,) in db.execute("SELECT session_id FROM sessions WHERE ended_at IS NULL")
    }
