"""What became visible on this node, in the order in which it did.

Events have numbers in that order, which says nothing of their times: an old message that comes in
from another clone is new here. Numbers only grow, and hold as long as the database does: one that
is built anew numbers otherwise, and has another epoch.
"""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from thrum.daemon.projection.facts import Event, of_row

NOWHERE: Final = (0, "")
"""Before the first number."""


MOST_CHARACTERS: Final = 2_000_000
"""Of events that are told at once: however few they are, some may be very long."""


class Happening(NamedTuple):
    """An event that became visible, and its number."""

    number: int
    event: Event


def epoch(db: sqlite3.Connection) -> str:
    """What tells the numbers of this database from those of another one."""
    (found,) = db.execute("SELECT epoch FROM numbering").fetchone()
    return str(found)


def last(db: sqlite3.Connection) -> tuple[int, str]:
    """Number and id of whatever became visible last; `NOWHERE` if nothing ever did."""
    row = db.execute(
        "SELECT sequence, event_id FROM events WHERE withheld IS NULL"
        " ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    return (int(row[0]), str(row[1])) if row else NOWHERE


def since(db: sqlite3.Connection, number: int, most: int) -> tuple[list[Happening], bool]:
    """What became visible after that number, in its order, and whether there is more.

    Args:
        most: events; what they say is `MOST_CHARACTERS` at most, but for that of the last one.
    """
    rows = db.execute(
        "SELECT sequence, event_json, timestamp, event_id FROM events"
        " WHERE sequence > ? AND withheld IS NULL ORDER BY sequence LIMIT ?",
        (number, most + 1),
    )
    found: list[Happening] = []
    said = 0
    for each in rows:
        if len(found) == most or said >= MOST_CHARACTERS:
            return found, True
        found.append(Happening(each[0], of_row(*each[1:])))
        said += len(each[1])
    return found, False
