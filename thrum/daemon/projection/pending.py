"""Rows that are decided upon and not written yet, so that many can be written by one statement.

What reads or changes the tables in any other way comes after them: `Tables.db` writes them first.
Only what cannot disturb each other may wait here: new rows of whose keys nothing is in the tables,
and after them marks on rows, whose order makes no difference.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

Values = tuple[object, ...]

MOST: Final = 20_000
"""Rows that wait at most; a message to many agents is many rows."""

MESSAGE: Final = """
INSERT INTO messages
  (message_id, thread_id, agent_id, session_id, created_at, body_format, body_content,
   body_structured, authored_by, disclosed, visibility_class, reply_to, own_thread,
   idempotency_key, event_id, origin_daemon)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(slots=True)
class WaitingMessage:
    """A new message. Its thread may change while it waits: an answer gives it one."""

    message_id: str
    thread_id: str | None
    values: Values

    def row(self) -> Values:
        """What `MESSAGE` inserts."""
        return (self.message_id, self.thread_id, *self.values)


@dataclass(slots=True)
class Pending:
    """What waits to be written.

    Attributes:
        messages: new messages by id.
        count: all rows that wait.
    """

    messages: dict[str, WaitingMessage] = field(default_factory=dict)
    count: int = 0
    _inserts: dict[str, list[Values]] = field(default_factory=dict)
    _marks: dict[str, list[Values]] = field(default_factory=dict)

    def message(self, message_id: str, thread_id: str | None, values: Values) -> None:
        """Has a message wait of which nothing is in the table."""
        self.messages[message_id] = WaitingMessage(message_id, thread_id, values)
        self.count += 1

    def insert(self, statement: str, rows: Sequence[Values]) -> None:
        """Has new rows wait for that INSERT statement."""
        self._inserts.setdefault(statement, []).extend(rows)
        self.count += len(rows)

    def mark(self, statement: str, values: Values) -> None:
        """Has an UPDATE wait, whose result does not depend on when it comes after the inserts."""
        self._marks.setdefault(statement, []).append(values)
        self.count += 1

    def write(self, db: sqlite3.Connection) -> None:
        """Writes everything. What fails is gone from here: the transaction is to be rolled back."""
        messages, inserts, marks = self.messages, self._inserts, self._marks
        self.clear()
        if messages:
            db.executemany(MESSAGE, [message.row() for message in messages.values()])
        for statement, rows in (*inserts.items(), *marks.items()):
            db.executemany(statement, rows)

    def clear(self) -> None:
        """Forgets everything that waits."""
        self.messages, self._inserts, self._marks = {}, {}, {}
        self.count = 0
