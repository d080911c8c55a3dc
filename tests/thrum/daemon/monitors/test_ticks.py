"""Moments of a schedule, by clocks that sleep and are set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from thrum.daemon.monitors.ticks import LATE, Ticks

NINE = datetime(2026, 5, 4, 9, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def test_each_moment_is_taken_once() -> None:
    ticks = Ticks("0 9 * * *", "UTC")
    assert ticks.following(NINE - MINUTE) == NINE
    assert ticks.take(NINE, NINE)
    # The clock was set back a little: that is the same day still.
    assert ticks.following(NINE - MINUTE) == NINE + DAY
    assert ticks.following(NINE + MINUTE) == NINE + DAY


def test_a_clock_that_is_set_back_by_much_was_wrong_before() -> None:
    ticks = Ticks("0 9 * * *", "UTC")
    ticks.take(NINE, NINE)
    assert ticks.following(NINE - 30 * DAY - MINUTE) == NINE - 30 * DAY


def test_what_was_slept_through_is_made_up_for_unless_it_is_long_ago() -> None:
    for late, is_due in ((MINUTE, True), (LATE, True), (LATE + MINUTE, False)):
        assert Ticks("0 9 * * *", "UTC").take(NINE, NINE + late) is is_due


def test_none_without_a_schedule() -> None:
    assert Ticks("", "Mars/Base").following(NINE) is None
