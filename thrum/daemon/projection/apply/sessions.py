"""Sessions: from when to when an agent worked, and on what."""

from __future__ import annotations

from typing import Final

import msgspec

from thrum import clock, events
from thrum.daemon.projection.apply.stored import key, stored
from thrum.daemon.projection.tables import Tables
from thrum.purges import sent

_LOCAL = ("session_scopes", "session_refs")


def settle(tables: Tables, event: events.AboutSession) -> None:
    """Applies ``agent.session.start`` and ``agent.session.end``."""
    settle_session(tables, event.session_id)


def settle_session(tables: Tables, session_id: str) -> None:
    """Works out the session from its events: the earliest start and the earliest end count."""
    start, end = _facts(tables, session_id)
    if start is None or (end is not None and tables.purges.covers(sent(end))):
        _remove(tables, session_id)
        return
    tables.db.execute(
        "INSERT INTO sessions (session_id, agent_id, started_at, ended_at, end_reason,"
        " last_seen_at, origin_daemon) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (session_id) DO UPDATE SET agent_id = excluded.agent_id,"
        " started_at = excluded.started_at, ended_at = excluded.ended_at,"
        " end_reason = excluded.end_reason, origin_daemon = excluded.origin_daemon",
        (
            session_id,
            start.agent_id,
            start.timestamp,
            end.timestamp if end else None,
            (end.reason or None) if end else None,
            start.timestamp,
            start.origin_daemon,
        ),
    )


def _facts(
    tables: Tables, session_id: str
) -> tuple[events.SessionStart | None, events.SessionEnd | None]:
    start: events.SessionStart | None = None
    end: events.SessionEnd | None = None
    for event in stored(tables.db, session_id, events.AboutSession):
        if isinstance(event, events.SessionStart) and start is None:
            since = tables.cleaned.get(event.agent_id)
            start = event if since is None or key(event) > since else None
        elif isinstance(event, events.SessionEnd) and end is None:
            end = event
    return start, end


def _remove(tables: Tables, session_id: str) -> None:
    for table in (*_LOCAL, "sessions"):
        tables.db.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))


PARTS: Final = (
    (
        "git_updated_at",
        (
            "branch",
            "worktree_path",
            "unmerged_commits",
            "uncommitted_files",
            "changed_files",
            "file_changes",
        ),
    ),
    ("task_updated_at", ("current_task",)),
    ("intent_updated_at", ("intent",)),
    ("status_updated_at", ("agent_status",)),
)
"""The parts of a work context: when each was told, and its columns."""


def update(tables: Tables, event: events.AgentUpdate) -> None:
    """Applies ``agent.update``: of each part of a context the newest by its own time stands."""
    for context in event.work_contexts or ():
        merge_context(tables, event.agent_id, context)


def merge_context(tables: Tables, agent_id: str, context: events.WorkContext) -> None:
    """Lays a work context over what is stored of that session and agent."""
    pair = (context.session_id, agent_id)
    tables.db.execute(
        "INSERT OR IGNORE INTO agent_work_contexts (session_id, agent_id) VALUES (?, ?)", pair
    )
    for stamp, columns in PARTS:
        when = _time(getattr(context, stamp))
        values = [_text(getattr(context, column)) for column in columns]
        if not when and not any(value not in ("", "[]") for value in values):
            continue
        newer = f"({stamp}, {', '.join(columns)}) < ({', '.join('?' * (len(columns) + 1))})"
        tables.db.execute(
            f"UPDATE agent_work_contexts SET {stamp} = ?,"
            f" {', '.join(f'{column} = ?' for column in columns)}"
            f" WHERE session_id = ? AND agent_id = ? AND {newer}",
            (when, *values, *pair, when, *values),
        )


def _time(text: str) -> str:
    """The time in fixed width; empty when it is none."""
    try:
        return clock.normalize(text) if text else ""
    except ValueError:
        return ""


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value or []).decode()
