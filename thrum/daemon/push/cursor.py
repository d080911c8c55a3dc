"""How far a client has come in what became visible here, as text that it only gives back.

A cursor names the numbering (see `happenings`), a number, and the event that bears it. So one of a
database that was built anew, or put back to what it was before, is known for what it is.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Final, NamedTuple

from thrum.daemon.projection.queries import happenings
from thrum.daemon.projection.queries.talk import event_at
from thrum.errors import ThrumError

_TEXT: Final = re.compile(r"([0-9a-f]{12})-([0-9]{1,18})-(.*)", re.ASCII | re.DOTALL)
_ENDING: Final = 8
"""Characters of an event's id by which it is told from another one of that number."""


class Cursor(NamedTuple):
    """A place between two happenings.

    Attributes:
        epoch: in which numbering.
        number: of the last one before it; 0 for none.
        ending: of that event's id.
    """

    epoch: str
    number: int
    ending: str

    def __str__(self) -> str:
        return f"{self.epoch}-{self.number}-{self.ending}"


def at(epoch: str, number: int, event_id: str) -> Cursor:
    """The place after the event that bears that number."""
    return Cursor(epoch, number, event_id[-_ENDING:])


def present(db: sqlite3.Connection) -> Cursor:
    """Where we are now."""
    return at(happenings.epoch(db), *happenings.last(db))


def read(db: sqlite3.Connection, text: str) -> Cursor:
    """The place that the text names.

    Raises:
        ThrumError: ``stale_cursor``, nobody can tell any more what came after it.
    """
    found = _TEXT.fullmatch(text)
    if found:
        cursor = Cursor(found[1], int(found[2]), found[3])
        event_id = event_at(db, cursor.number)
        is_somewhere = bool(event_id) or cursor.number == 0
        if is_somewhere and cursor == at(happenings.epoch(db), cursor.number, event_id):
            return cursor
    raise stale()


def stale() -> ThrumError:
    """The refusal of a cursor of which nobody can tell what came after it."""
    return ThrumError(
        "stale_cursor",
        "what came after that cursor cannot be told any more",
        "take a new snapshot, and go on from where events.since without a cursor says",
    )
