"""When a monitor with a schedule runs, also on days on which the clock is set forward or back.

cronsim reads the five fields and says which days they mean. Which moments of a day are meant is
worked out here, in the zone, as Debian's cron does:

- What names minute and hour, as ``30 2 * * *``, runs once a day: at the end of the gap where the
  clock leaves its time out, and the first time where the clock comes by twice.
- What has a ``*`` first in one of them, as ``*/15 2 * * *``, runs whenever the clock shows such a
  time: not in a gap, and twice where it comes by twice.

Imported with the first schedule.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from cronsim import CronSim, CronSimError

from thrum.errors import ThrumError

YEARS: Final = 5
"""A schedule without a run for so long has none."""

FIELDS: Final = 5
MINUTE: Final = timedelta(minutes=1)
_ANY_DAY: Final = datetime(2000, 1, 1)
_LONGEST: Final = 200
_REMEMBERED: Final = 3


class Timetable:
    """The moments that a schedule means.

    Args:
        schedule: minute, hour, day of the month, month, day of the week.
        zone: whose clock counts.

    Raises:
        ThrumError: ``invalid_params``, with the field that is wrong.
    """

    def __init__(self, schedule: str, zone: tzinfo) -> None:
        self._fields = _read(schedule)
        self._zone = zone
        minute, hour = self._fields.parts[1:3]
        self._is_loose = minute.startswith("*") or hour.startswith("*")
        self._known: dict[date, array[int]] = {}

    def after(self, moment: datetime) -> datetime | None:
        """The first one after the moment, in UTC; None if none comes for years."""
        # A time that a gap moves may belong to the day before.
        first = moment.astimezone(self._zone).date() - timedelta(days=1)
        for number in range(YEARS * 366):
            day = first + timedelta(days=number)
            found = self._in(day, moment)
            if found is not None:
                # Where the clock goes back over midnight, the next day has begun before.
                following = self._in(day + timedelta(days=1), moment)
                return datetime.fromtimestamp(min(found, following or found), UTC)
        return None

    def _in(self, day: date, moment: datetime) -> int | None:
        """The first one of that day after the moment, in seconds since 1970."""
        if day.month not in self._fields.months or not self._fields.match_day(day):
            return None
        moments = self._of(day)
        place = bisect_right(moments, moment.timestamp())
        return moments[place] if place < len(moments) else None

    def _of(self, day: date) -> array[int]:
        """The moments of a day, in seconds since 1970; those of the last few are remembered."""
        if day not in self._known:
            self._known = dict(list(self._known.items())[-_REMEMBERED:])
            self._known[day] = array("q", sorted({_seconds(each) for each in self._moments(day)}))
        return self._known[day]

    def _moments(self, day: date) -> Iterator[datetime]:
        for hour in self._fields.hours:
            for minute in self._fields.minutes:
                shown = datetime(day.year, day.month, day.day, hour, minute)
                yield from self._loose(shown) if self._is_loose else [self._once(shown)]

    def _loose(self, shown: datetime) -> Iterator[datetime]:
        """Each moment at which the clock shows that."""
        for fold in (0, 1):
            found = self._moment(shown, fold)
            if found is not None:
                yield found

    def _once(self, shown: datetime) -> datetime:
        """The first moment at which the clock shows that, or else what follows in its place."""
        while (found := self._moment(shown, 0)) is None:
            shown += MINUTE
        return found

    def _moment(self, shown: datetime, fold: int) -> datetime | None:
        """When the clock shows that for the first or second time; None if it does not."""
        found = shown.replace(tzinfo=self._zone, fold=fold).astimezone(UTC)
        again = found.astimezone(self._zone)
        return found if again.replace(tzinfo=None, fold=0) == shown else None


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _read(schedule: str) -> CronSim:
    if len(schedule) > _LONGEST:
        raise ThrumError("invalid_params", "invalid schedule: it is too long")
    if len(schedule.split()) != FIELDS:
        raise ThrumError(
            "invalid_params",
            f"invalid schedule: {schedule!r} has not {FIELDS} fields",
            "minute, hour, day of the month, month, day of the week, as in: 30 9 * * 1-5",
        )
    try:
        return CronSim(schedule, _ANY_DAY)
    except (CronSimError, ValueError) as error:
        raise ThrumError("invalid_params", f"invalid schedule: {error}: {schedule!r}") from error
