"""The numbers of messages: they grow with time, and no two messages share one.

A number is a quarter of a second since 1970. It is as short as that because the index has it for
each word of each message. Where a moment is taken, a message gets the next number that is free, so
a number is never below the moment of its message and may be above it: how far at most is kept, so
that a stretch of time can be told from numbers. Messages of one moment stand in the order in which
they came here.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections import OrderedDict
from typing import Final

from msgspec import Struct, field

from thrum.clock import parse

TICK_NS: Final = 256_000_000
"""Nanoseconds that one number stands for."""

MOST_KEPT: Final = 32_768
"""Numbers that are remembered as given. What waits to be written is less than half of that."""

MOST_STRETCHES: Final = 256

_NONE: Final = -(1 << 62)
_FREE: Final = """
SELECT row + 1 FROM messages m WHERE row >= ?1 AND EXISTS (SELECT 1 FROM messages WHERE row = ?1)
  AND NOT EXISTS (SELECT 1 FROM messages n WHERE n.row = m.row + 1) ORDER BY row LIMIT 1
"""


class Rows(Struct):
    """Which numbers are taken, as far as that need not be asked again.

    Attributes:
        drift: how far the number of any message is above its moment, at most.
    """

    drift: int = 0
    _newest: int = _NONE
    _since: int = _NONE
    _given: OrderedDict[int, None] = field(default_factory=OrderedDict)
    _taken: list[tuple[int, int]] = field(default_factory=list)

    def reload(self, db: sqlite3.Connection, drift: int) -> None:
        """Begins anew with what the tables hold."""
        self.drift = drift
        self._given.clear()
        self._taken.clear()
        (newest,) = db.execute("SELECT max(row) FROM messages").fetchone()
        self._newest = self._since = _NONE if newest is None else newest

    def free(self, db: sqlite3.Connection, created_at: str) -> int:
        """A number for a message of that time that no other one has."""
        wanted = moment(created_at)
        if wanted > self._newest:
            row = wanted
            if row > self._newest + 1:
                self._since = row
        else:
            row = self._newest + 1 if wanted >= self._since else self._between(db, wanted)
        self._newest = max(self._newest, row)
        self.drift = max(self.drift, row - wanted)
        self._given[row] = None
        if len(self._given) > MOST_KEPT:
            self._given.popitem(last=False)
        return row

    def _between(self, db: sqlite3.Connection, wanted: int) -> int:
        """The first free number from there; what is found to be taken is kept in mind."""
        row = wanted
        while True:
            row = self._skipped(row)
            if row in self._given:
                row += 1
                continue
            end = db.execute(_FREE, (row,)).fetchone()
            if end is None:
                break
            (row,) = end
        if row > self._newest:
            self._since = min(self._since, wanted)
        self._note(wanted, row)
        return row

    def _skipped(self, row: int) -> int:
        """The first number from there that is not known to be taken."""
        place = bisect_right(self._taken, (row, 1 << 62)) - 1
        if place >= 0 and self._taken[place][1] >= row:
            row = self._taken[place][1] + 1
        return self._newest + 1 if self._since <= row <= self._newest else row

    def _note(self, start: int, end: int) -> None:
        """Keeps in mind that all of these are taken."""
        if len(self._taken) >= MOST_STRETCHES:
            self._taken.clear()
        near = [each for each in self._taken if each[0] <= end + 1 and each[1] >= start - 1]
        self._taken = [each for each in self._taken if each not in near]
        near.append((start, end))
        self._taken.append((min(each[0] for each in near), max(each[1] for each in near)))
        self._taken.sort()


def moment(time: str) -> int:
    """The number of a time, where nothing else has it."""
    return parse(time) // TICK_NS
