"""How many messages there are, of whom, and unread by whom, without counting them."""

from __future__ import annotations

import sqlite3

import msgspec

from thrum.daemon.projection.queries.filters import Sided


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


class Received(msgspec.Struct):
    """What somebody has in an inbox of one author: not deleted, of these unread, deleted."""

    total: int = 0
    unread: int = 0
    deleted: int = 0


def inbox_counts(db: sqlite3.Connection, agent_id: str) -> Counts:
    """The numbers of the agent's inbox."""
    row = db.execute(
        "SELECT total, unread, own, deleted FROM inbox_counts WHERE agent_id = ?", (agent_id,)
    ).fetchone()
    return Counts(*row) if row else Counts()


def received(db: sqlite3.Connection, agent_id: str, author_id: str) -> Received:
    """The numbers of what the author sent to the agent's inbox."""
    row = db.execute(
        "SELECT total, unread, deleted FROM inbox_author_counts"
        " WHERE agent_id = ? AND author_id = ?",
        (agent_id, author_id),
    ).fetchone()
    return Received(*row) if row else Received()


def read_in_inbox(db: sqlite3.Connection, agent_id: str, person_id: str) -> int:
    """How many messages in the agent's inbox a person, another one, has read; no deleted ones."""
    row = db.execute(
        "SELECT total FROM inbox_reads WHERE agent_id = ? AND person_id = ?", (agent_id, person_id)
    ).fetchone()
    return int(row[0]) if row else 0


def paired(db: sqlite3.Connection, sided: Sided, author_id: str = "") -> Written:
    """The messages with a scope or ref, of all authors or one. A row is read for each author."""
    which = " AND author_id = ?" if author_id else ""
    row = db.execute(
        "SELECT coalesce(sum(total), 0), coalesce(sum(deleted), 0) FROM pair_counts"
        f" WHERE kind = ? AND type = ? AND value = ?{which}",
        (sided.kind, *_pair(sided), *([author_id] if author_id else ())),
    ).fetchone()
    return Written(*row)


def paired_read(db: sqlite3.Connection, sided: Sided, agent_id: str) -> int:
    """How many messages with a scope or ref the agent has read; no deleted ones."""
    row = db.execute(
        "SELECT total FROM pair_reads WHERE kind = ? AND type = ? AND value = ? AND agent_id = ?",
        (sided.kind, *_pair(sided), agent_id),
    ).fetchone()
    return int(row[0]) if row else 0


def is_tallied(sided: Sided) -> bool:
    """Whether the messages with a scope or ref need not be counted: answers are, being few."""
    return not (sided.kind == "ref" and sided.pair.type == "reply_to")


def _pair(sided: Sided) -> tuple[str, str]:
    return sided.pair.type, sided.pair.value


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
