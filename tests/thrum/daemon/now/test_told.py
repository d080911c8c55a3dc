"""Who knows a thing is told of it again only when it differs."""

from __future__ import annotations

import pytest

from thrum.daemon.now.told import REFRESH_S, Told

Pair = tuple[str, int]


def undated(pair: Pair) -> Pair:
    return (pair[0], 0)


@pytest.mark.parametrize(
    ("now", "after_s", "is_told"),
    [
        (("a", 1), 0, False),
        (("a", 1), REFRESH_S, False),
        (("a", 2), 0, False),
        (("a", 2), REFRESH_S - 1, False),
        (("a", 2), REFRESH_S, True),
        (("b", 1), 0, True),
        (("b", 2), 0, True),
    ],
)
def test_dates_alone_are_told_seldom(now: Pair, after_s: float, is_told: bool) -> None:
    told = Told(undated)
    assert list(told.news({"nux": ("a", 1)}, 100)) == [("nux", ("a", 1))]
    assert list(told.news({"nux": now}, 100 + after_s)) == [("nux", now)] * is_told


def test_what_is_not_told_does_not_count_as_told() -> None:
    """Dates that go on a little at a time are told once a minute all the same."""
    told = Told(undated)
    moments = [
        moment
        for moment in range(0, 3 * REFRESH_S + 1, 20)
        for _ in told.news({"nux": ("a", moment)}, moment)
    ]
    assert moments == [0, REFRESH_S, 2 * REFRESH_S, 3 * REFRESH_S]


def test_what_is_gone_is_told_once_and_what_comes_back_is_news() -> None:
    told = Told(undated)
    both = {"nux": ("a", 1), "max": ("b", 1)}
    assert list(told.news(both, 0)) == list(both.items())
    assert list(told.news({"max": ("b", 1)}, 1)) == [("nux", None)]
    assert list(told.news({"max": ("b", 1)}, 2)) == []
    assert list(told.news(both, 3)) == [("nux", ("a", 1))]
