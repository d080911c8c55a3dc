"""Rows that are decided upon and not written yet, so that many can be written by one statement.

What reads or changes the tables in any other way comes after them: `Tables.db` writes them first.
Only what cannot disturb each other may wait here: new rows of whose keys nothing is in the tables,
and after them marks on rows, whose order makes no difference.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

from msgspec import Struct, field

from thrum.daemon.projection.search.index import ENTER

Values = tuple[object, ...]

MOST: Final = 20_000
"""Rows that wait at most; a message to many agents is many rows."""

MOST_IN_ONE: Final = 64
"""Rows that one statement inserts at most; more of them save nothing and take memory."""

MESSAGE: Final = """
INSERT INTO messages
  (row, message_id, thread_id, agent_id, session_id, created_at, body_format, body_content,
   body_structured, authored_by, disclosed, visibility_class, reply_to, own_thread,
   event_id, origin_daemon)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class WaitingMessage(Struct):
    """A new message. Its thread may change while it waits: an answer gives it one."""

    number: int
    message_id: str
    thread_id: str | None
    values: Values

    def row(self) -> Values:
        """What `MESSAGE` inserts."""
        return (self.number, self.message_id, self.thread_id, *self.values)


class Pending(Struct):
    """What waits to be written.

    Attributes:
        messages: new messages by id.
        inserts: other new rows by their INSERT statement.
        marks: values of updates by their statement.
        words: new rows of the index. They come last: FTS5 writes out what it has in memory as soon
            as a statement begins that may have to be taken back, and once is enough.
        count: all rows that wait.
    """

    messages: dict[str, WaitingMessage] = field(default_factory=dict)
    inserts: defaultdict[str, list[Values]] = field(default_factory=lambda: defaultdict(list))
    marks: defaultdict[str, list[Values]] = field(default_factory=lambda: defaultdict(list))
    words: list[Values] = field(default_factory=list)
    count: int = 0

    def message(self, number: int, message_id: str, thread_id: str | None, values: Values) -> None:
        """Has a message wait of which nothing is in the table."""
        self.messages[message_id] = WaitingMessage(number, message_id, thread_id, values)
        self.count += 1

    def insert(self, statement: str, rows: Sequence[Values]) -> None:
        """Has new rows wait for that INSERT statement."""
        self.inserts[statement] += rows
        self.count += len(rows)

    def index(self, row: Values) -> None:
        """Has a new row of the index wait."""
        self.words.append(row)
        self.count += 1

    def mark(self, statement: str, values: Values) -> None:
        """Has an UPDATE wait, whose result does not depend on when it comes after the inserts."""
        self.marks[statement].append(values)
        self.count += 1

    def take_over(self, later: Pending) -> None:
        """Has everything wait here that was decided upon after it, and waits elsewhere."""
        self.messages |= later.messages
        for statement, rows in later.inserts.items():
            self.inserts[statement] += rows
        for statement, rows in later.marks.items():
            self.marks[statement] += rows
        self.words += later.words
        self.count += later.count

    def write(self, db: sqlite3.Connection) -> None:
        """Writes everything; once only, and if it fails the transaction is to be rolled back."""
        insert_rows(db, MESSAGE, [message.row() for message in self.messages.values()])
        for statement, rows in self.inserts.items():
            insert_rows(db, statement, rows)
        for statement, rows in self.marks.items():
            db.executemany(statement, rows)
        insert_rows(db, ENTER, self.words)


def insert_rows(db: sqlite3.Connection, statement: str, rows: Sequence[Values]) -> None:
    """Executes an INSERT with one row of placeholders for all rows, by few statements.

    To start a statement costs more than a row does. Their numbers of rows are powers of two, so
    that few different ones have to be prepared.
    """
    done = 0
    while done < len(rows):
        count = 1 << min(len(rows) - done, MOST_IN_ONE).bit_length() - 1
        part = rows[done : done + count]
        db.execute(_with_rows(statement, count), tuple(chain.from_iterable(part)))
        done += count


@lru_cache(maxsize=256)
def _with_rows(statement: str, count: int) -> str:
    head, values, row = statement.rpartition("VALUES")
    return f"{head}{values}{', '.join([row.strip()] * count)}"
