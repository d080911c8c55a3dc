"""Whether the numbers of events still mean what they meant, and that none is given twice.

They do over a restart of the daemon. SQLite may lose its last commits where the power goes, and
what is then read from the log again is numbered otherwise; so they end with each start of the
machine. Triggers end them where events go, see `schema`.

Who reads events by their numbers, as peers do, would miss one that gets a number which another one
had. So a file beside the database says up to which number they may be given; it is on disk before
the first of them is committed. A database that is made anew, was put back from a copy, or may have
lost its end goes on above it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from thrum import atomic, small_file
from thrum.errors import ThrumError

FILE: Final = "numbers"
BLOCK: Final = 65_536
"""How many numbers are promised at once."""
_MOST: Final = 2**52
"""Beyond it a number of JSON is no longer exact everywhere; a file that says so is damaged."""

_LAST: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'events'"


class Promise:
    """Up to which number events may be numbered. The writer's, but for opening.

    Args:
        path: the file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.highest = _read(path)
        self._changes_left = 0

    def cover(self, db: sqlite3.Connection) -> None:
        """Sees to it that the numbers given in this transaction are within what is promised.

        Each number is a row that changed, so as long as few did nothing is asked.

        Args:
            db: the same each time.

        Raises:
            ThrumError: ``storage``, the disk refuses; nothing may be committed then.
        """
        if db.total_changes < self._changes_left:
            return
        last = last_number(db)
        if last > self.highest:
            self._promise(last + BLOCK)
        self._changes_left = db.total_changes + self.highest - last

    def _promise(self, number: int) -> None:
        try:
            atomic.replace(self._path, f"{number}\n")
        except OSError as error:
            text = f"{self._path.name} cannot be written: {error}"
            raise ThrumError(
                "storage", text, "make room or mend the disk, then try again"
            ) from None
        self.highest = number


def _read(path: Path) -> int:
    """What the file says; 0 where it says nothing, as before there was one."""
    try:
        number = int(small_file.text(path))
    except (OSError, ValueError):
        return 0
    return number if 0 < number < _MOST else 0


def last_number(db: sqlite3.Connection) -> int:
    """The highest number that was ever given in this database."""
    row = db.execute(_LAST).fetchone()
    return int(row[0]) if row else 0


def epoch(db: sqlite3.Connection) -> str:
    """What is another one as soon as events went, or are others."""
    (found,) = db.execute("SELECT epoch FROM numbering").fetchone()
    return str(found)


def begin_above(db: sqlite3.Connection, number: int) -> None:
    """Has the next event get a number above this one, and above those that were given."""
    last = max(number, last_number(db))
    db.execute("DELETE FROM sqlite_sequence WHERE name = 'events'")
    db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)", (last,))


def go_on(db: sqlite3.Connection, boot: str, promised: int = 0) -> None:
    """Goes on with the numbers, or begins another epoch if the machine was begun anew.

    Args:
        boot: which start of the machine this is.
        promised: up to which number they may have been given. A database that is further behind
            than one promise reaches is an older copy.
    """
    changed = db.execute(
        "UPDATE numbering SET boot = ?1, epoch = lower(hex(randomblob(6))) WHERE boot != ?1",
        (boot,),
    ).rowcount
    if changed or promised - last_number(db) > BLOCK:
        begin_above(db, promised)
