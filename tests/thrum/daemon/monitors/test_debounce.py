"""What is reported of many matches."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.monitors.debounce import Debounce, span


def test_the_first_at_once_and_the_rest_at_the_end_of_its_window() -> None:
    of = Debounce(60)
    assert of.take("a", 0) == "a"
    assert of.due == math.inf
    assert [of.take(text, 1) for text in "bcd"] == ["", "", ""]
    assert of.due == 60
    assert of.flush(60) == "b\n(+2 more matches in the last 1m)"
    assert (of.due, of.flush(61)) == (math.inf, "")


def test_what_was_reported_opens_the_next_window() -> None:
    of = Debounce(30)
    of.take("a", 0)
    of.take("b", 1)
    assert of.flush(30) == "b\n(held back in the last 30s)"
    assert of.take("c", 59) == ""
    assert of.due == 60


def test_a_match_exactly_at_the_end_is_a_first_one() -> None:
    of = Debounce(30)
    of.take("a", 0)
    assert of.take("b", 30) == "b"


def test_one_that_comes_when_others_are_due_goes_with_them() -> None:
    of = Debounce(30)
    for text in "ab":
        of.take(text, 0)
    assert of.take("c", 31) == "b\n(+1 more match in the last 30s)"


def test_what_could_not_be_reported_waits_for_the_next_window() -> None:
    of = Debounce(30)
    text = of.take("a", 0)
    of.put_back(text)
    assert of.due == 30
    of.take("b", 5)
    assert of.flush(30).splitlines()[0] == "a"


@given(st.lists(st.floats(0, 20), max_size=60), st.integers(1, 30))
def test_no_match_is_lost_and_no_window_has_two_reports(gaps: list[float], window: int) -> None:
    of, now, reported = Debounce(window), 0.0, []
    for number, gap in enumerate(gaps):
        now += gap
        if of.due <= now:
            reported.append((of.due, of.flush(of.due)))
        text = of.take(f"{number}", now)
        if text:
            reported.append((now, text))
    if of.due < math.inf:
        reported.append((of.due, of.flush(of.due)))
    moments = [moment for moment, _ in reported]
    assert all(b - a >= window - 1e-9 for a, b in pairwise(moments))
    assert sum(1 + _more(text) for _, text in reported) == len(gaps)


def _more(text: str) -> int:
    _, plus, rest = text.partition("(+")
    return int(rest.split()[0]) if plus else 0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (30, "30s"), (60, "1m"), (90, "1m30s"), (7205, "2h5s")]
)
def test_a_span(seconds: float, text: str) -> None:
    assert span(seconds) == text
