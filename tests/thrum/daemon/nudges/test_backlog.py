"""Whose mail is looked at, and when."""

from __future__ import annotations

import math

from thrum.daemon.nudges.backlog import MOST, Backlog


def test_what_came_is_looked_at_after_a_while() -> None:
    backlog = Backlog(30.0)
    backlog.add("erin", ["m1"], 100.0)
    backlog.add("dag", ["m1"], 105.0)
    assert (backlog.next, backlog.due(129.9)) == (130.0, [])
    assert backlog.due(130.0) == ["erin"]
    assert backlog.due(135.0) == ["erin", "dag"]


def test_what_is_known_already_came_before() -> None:
    backlog = Backlog(30.0)
    backlog.add("erin", ["m1"], 100.0)
    backlog.wait("erin", math.inf)
    backlog.add("erin", ["m1"], 120.0)
    assert (backlog.next, backlog.oldest("erin")) == (math.inf, 100.0)
    backlog.add("erin", ["m2"], 125.0)
    assert (backlog.next, backlog.oldest("erin")) == (155.0, 100.0)


def test_something_that_happens_has_what_is_old_enough_looked_at() -> None:
    backlog = Backlog(30.0)
    backlog.add("erin", ["m1"], 100.0)
    backlog.stir("erin", 110.0)
    assert backlog.next == 130.0
    backlog.wait("erin", math.inf)
    backlog.stir("erin", 200.0)
    assert backlog.due(200.0) == ["erin"]
    backlog.stir("dag", 200.0)
    assert backlog.due(1e9) == ["erin"]


def test_of_what_was_read_nothing_is_left() -> None:
    backlog = Backlog(30.0)
    backlog.add("erin", ["m1", "m2"], 100.0)
    backlog.add("erin", ["m3"], 110.0)
    backlog.keep("erin", ["m3"])
    assert backlog.oldest("erin") == 110.0
    backlog.keep("erin", [])
    assert (backlog.next, backlog.oldest("erin")) == (math.inf, math.inf)
    backlog.wait("erin", 3.0)
    assert backlog.due(1e9) == []


def test_it_has_a_bound() -> None:
    backlog = Backlog(30.0)
    backlog.add("erin", [f"m{number}" for number in range(MOST + 5)], 100.0)
    backlog.keep("erin", ["m0", "m4"])
    assert backlog.oldest("erin") == math.inf
