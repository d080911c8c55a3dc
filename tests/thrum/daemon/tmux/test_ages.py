"""Dates age whatever the wall clock does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from thrum.daemon.tmux.ages import MOST, Ages


@dataclass
class Clocks:
    """One that is set, and one that only goes forward."""

    wall_s: float = 1_000.0
    passed: float = 50.0

    def ages(self) -> Ages:
        return Ages(lambda: int(self.wall_s * 1_000_000_000), lambda: self.passed)

    def go(self, seconds: float) -> None:
        self.wall_s += seconds
        self.passed += seconds


def test_a_date_is_as_old_as_the_wall_clock_says_at_first() -> None:
    assert Clocks().ages().of("%1", 990) == 10.0


@pytest.mark.parametrize("step", [-86_400.0, -3.0, 0.0, 3.0, 86_400.0])
def test_then_it_ages_whatever_the_clock_is_set_to(step: float) -> None:
    clocks = Clocks()
    ages = clocks.ages()
    ages.of("%1", 990)
    clocks.wall_s += step
    clocks.go(7)
    assert ages.of("%1", 990) == 17.0


def test_a_date_to_come_is_of_now() -> None:
    clocks = Clocks()
    ages = clocks.ages()
    assert ages.of("%1", 4_600) == 0.0
    clocks.go(30)
    assert ages.of("%1", 4_600) == 30.0


def test_each_has_dates_of_its_own() -> None:
    clocks = Clocks()
    ages = clocks.ages()
    assert (ages.of("%1", 1_200), ages.of("%2", 999)) == (0.0, 1.0)
    clocks.go(5)
    assert (ages.of("%1", 1_200), ages.of("%2", 1_200)) == (5.0, 0.0)


def test_only_the_latest_are_kept_in_mind() -> None:
    clocks = Clocks()
    ages = clocks.ages()
    ages.of("%1", 2_000)
    ages.of("%2", 2_000)
    clocks.go(1)
    for number in range(MOST - 1):
        ages.of("%2", 2_000)
        ages.of("%3", 2_000 + number)
    assert ages.of("%2", 2_000) == 1.0
    assert ages.of("%1", 2_000) == 0.0
