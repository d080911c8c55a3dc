"""When a schedule runs, on days on which the clock is set and on others.

The table has 200 starts around changes of the clock in twelve zones, among them changes by half an
hour and by two, at midnight, and of the day itself. It was made by walking through the minutes one
by one, as the law below does for others, and not by what is tried here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.laws import examples
from thrum.daemon.monitors.timetable import Timetable
from thrum.errors import ThrumError

TABLE: Final = [
    json.loads(line)
    for line in (Path(__file__).parents[4] / "fixtures/cron/changes.jsonl").read_text().splitlines()
]
MINUTE: Final = timedelta(minutes=1)


def first(table: Timetable, moment: datetime, count: int) -> list[datetime]:
    found = []
    for _ in range(count):
        after = table.after(moment)
        if after is None:
            break
        found.append(after)
        moment = after
    return found


def test_the_table_is_whole() -> None:
    assert (len(TABLE), len({row["zone"] for row in TABLE})) == (200, 12)


@pytest.mark.parametrize("name", sorted({row["zone"] for row in TABLE}))
def test_around_changes_of_the_clock(name: str) -> None:
    zone = ZoneInfo(name)
    for row in (each for each in TABLE if each["zone"] == name):
        table = Timetable(row["schedule"], zone)
        runs = first(table, datetime.fromisoformat(row["after"]), len(row["runs"]))
        assert [each.astimezone(zone).isoformat() for each in runs] == row["runs"], row


@pytest.mark.parametrize(
    ("schedule", "after", "runs"),
    [
        ("30 9 * * 1-5", "2026-05-08T10:00", ["2026-05-11T09:30", "2026-05-12T09:30"]),
        ("0 0 29 2 *", "2026-01-01T00:00", ["2028-02-29T00:00"]),
        ("0 0 13 * 5", "2026-03-01T00:00", ["2026-03-06T00:00", "2026-03-13T00:00"]),
        ("0 12 1 1 *", "2026-01-01T12:00", ["2027-01-01T12:00"]),
        ("0 0 * * 0", "2026-05-08T10:00", ["2026-05-10T00:00"]),
        ("0 0 * * 7", "2026-05-08T10:00", ["2026-05-10T00:00"]),
        ("59 23 31 12 *", "2026-12-31T23:58", ["2026-12-31T23:59", "2027-12-31T23:59"]),
        ("5,10-20/5 4 * * *", "2026-05-08T04:05", ["2026-05-08T04:10", "2026-05-08T04:15"]),
        ("0 0 l * *", "2026-02-03T00:00", ["2026-02-28T00:00"]),
        ("0 8 * * MON", "2026-05-08T10:00", ["2026-05-11T08:00"]),
    ],
)
def test_on_other_days(schedule: str, after: str, runs: list[str]) -> None:
    found = first(Timetable(schedule, UTC), _utc(after), len(runs))
    assert found == [_utc(each) for each in runs]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_nothing_comes_for_years() -> None:
    assert Timetable("0 0 29 2 *", UTC).after(_utc("2096-03-01T00:00")) is None


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "5-1 * * * *",
        "a * * * *",
        "-1 * * * *",
        "@daily",
        "0 0 31 2 *",
        ", * * * *",
        "١ * * * *",
        "1," * 200 + "1 * * * *",
    ],
)
def test_what_is_no_schedule(schedule: str) -> None:
    with pytest.raises(ThrumError) as refused:
        Timetable(schedule, UTC)
    assert refused.value.kind == "invalid_params"
    assert refused.value.message.startswith("invalid schedule: ")


# -- a law, by walking through the minutes --


def walked(minutes: set[int], hours: set[int], zone: tzinfo, begin: datetime) -> Iterator[datetime]:
    """Each minute at which the clock shows such a time."""
    for number in range(1, 2 * 24 * 60):
        moment = begin + number * MINUTE
        shown = moment.astimezone(zone)
        if shown.minute in minutes and shown.hour in hours:
            yield moment


CHANGES: Final = [
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("America/St_Johns", "2006-04-02T03:31"),
    ("America/St_Johns", "2006-10-29T02:31"),
    ("Australia/Lord_Howe", "2027-04-03T15:00"),
    ("Africa/El_Aaiun", "2026-02-15T02:00"),
    ("Asia/Gaza", "2025-04-11T23:59"),
    ("America/Asuncion", "2023-10-01T04:00"),
]


@settings(max_examples=examples(60))
@given(
    st.sampled_from(CHANGES),
    st.integers(1, 59),
    st.sets(st.integers(0, 5) | st.just(23), min_size=1, max_size=3),
    st.integers(-600, 600),
)
@example(("America/St_Johns", "2006-10-29T02:31"), 1, {0, 23}, -2)  # back over midnight
def test_whatever_the_clock_shows(
    change: tuple[str, str], step: int, hours: set[int], offset: int
) -> None:
    zone, begin = ZoneInfo(change[0]), _utc(change[1]) + offset * MINUTE
    text = ",".join(map(str, sorted(hours)))
    loose = Timetable(f"*/{step} {text} * * *", zone)
    expected = list(walked(set(range(0, 60, step)), hours, zone, begin))
    assert first(loose, begin, len(expected)) == expected


@settings(max_examples=examples(60))
@given(st.sampled_from(CHANGES), st.integers(0, 59), st.integers(0, 5), st.integers(-600, 600))
def test_a_time_that_is_named_comes_once_a_day(
    change: tuple[str, str], minute: int, hour: int, offset: int
) -> None:
    zone, begin = ZoneInfo(change[0]), _utc(change[1]) + offset * MINUTE
    runs = first(Timetable(f"{minute} {hour} * * *", zone), begin - 2 * timedelta(days=1), 5)
    days = [each.astimezone(zone).date() for each in runs]
    assert [b - a for a, b in pairwise(days)] == [timedelta(days=1)] * 4
    for run in runs:
        shown = run.astimezone(zone)
        if (shown.hour, shown.minute) != (hour, minute):
            # The clock left that time out, and this is the first moment behind the gap.
            before = (run - MINUTE).astimezone(zone)
            assert shown.replace(tzinfo=None) - before.replace(tzinfo=None) > MINUTE
        else:
            assert shown.fold == 0
