"""The numbers of messages: they grow with time, to a millisecond, and no two messages share one.

Which of several messages of one millisecond comes first is the order in which they came here.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from thrum.clock import KEPT, parse

BITS: Final = 8
"""How many bits of a number tell messages of one millisecond apart; more go to the next one."""

MOST_KEPT: Final = 32_768

_IN: Final = "SELECT max(row) FROM messages WHERE row BETWEEN ? AND ?"


@dataclass(slots=True)
class Rows:
    """Numbers that were given and may not be in the tables yet."""

    _newest: int = -(1 << 62)
    _last: dict[int, int] = field(default_factory=dict)
    _full: dict[int, int] = field(default_factory=dict)

    def reload(self, db: sqlite3.Connection) -> None:
        """Begins anew with what the tables hold."""
        self._last.clear()
        self._full.clear()
        (newest,) = db.execute("SELECT max(row) FROM messages").fetchone()
        self._newest = -(1 << 62) if newest is None else newest

    def free(self, db: sqlite3.Connection, created_at: str) -> int:
        """A number for a message of that time that no other one has."""
        moment = millisecond(created_at)
        row = moment << BITS
        if row <= self._newest:
            row = self._between(db, moment)
        self._newest = max(self._newest, row)
        if len(self._last) >= MOST_KEPT:
            self._shrink()
        self._last.pop(row >> BITS, None)  # so that those given last stand at the end
        self._last[row >> BITS] = row
        return row

    def _between(self, db: sqlite3.Connection, wanted: int) -> int:
        moment = self._full.get(wanted, wanted)
        while True:
            last = self._last.get(moment)
            if last is None:
                (last,) = db.execute(_IN, (moment << BITS, first_after(moment) - 1)).fetchone()
            row = moment << BITS if last is None else last + 1
            if row >> BITS == moment:
                if moment != wanted:
                    self._full[wanted] = moment
                return row
            moment += 1

    def _shrink(self) -> None:
        """Forgets the older half; those who wait to be written are among the newer."""
        for moment in list(self._last)[: MOST_KEPT // 2]:
            del self._last[moment]
        self._full.clear()


def first_after(moment: int) -> int:
    """The first number of the next millisecond."""
    return (moment + 1) << BITS


def millisecond(time: str) -> int:
    """Milliseconds since 1970 of a time in the form of `clock.format_ns`."""
    try:
        return _seconds(time[:19]) * 1000 + int(time[20:23])
    except ValueError:
        return parse(time) // 1_000_000


@lru_cache(KEPT)
def _seconds(text: str) -> int:
    return parse(f"{text}Z") // 1_000_000_000
