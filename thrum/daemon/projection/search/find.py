"""The messages that are found, a page at a time.

Those numbered highest are the newest. By relevance the newest `RANKED` that fit are put in order by
how well they fit and how old they are; what is older follows by its age. To weigh all of what a
common word finds would cost a hundred milliseconds in a large log, and the best of it is hardly
ever so old.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from thrum.daemon.projection.search.expression import expression
from thrum.daemon.projection.search.index import NAME
from thrum.daemon.projection.search.query import Query
from thrum.daemon.projection.search.rows import BITS, first_after
from thrum.errors import ThrumError

RANKED: Final = 1000
"""Messages that are weighed, and counted."""

HALF_MS: Final = 30 * 86_400_000
"""The age, in milliseconds, at which a message weighs half of a new one."""

FEW: Final = 5000
"""Messages that are listed first, where fewer cannot be asked for otherwise."""

LAST: Final = (1 << 62) - 1
"""After every row."""

_WEIGHTS: Final = "4.0, 2.0, 0.0"
"""Of words, of the parts of names in code, of what is no text."""


class Hit(NamedTuple):
    """A message that was found, or another text.

    Attributes:
        row: the message's; of another text one of its time.
        weight: how well it fits; 0 where nobody asked.
        text: which of the other texts it is, by its place among them; -1 for a message.
    """

    row: int
    weight: float = 0.0
    text: int = -1


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ends.

    Attributes:
        top: no later row belongs to what is paged through.
        taken: how many of the weighed ones came.
        below: once these are all, the last row that came.
    """

    top: int
    taken: int
    below: int | None = None

    def to_text(self) -> str:
        """As clients hand it back."""
        return ".".join(
            str(each) for each in (self.top, self.taken, self.below) if each is not None
        )

    @classmethod
    def from_text(cls, text: str) -> Cursor:
        """What `to_text` made.

        Raises:
            ThrumError: ``invalid_params``.
        """
        try:
            numbers = [int(each) for each in text.split(".")]
            is_far = max(map(abs, numbers)) > LAST
            if len(text) > 80 or len(numbers) not in {2, 3} or is_far or numbers[1] < 0:
                raise ValueError
        except ValueError:
            raise ThrumError(
                "invalid_params", "cursor is not what message.search gave", "begin without one"
            ) from None
        return cls(*numbers)


@dataclass(frozen=True, slots=True)
class Found:
    """A page: what it has in its order, how many there are, and where it ends.

    Attributes:
        total: how many there are; of messages `RANKED` at most.
        is_bound: whether there may be more than `total`.
        next: where the next page begins, if there is one.
    """

    hits: list[Hit]
    total: int
    is_bound: bool
    next: Cursor | None


class _Asked(NamedTuple):
    """The condition that all that is found meets, with its values."""

    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Search:
    """A question to the index.

    Attributes:
        asked: what all that is found meets; None where no message can.
        others: other texts that fit, the newest first.
    """

    db: sqlite3.Connection
    asked: _Asked | None
    others: Sequence[Hit]

    def total(self) -> tuple[int, bool]:
        """How many there are, and whether there may be more."""
        count = 0
        if self.asked is not None:
            where = f"{NAME} WHERE {self.asked.sql} LIMIT {RANKED + 1}"
            sql = f"SELECT count(*) FROM (SELECT 1 FROM {where})"
            (count,) = self.db.execute(sql, self.asked.values).fetchone()
        return min(count, RANKED) + len(self.others), count > RANKED

    def messages(self, top: int, limit: int, *, weighed: bool = False) -> list[Hit]:
        """The newest messages of those that are not above a row."""
        if self.asked is None:
            return []
        weight = f", -bm25({NAME}, {_WEIGHTS})" if weighed else ""
        rows = self.db.execute(
            f"SELECT rowid{weight} FROM {NAME} WHERE {self.asked.sql} AND rowid <= ?"
            " ORDER BY rowid DESC LIMIT ?",
            (*self.asked.values, top, limit),
        )
        return [Hit(*row) for row in rows]

    def by_age(self, cursor: Cursor, limit: int, others: Sequence[Hit]) -> tuple[list[Hit], bool]:
        """The newest below where a page ended, and whether there are more."""
        top = cursor.top if cursor.below is None else cursor.below - 1
        hits = self.messages(top, limit + 1) + [hit for hit in others if hit.row <= top]
        hits.sort(key=lambda hit: -hit.row)
        return hits[:limit], len(hits) > limit

    def by_weight(self, cursor: Cursor, limit: int) -> tuple[list[Hit], Cursor | None]:
        """The best of the newest, then what is older; and where the next page begins."""
        weighed = self.messages(cursor.top, RANKED, weighed=True)
        top = max([hit.row for hit in (*weighed[:1], *self.others[:1])], default=cursor.top)
        top = min(cursor.top, top)
        best = max((hit.weight for hit in weighed), default=1.0)
        fits = [*weighed, *(hit._replace(weight=best) for hit in self.others)]
        ordered = sorted((_aged(hit, top) for hit in fits), key=lambda hit: (-hit.weight, -hit.row))
        hits = ordered[cursor.taken : cursor.taken + limit]
        taken = cursor.taken + len(hits)
        if taken < len(ordered):
            return hits, Cursor(top, taken)
        oldest = weighed[-1].row if weighed else top
        if cursor.below is None and len(weighed) < RANKED:
            return hits, None
        end = Cursor(top, taken, oldest if cursor.below is None else cursor.below)
        older, is_more = self.by_age(end, limit - len(hits), ())
        if older:
            end = Cursor(top, taken, older[-1].row)
        return [*hits, *older], end if is_more else None


