"""Monitors in ``state.db``: what they do outlives the daemon, and what they said is mail."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from thrum.daemon.monitors.job import Job, Status
from thrum.daemon.state import Schema
from thrum.errors import ThrumError

SCHEMA: Final = Schema(
    "monitors",
    (
        """
CREATE TABLE monitors_jobs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  argv TEXT NOT NULL,
  match_pattern TEXT NOT NULL,
  target TEXT NOT NULL,
  cwd TEXT NOT NULL,
  env TEXT NOT NULL,
  debounce_seconds INTEGER NOT NULL,
  schedule TEXT NOT NULL DEFAULT '',
  started_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  status TEXT NOT NULL,
  last_exit_code INTEGER,
  last_exit_at TEXT NOT NULL DEFAULT ''
);
""",
    ),
)

_SELECT: Final = """
SELECT id, name, argv, match_pattern, target, cwd, env, debounce_seconds, schedule, started_by,
  created_at, updated_at, status, last_exit_code, last_exit_at
FROM monitors_jobs
"""


def jobs(db: sqlite3.Connection) -> list[Job]:
    """Every monitor, in the order in which they were made."""
    return [_job(row) for row in db.execute(f"{_SELECT} ORDER BY id")]


def job(db: sqlite3.Connection, word: str) -> Job:
    """The monitor of that id or name.

    Raises:
        ThrumError: ``not_found``.
    """
    row = db.execute(f"{_SELECT} WHERE id = ?1 OR name = ?1 ORDER BY id != ?1", (word,)).fetchone()
    if row is None:
        raise ThrumError(
            "not_found", f"monitor not found: {word}", "`thrum monitor list --all` shows all"
        )
    return _job(row)


def add(db: sqlite3.Connection, new: Job) -> None:
    """Keeps a new one.

    Raises:
        ThrumError: ``conflict``, another one has its name.
    """
    taken = db.execute("SELECT status FROM monitors_jobs WHERE name = ?", (new.name,)).fetchone()
    if taken is not None:
        raise ThrumError(
            "conflict",
            f"monitor name already in use: {new.name} is {taken[0]}",
            f"`thrum monitor restart {new.name}` runs it again, `thrum monitor remove {new.name}`"
            " frees the name",
        )
    db.execute(
        "INSERT INTO monitors_jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(new.id, new.name, json.dumps(new.argv), new.match, new.target, new.cwd),
            *(json.dumps(dict(new.env)), new.debounce_s, new.schedule, new.started_by),
            *(new.created_at, new.updated_at, new.status.value, new.exit_code, new.exit_at),
        ),
    )


def stands(db: sqlite3.Connection, job_id: str, status: Status, at: str) -> None:
    """Notes how it stands with one from now on."""
    db.execute(
        "UPDATE monitors_jobs SET status = ?, updated_at = ? WHERE id = ?",
        (status.value, at, job_id),
    )


def exited(db: sqlite3.Connection, job_id: str, code: int, at: str) -> None:
    """Notes how a run of one ended."""
    db.execute(
        "UPDATE monitors_jobs SET last_exit_code = ?, last_exit_at = ? WHERE id = ?",
        (code, at, job_id),
    )


def remove(db: sqlite3.Connection, job_id: str) -> None:
    """Forgets one."""
    db.execute("DELETE FROM monitors_jobs WHERE id = ?", (job_id,))


def _job(row: Sequence[Any]) -> Job:
    job_id, name, argv, match, target, cwd, env, debounce_s, schedule, by, *since = row
    created_at, updated_at, status, code, code_at = since
    return Job(
        id=job_id,
        name=name,
        argv=tuple(json.loads(argv)),
        match=match,
        target=target,
        cwd=cwd,
        env=json.loads(env),
        debounce_s=debounce_s,
        schedule=schedule,
        started_by=by,
        created_at=created_at,
        updated_at=updated_at,
        status=Status(status),
        exit_code=code,
        exit_at=code_at,
    )
