"""How many messages a list has, and how many of them are unread, where nobody has to count them.

What is kept (`tallies`) tells it for all messages, for one inbox, and for one scope or ref. Where
two such filters meet, and for a thread or since a time, nothing is kept and `None` is answered.
"""

from __future__ import annotations

import sqlite3
from typing import Protocol

from thrum.daemon.projection.queries import tallies
from thrum.daemon.projection.queries.filters import ListFilter, Sided
from thrum.daemon.projection.queries.tallies import Written
from thrum.names import is_person


def total(db: sqlite3.Connection, wanted: ListFilter) -> int | None:
    """How many there are on all pages."""
    whole = _whole(db, wanted)
    if whole is None:
        return None
    author, excluded = wanted.author_id, wanted.exclude_author
    if author and author == excluded:
        return 0
    if wanted.unread_for:
        return _unread_total(whole, wanted)
    found = whole.written(author)
    less = whole.written(excluded) if excluded and not author else Written()
    if not wanted.include_deleted:
        return found.total - less.total
    return found.total + found.deleted - less.total - less.deleted


def _unread_total(whole: _Whole, wanted: ListFilter) -> int | None:
    """The same where only those count that somebody has not read."""
    if wanted.include_deleted:
        return None
    reader, excluded = wanted.unread_for, wanted.exclude_author
    if wanted.author_id:
        return whole.unread(reader, wanted.author_id)
    found = whole.unread(reader, "")
    less = whole.unread(reader, excluded) if excluded else 0
    return None if found is None or less is None else found - less


def unread(db: sqlite3.Connection, wanted: ListFilter) -> int | None:
    """How many the reader has not read, whichever author or readings are asked for."""
    whole = _whole(db, wanted)
    if whole is None or wanted.exclude_author not in ("", wanted.reader):
        return None
    return whole.unread(wanted.reader, "")  # what somebody wrote is read


class _Whole(Protocol):
    """Messages of which numbers are kept."""

    def written(self, author: str) -> Written:
        """How many there are, of all authors or of one."""

    def unread(self, reader: str, author: str) -> int | None:
        """How many of these are not deleted and not read by a reader."""


def _whole(db: sqlite3.Connection, wanted: ListFilter) -> _Whole | None:
    """The messages before authors, readings and deletions are looked at, if numbers are kept."""
    if not wanted.is_unbroken():
        return None
    if wanted.for_agent:
        return _Inbox(db, wanted.for_agent)
    for sided in wanted.pairs():
        return _Paired(db, sided) if tallies.is_tallied(sided) else None
    return _Everything(db)


class _Everything:
    """All messages."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def written(self, author: str) -> Written:
        return tallies.written_by(self._db, author) if author else tallies.written(self._db)

    def unread(self, reader: str, author: str) -> int | None:
        if not author:
            return tallies.unread_by(self._db, reader)
        if author == reader:
            return 0
        came = tallies.received(self._db, reader, author)
        return tallies.written_by(self._db, author).total - (came.total - came.unread)


class _Inbox:
    """What is in an agent's inbox."""

    def __init__(self, db: sqlite3.Connection, agent_id: str) -> None:
        self._db, self._agent_id = db, agent_id

    def written(self, author: str) -> Written:
        if author:
            came = tallies.received(self._db, self._agent_id, author)
            return Written(came.total, came.deleted)
        counts = tallies.inbox_counts(self._db, self._agent_id)
        return Written(counts.total, counts.deleted)

    def unread(self, reader: str, author: str) -> int | None:
        if author == reader:
            return 0
        if reader == self._agent_id:
            if author:
                return tallies.received(self._db, reader, author).unread
            return tallies.inbox_counts(self._db, reader).unread
        if author or not is_person(reader):
            return None
        read = tallies.read_in_inbox(self._db, self._agent_id, reader)
        return self.written("").total - read


class _Paired:
    """What has a scope or ref."""

    def __init__(self, db: sqlite3.Connection, sided: Sided) -> None:
        self._db, self._sided = db, sided

    def written(self, author: str) -> Written:
        return tallies.paired(self._db, self._sided, author)

    def unread(self, reader: str, author: str) -> int | None:
        if author == reader:
            return 0
        if author:
            return None
        return self.written("").total - tallies.paired_read(self._db, self._sided, reader)
