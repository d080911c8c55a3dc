"""How many messages there are, of whom, and unread by whom, without counting them."""

from __future__ import annotations

import sqlite3

import msgspec


class Counts(msgspec.Struct):
    """An inbox in numbers: not deleted, of these unread, of these by the agent itself, deleted."""

    total: int = 0
    unread: int = 0
    own: int = 0
    deleted: int = 0


class Written(msgspec.Struct):
    """Messages that were written: not deleted, deleted."""

    total: int = 0
    deleted: int = 0


def inbox_counts(db: sqlite3.Connection, agent_id: str) -> Counts:
    """The numbers of the agent's inbox."""
    row = db.execute(
        "SELECT total, unread, own, deleted FROM inbox_counts WHERE agent_id = ?", (agent_id,)
    ).fetchone()
    return Counts(*row) if row else Counts()


def written(db: sqlite3.Connection) -> Written:
    """All messages. One row is read for each author."""
    row = db.execute(
        "SELECT coalesce(sum(total), 0), coalesce(sum(deleted), 0) FROM author_counts"
    ).fetchone()
    return Written(*row)


def written_by(db: sqlite3.Connection, agent_id: str) -> Written:
    """The messages of an author."""
    row = db.execute(
        "SELECT total, deleted FROM author_counts WHERE agent_id = ?", (agent_id,)
    ).fetchone()
    return Written(*row) if row else Written()


def unread_by(db: sqlite3.Connection, agent_id: str) -> int:
    """How many of all messages that are not deleted the agent has not read, its inbox or not.

    What it wrote it has read.
    """
    return unreached(db, agent_id) + inbox_counts(db, agent_id).unread


def unreached(db: sqlite3.Connection, agent_id: str) -> int:
    """How many messages that are not deleted are neither by the agent nor in its inbox."""
    inbox, own = inbox_counts(db, agent_id), written_by(db, agent_id)
    return written(db).total - own.total - (inbox.total - inbox.own)
