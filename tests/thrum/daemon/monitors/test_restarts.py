"""When a program is run again."""

from __future__ import annotations

from thrum.daemon.monitors.restarts import MOST, STEADY_S, Restarts


def test_pauses_grow_to_a_minute_and_then_it_is_given_up() -> None:
    of = Restarts()
    pauses = [of.ended(0.1) for _ in range(MOST + 1)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, None]
    assert of.short == MOST + 1


def test_a_run_that_lasted_makes_it_good() -> None:
    of = Restarts()
    for _ in range(MOST):
        of.ended(0)
    assert of.ended(STEADY_S) == 1
    assert [of.ended(0) for _ in range(MOST + 1)][-2:] == [60, None]


def test_one_that_always_lasts_is_never_given_up() -> None:
    of = Restarts()
    assert {of.ended(STEADY_S) for _ in range(1000)} == {1}
