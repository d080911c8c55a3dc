"""Moments and spans."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.cli.render import times
from thrum.clock import format_ns, parse
from thrum.errors import ThrumError

NOW = parse("2026-05-10T12:00:00Z")
S = 1_000_000_000


@pytest.mark.parametrize(
    ("moment", "short", "words"),
    [
        ("2026-05-10T11:59:01Z", "now", "just now"),
        ("2026-05-10T13:00:00Z", "now", "just now"),
        ("2026-05-10T11:58:59Z", "1m", "1m ago"),
        ("2026-05-10T09:00:00.5Z", "2h", "2h ago"),
        ("2026-05-08T12:00:00Z", "2d", "2d ago"),
        ("2026-01-02T12:00:00Z", "Jan 2", "on Jan 2"),
        ("nonsense\x1b", "", "never"),
        ("", "", "never"),
    ],
)
def test_ago(moment: str, short: str, words: str) -> None:
    assert times.ago(moment, NOW) == short
    assert times.ago_words(moment, NOW) == words


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-05-10T11:59:01.825892272Z", "2026-05-10T11:59:01Z"),
        ("2026-05-10T11:59:01Z", "2026-05-10T11:59:01Z"),
        ("2026-05-10T13:59:01.5+02:00", "2026-05-10T11:59:01Z"),
        ("0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00+01:00"),
        ("tomorrow", "tomorrow"),
        ("", ""),
    ],
)
def test_a_moment_is_told_to_the_second(moment: str, text: str) -> None:
    assert times.second(moment) == text


@given(st.integers(0, 4_000_000_000 * S))
def test_ago_is_short_whatever_the_moment(moment: int) -> None:
    assert 2 <= len(times.ago(format_ns(moment), NOW)) <= 6


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0s"),
        (45_999, "45s"),
        (720_000, "12m"),
        (8_100_000, "2h15m"),
        (7_200_000, "2h"),
        (273_600_000, "3d4h"),
        (259_200_000, "3d"),
    ],
)
def test_span(milliseconds: int, text: str) -> None:
    assert times.span(milliseconds) == text


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0", 0),
        ("30s", 30 * S),
        ("-1h30m", -5400 * S),
        ("+1.5s", 3 * S // 2),
        ("100ms", S // 10),
        ("1us", 1000),
        (".5s", S // 2),
        ("1d12h", 36 * 3600 * S),
    ],
)
def test_duration(text: str, ns: int) -> None:
    assert times.duration(text, "--timeout") == ns


@pytest.mark.parametrize("text", ["", "120", "1w", "1 s", "s", "-", "1s2", "--1s", "1e3s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ThrumError, match="--timeout") as caught:
        times.duration(text, "--timeout")
    assert caught.value.kind == "usage"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2d", "2026-05-08T12:00:00Z"),
        ("3h", "2026-05-10T09:00:00Z"),
        ("2026-05-01", "2026-05-01T00:00:00Z"),
        ("2026-05-01T02:00:00+02:00", "2026-05-01T00:00:00Z"),
    ],
)
def test_cutoff(text: str, moment: str) -> None:
    assert times.cutoff(text, "--since", NOW) == parse(moment)
