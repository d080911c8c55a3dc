"""What tells whether somebody still lives under a name."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from thrum.daemon.projection.queries.agents import Account
from thrum.daemon.projection.queries.sessions import Session, open_sessions


class Tenancy(NamedTuple):
    """How an agent lives where it is registered. Times are fixed-width text, empty for never.

    Attributes:
        known: the agent.
        open: its open sessions, of whatever clone, the newest first.
        ended_at: when the last of its ended sessions did.
        heard_at: the newest event of the clones where it may live; empty if it is at home here.
    """

    known: Account
    open: tuple[Session, ...]
    ended_at: str
    heard_at: str


def tenancy(db: sqlite3.Connection, known: Account, *, is_abroad: bool) -> Tenancy:
    """How that agent lives; if `is_abroad`, in another clone."""
    at_work = tuple(open_sessions(db, known.agent_id))
    (ended_at,) = db.execute(
        "SELECT coalesce(max(ended_at), '') FROM sessions WHERE agent_id = ?", (known.agent_id,)
    ).fetchone()
    clones = {known.origin_daemon, *(each.origin_daemon for each in at_work)}
    heard_at = _heard_at(db, tuple(clones)) if is_abroad else ""
    return Tenancy(known, at_work, ended_at, heard_at)


def _heard_at(db: sqlite3.Connection, clones: tuple[str, ...]) -> str:
    """When the newest event of those clones was made; a pass over all events."""
    marks = ", ".join("?" * len(clones))
    sql = f"SELECT coalesce(max(timestamp), '') FROM events WHERE origin_daemon IN ({marks})"
    (heard_at,) = db.execute(sql, clones).fetchone()
    return str(heard_at)
