"""When a monitor with a schedule is due, by a wall clock that sleeps and is set."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from thrum.daemon.monitors import zone

if TYPE_CHECKING:
    from thrum.daemon.monitors.timetable import Timetable

LATE: Final = timedelta(hours=3)
"""A moment that the machine slept through is made up for within this time, and once. A clock that
is set back by no more repeats none."""


class Ticks:
    """The moments of one schedule; each is taken once.

    Args:
        schedule: five fields; empty for none.
        tz: the zone, as ``TZ`` says it; None for the machine's.

    Raises:
        ThrumError: ``invalid_params``, the schedule; ``config``, the zone.
    """

    def __init__(self, schedule: str, tz: str | None) -> None:
        self._table: Timetable | None = None
        self._taken: datetime | None = None
        if schedule:
            from thrum.daemon.monitors.timetable import Timetable

            self._table = Timetable(schedule, zone.local(tz))

    def following(self, now: datetime) -> datetime | None:
        """The next moment; None if none comes for years."""
        taken = self._taken
        begin = taken if taken is not None and now < taken <= now + LATE else now
        return self._table.after(begin) if self._table else None

    def take(self, moment: datetime, now: datetime) -> bool:
        """Takes a moment that has come; whether it is not too late for it."""
        self._taken = moment
        return now <= moment + LATE
