"""Times as text and as nanoseconds."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import clock

# From the year 1, which other nodes write for "never".
moments = st.integers(-62_135_596_800_000_000_000, 4_000_000_000_000_000_000)


@given(moments)
def test_a_time_is_fixed_width_and_comes_back(ns: int) -> None:
    text = clock.format_ns(ns)
    assert len(text) == 30
    assert clock.parse(text) == ns
    assert clock.normalize(text) == text


@given(moments, moments)
def test_text_order_is_time_order(a: int, b: int) -> None:
    assert (clock.format_ns(a) < clock.format_ns(b)) == (a < b)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 9),
)
def test_any_precision_and_offset_is_read(when: datetime, minutes: int, digits: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    local = when.replace(microsecond=0, tzinfo=UTC).astimezone(zone)
    fraction = "." + "123456789"[:digits] if digits else ""
    hours, rest = divmod(abs(minutes), 60)
    offset = f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
    text = f"{local:%Y-%m-%dT%H:%M:%S}{fraction}{offset}"
    expected = int(local.timestamp()) * 1_000_000_000 + int("123456789"[:digits].ljust(9, "0"))
    if not digits:
        expected = int(local.timestamp()) * 1_000_000_000
    assert clock.parse(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01", "2026-13-01T00:00:00Z", "2026"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        clock.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00.1_000_000Z",
        "2026-01-01T00:00:00.+12345678Z",
        "2026-01-01X00:00:00.123456789Z",
        "yesterday, at noon,.123456789Z",
    ],
)
def test_what_is_as_wide_as_our_times_and_none_is_refused_whole(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        clock.parse(text)


def test_a_ticker_never_repeats_nor_goes_back() -> None:
    given_times = iter([5, 5, 3, 9, 1])
    tick = clock.Ticker(lambda: next(given_times))
    assert [tick() for _ in range(5)] == [5, 6, 7, 9, 10]


def test_a_clock_that_is_set_right_is_believed() -> None:
    hour = clock.AHEAD_NS
    given_times = iter([50 * hour, 49 * hour, 2 * hour, hour, 3 * hour, 0])
    tick = clock.Ticker(lambda: next(given_times))
    expected = [50 * hour, 50 * hour + 1, 2 * hour, 2 * hour + 1, 3 * hour, 0]
    assert [tick() for _ in range(6)] == expected


def test_the_last_moment_is_the_last() -> None:
    assert clock.format_ns(clock.LAST_NS) == "9999-12-31T23:59:59.999999999Z"
    with pytest.raises(ValueError, match="year 10000"):
        clock.format_ns(clock.LAST_NS + 1)


def test_a_leap_second_is_the_second_after_its_minute() -> None:
    late, next_day = "2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.5Z"
    assert clock.parse(late) == clock.parse(next_day)


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (999_999_999, "1970-01-01T00:00:00Z"),
        (-62_135_596_800_000_000_000, "0001-01-01T00:00:00Z"),
    ],
)
def test_whole_seconds_are_rounded_down(ns: int, text: str) -> None:
    assert clock.format_seconds(ns) == text


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        assert clock.normalize(clock.normalize(text)) == clock.normalize(text)
    except ValueError:
        return


def test_threads_share_a_ticker() -> None:
    tick = clock.Ticker(lambda: 7)
    seen: list[int] = []
    threads = [
        threading.Thread(target=lambda: seen.extend(tick() for _ in range(500))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(7, 4007))


@given(st.integers(0, 2**62), st.integers(0, 2**50))
def test_a_moment_before_another_is_up_to_a_second_earlier(moment: int, span: int) -> None:
    found = clock.before(clock.format_ns(moment + span), span)
    assert moment - 1_000_000_000 < clock.parse(found) <= moment
