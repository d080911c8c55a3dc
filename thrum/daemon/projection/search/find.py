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

from thrum.clock import format_ns
from thrum.daemon.projection.search.expression import expression
from thrum.daemon.projection.search.index import NAME, drift
from thrum.daemon.projection.search.query import Query
from thrum.daemon.projection.search.rows import TICK_NS
from thrum.errors import ThrumError

RANKED: Final = 500
"""Messages that are weighed, and counted."""

HALF: Final = 30 * 86_400 * 10**9 // TICK_NS
"""The age, in rows, at which a message weighs half of a new one."""

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
        text: which of the other texts it is, by its place among them; -1 for a message.
    """

    row: int
    text: int = -1


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ends.

    Attributes:
        top: no later row belongs to what is paged through.
        taken: how many of the weighed ones came; by age, how many of that row.
        below: by age, and once all that are weighed came: the last row that came.
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


class _Search(NamedTuple):
    """A question to the index.

    Attributes:
        asked: what all that is found meets; None where no message can.
        others: other texts that fit, the newest first.
    """

    db: sqlite3.Connection
    asked: _Asked | None
    others: Sequence[Hit]

    def how_many(self) -> int:
        """How many messages there are; one more than are weighed stands for many."""
        if self.asked is None:
            return 0
        where = f"{NAME} WHERE {self.asked.sql} LIMIT {RANKED + 1}"
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {where})"
        (count,) = self.db.execute(sql, self.asked.values).fetchone()
        return int(count)

    def messages(self, top: int, limit: int) -> list[Hit]:
        """The newest messages of those that are not above a row."""
        return [Hit(row) for (row,) in self._ask("rowid", top, limit)]

    def weighed(self, top: int) -> list[tuple[int, float]]:
        """The rows of the newest, one more than are weighed, each with how well it fits."""
        return self._ask(f"rowid, -bm25({NAME}, {_WEIGHTS})", top, RANKED + 1)

    def _ask(self, columns: str, top: int, limit: int) -> list[Any]:
        if self.asked is None:
            return []
        return self.db.execute(
            f"SELECT {columns} FROM {NAME} WHERE {self.asked.sql} AND rowid <= ?"
            " ORDER BY rowid DESC LIMIT ?",
            (*self.asked.values, top, limit),
        ).fetchall()

    def by_age(self, top: int, skip: int, limit: int) -> tuple[list[Hit], bool]:
        """The newest that are not above a row, but for the first of them; and whether more are."""
        hits = self.messages(top, skip + limit + 1)
        hits += [hit for hit in self.others if hit.row <= top]
        hits.sort(key=lambda hit: (-hit.row, hit.text))
        return hits[skip : skip + limit], len(hits) > skip + limit

    def newest(self, cursor: Cursor, limit: int) -> tuple[list[Hit], Cursor | None]:
        """The newest, and where the next page begins: after so many of the last row."""
        top = cursor.top if cursor.below is None else cursor.below
        hits, is_more = self.by_age(top, cursor.taken, limit)
        if not is_more:
            return hits, None
        last = hits[-1].row
        given = sum(hit.row == last for hit in hits) + (cursor.taken if last == top else 0)
        return hits, Cursor(LAST, given, last)

    def by_weight(self, cursor: Cursor, limit: int) -> tuple[list[Hit], Cursor | None, int]:
        """The best of the newest, then what is older; where the next page begins; how many.

        How many messages are not above the cursor, as `how_many` says it.
        """
        messages = self.weighed(cursor.top)
        weighed = messages[:RANKED]
        newest = [*(row for row, _ in weighed[:1]), *(hit.row for hit in self.others[:1])]
        top = min(cursor.top, max(newest, default=cursor.top))
        best = max((weight for _, weight in weighed), default=1.0)
        fits = [(_aged(weight, row, top), row, -1) for row, weight in weighed]
        fits += [(_aged(best, hit.row, top), hit.row, hit.text) for hit in self.others]
        ordered = sorted(fits, reverse=True)
        page = ordered[cursor.taken : cursor.taken + limit]
        hits = [Hit(row, text) for _, row, text in page]
        taken = cursor.taken + len(hits)
        if taken < len(ordered):
            return hits, Cursor(top, taken), len(messages)
        if len(messages) == len(weighed):
            return hits, None, len(messages)
        below = weighed[-1][0] if cursor.below is None else cursor.below
        older, is_more = self._replace(others=()).by_age(below - 1, 0, limit - len(hits))
        end = Cursor(top, taken, older[-1].row if older else below)
        return [*hits, *older], end if is_more else None, len(messages)


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
    texts = [Hit(when // TICK_NS, text=place) for place, when in enumerate(others)]
    texts.sort(key=lambda hit: -hit.row)
    asked = _asked(db, query, me) if "message" in query.kinds else None
    search = _Search(db, asked, texts)
    cursor = cursor or Cursor(LAST, 0)
    if newest_first:
        hits, end = search.newest(cursor, limit)
        count = search.how_many()
    else:
        hits, end, count = search.by_weight(cursor, limit)
    return Found(hits, min(count, RANKED) + len(texts), count > RANKED, end)


def _aged(weight: float, row: int, top: int) -> float:
    """A weight by its age as well, as seen from the newest."""
    return weight * HALF / (HALF + max(top - row, 0))


def _asked(db: sqlite3.Connection, query: Query, me: str) -> _Asked:
    sql = [f"{NAME} MATCH ?"]
    values: list[Any] = [expression(db, query, me)]
    if query.after_ns is not None or query.before_ns is not None:
        _add_bounds(db, query, sql, values)
    for thread_id, is_kept_out in query.threads:
        sql.append(_of_thread(db, thread_id, is_kept_out))
        values.append(thread_id)
    if query.unread is not None:
        sql.append(_of_unread(db, me, query.unread))
        values.append(me)
    return _Asked(" AND ".join(sql), tuple(values))


def _add_bounds(db: sqlite3.Connection, query: Query, sql: list[str], values: list[Any]) -> None:
    """A row is above the moment of its message by the drift at most, and never below.

    So only the messages of rows that are within the drift of a bound have to be looked at.
    """
    made = f"EXISTS (SELECT 1 FROM messages m WHERE m.row = {NAME}.rowid AND m.created_at"
    farthest = drift(db)
    if query.after_ns is not None:
        row = query.after_ns // TICK_NS
        sql.append(f"rowid >= ? AND (rowid > ? OR {made} >= ?))")
        values += [row, row + farthest, format_ns(query.after_ns)]
    if query.before_ns is not None:
        row = query.before_ns // TICK_NS
        sql.append(f"rowid <= ? AND (rowid < ? OR {made} < ?))")
        values += [row + farthest, row, format_ns(query.before_ns)]


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