def find(
    db: sqlite3.Connection,
    query: Query,
    me: str,
    *,
    limit: int,
    cursor: Cursor | None = None,
    newest_first: bool = False,
    others: Sequence[int] = (),
) -> Found:
    """A page of what fits.

    Args:
        me: the caller, or empty.
        cursor: where the page before ended.
        newest_first: by age alone.
        others: when other texts that fit were written, in nanoseconds since 1970.
    """
    texts = [Hit(row_of(when), text=place) for place, when in enumerate(others)]
    texts.sort(key=lambda hit: -hit.row)
    asked = _asked(db, query, me) if "message" in query.kinds else None
    search = _Search(db, asked, texts)
    total, is_bound = search.total()
    cursor = cursor or Cursor(LAST, 0)
    if newest_first:
        hits, is_more = search.by_age(cursor, limit, texts)
        end = Cursor(LAST, 0, hits[-1].row) if is_more else None
    else:
        hits, end = search.by_weight(cursor, limit)
    return Found(hits, total, is_bound, end)


def row_of(when_ns: int) -> int:
    """A row for a text of that time: the last one of its millisecond."""
    return first_after(when_ns // 1_000_000) - 1


def _aged(hit: Hit, top: int) -> Hit:
    """Weighed by its age as well, as seen from the newest."""
    age = (top - hit.row) >> BITS
    return hit._replace(weight=hit.weight * HALF_MS / (HALF_MS + age))


def _asked(db: sqlite3.Connection, query: Query, me: str) -> _Asked:
    sql = [f"{NAME} MATCH ?"]
    values: list[Any] = [expression(db, query, me)]
    if query.after_ns is not None:
        sql.append("rowid >= ?")
        values.append((-(-query.after_ns // 1_000_000)) << BITS)
    if query.before_ns is not None:
        sql.append("rowid < ?")
        values.append((-(-query.before_ns // 1_000_000)) << BITS)
    for thread_id, is_kept_out in query.threads:
        sql.append(_of_thread(db, thread_id, is_kept_out))
        values.append(thread_id)
    if query.unread is not None:
        sql.append(_of_unread(db, me, query.unread))
        values.append(me)
    return _Asked(" AND ".join(sql), tuple(values))


def _of_thread(db: sqlite3.Connection, thread_id: str, is_kept_out: bool) -> str:
    rows = "SELECT row FROM messages WHERE thread_id = ?"
    (size,) = db.execute(f"SELECT count(*) FROM ({rows} LIMIT {FEW + 1})", (thread_id,)).fetchone()
    if size > FEW:
        one = f"{rows} AND row = {NAME}.rowid"
        return f"{'NOT ' * is_kept_out}EXISTS ({one})"
    # The plus has the rows listed once, instead of the index asked for each of them.
    return f"+rowid {'NOT ' * is_kept_out}IN ({rows})"


def _of_unread(db: sqlite3.Connection, me: str, wanted: bool) -> str:
    row = db.execute("SELECT unread FROM inbox_counts WHERE agent_id = ?", (me,)).fetchone()
    unread = (
        "SELECT m.row FROM message_deliveries d JOIN messages m ON m.message_id = d.message_id"
        " WHERE d.recipient_agent_id = ? AND d.inbox = 1 AND d.read_at IS NULL"
    )
    if row is not None and row[0] > FEW:
        return f"{'NOT ' * (not wanted)}EXISTS ({unread} AND m.row = {NAME}.rowid)"
    return f"+rowid {'NOT ' * (not wanted)}IN ({unread})"
