"""How much time has really passed since a moment that was noted, whatever the clock did meanwhile.

A wall clock jumps: by days when a machine comes back with a wrong one, and back when it is set
right. The time since the machine began does not. Stretches in which both went on alike are kept,
each with how far the clock is off since the first one. What was noted in a stretch is as old as the
time that was lived since. What lay between two starts of the machine is as long as the clock says,
and never less than nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from thrum.clock import AHEAD_NS
from thrum.daemon.state import Schema

SCHEMA: Final = Schema(
    "upkeep",
    (
        """
CREATE TABLE upkeep_stretches (
  number INTEGER PRIMARY KEY,
  first_ns INTEGER NOT NULL,
  last_ns INTEGER NOT NULL,
  offset_ns INTEGER NOT NULL,
  uptime_ns INTEGER NOT NULL,
  boot TEXT NOT NULL
);
""",
    ),
)
MOST: Final = 64
"""Stretches that are kept: a clock that jumps more often is of no use to anybody."""


class Reading(NamedTuple):
    """One look at both clocks: wall clock, time since the machine began, and which start it was."""

    wall_ns: int
    uptime_ns: int
    boot: str


class Stretch(NamedTuple):
    """A time in which the wall clock did not jump.

    Attributes:
        first_ns, last_ns: its first and newest moment, by the wall clock.
        offset_ns: how far the wall clock is ahead of what was lived, since the first stretch.
        uptime_ns, boot: the newest reading of the other clock.
    """

    first_ns: int
    last_ns: int
    offset_ns: int
    uptime_ns: int
    boot: str

    @property
    def end_ns(self) -> int:
        """How much was lived until its newest moment."""
        return self.last_ns - self.offset_ns


def extended(stretches: Sequence[Stretch], now: Reading) -> list[Stretch]:
    """The stretches with that reading: the newest goes on, or a new one begins after a jump."""
    if not stretches:
        return [Stretch(now.wall_ns, now.wall_ns, 0, now.uptime_ns, now.boot)]
    *before, newest = stretches
    jump = _jump(newest, now)
    if abs(jump) <= AHEAD_NS:
        last = max(newest.last_ns, now.wall_ns)
        return [*before, newest._replace(last_ns=last, uptime_ns=now.uptime_ns, boot=now.boot)]
    offset = newest.offset_ns + jump
    begun = Stretch(now.wall_ns, now.wall_ns, offset, now.uptime_ns, now.boot)
    return [*stretches, begun][-MOST:]


def _jump(newest: Stretch, now: Reading) -> int:
    """By how much the wall clock went further than time did; negative: less."""
    passed = now.wall_ns - newest.last_ns
    if now.boot == newest.boot and now.uptime_ns >= newest.uptime_ns:
        return passed - (now.uptime_ns - newest.uptime_ns)
    return min(passed, 0)


def age_ns(stretches: Sequence[Stretch], moment_ns: int) -> int:
    """How long ago that was, as of the newest reading; 0 for what has not come yet.

    Args:
        stretches: all that are known, the oldest first; at least one.
        moment_ns: when it was, by the wall clock of that time.
    """
    return max(stretches[-1].end_ns - _lived(stretches, moment_ns), 0)


def _lived(stretches: Sequence[Stretch], moment_ns: int) -> int:
    """How much had been lived at the moment."""
    for stretch in reversed(stretches):
        if stretch.first_ns <= moment_ns <= stretch.last_ns:
            return moment_ns - stretch.offset_ns
    # In no stretch: at a jump, or by another node's clock. The younger is believed, so that nobody
    # is given up by mistake; what is still to come by our clock was noted before it was set.
    ends = [each.end_ns for each in stretches[:-1] if each.first_ns <= moment_ns]
    return max(ends, default=moment_ns - stretches[0].offset_ns)


def load(db: sqlite3.Connection) -> list[Stretch]:
    """The stretches that are kept, the oldest first."""
    rows = db.execute(
        "SELECT first_ns, last_ns, offset_ns, uptime_ns, boot FROM upkeep_stretches ORDER BY number"
    )
    return [Stretch(*row) for row in rows]


def keep(db: sqlite3.Connection, stretches: Sequence[Stretch]) -> None:
    """Keeps these instead of what was kept before."""
    db.execute("DELETE FROM upkeep_stretches")
    db.executemany(
        "INSERT INTO upkeep_stretches (first_ns, last_ns, offset_ns, uptime_ns, boot)"
        " VALUES (?, ?, ?, ?, ?)",
        stretches,
    )
