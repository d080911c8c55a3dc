"""How old things are, whatever the clock does."""

from __future__ import annotations

import sqlite3
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.upkeep import lived
from thrum.daemon.upkeep.lived import Reading, Stretch

MINUTE: Final = 60_000_000_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
START: Final = 20_000 * DAY


class World:
    """A machine whose clocks the test moves, and a daemon that looks at them."""

    def __init__(self) -> None:
        self.wall, self.uptime, self.boot = START, 7 * HOUR, "a"
        self.stretches: list[Stretch] = []
        self.look()

    def look(self) -> None:
        now = Reading(self.wall, self.uptime, self.boot)
        self.stretches = lived.extended(self.stretches, now)

    def pass_by(self, ns: int, step: int = MINUTE) -> None:
        """Time passes, and each minute somebody looks."""
        while ns > 0:
            self.wall += min(step, ns)
            self.uptime += min(step, ns)
            ns -= step
            self.look()

    def jump(self, ns: int) -> None:
        self.wall += ns

    def age(self, moment: int) -> int:
        self.look()
        return lived.age_ns(self.stretches, moment)


@pytest.fixture
def world() -> World:
    return World()


def test_without_a_jump_an_age_is_the_difference(world: World) -> None:
    world.pass_by(3 * HOUR)
    assert world.age(START) == 3 * HOUR
    assert world.age(START - 40 * DAY) == 40 * DAY + 3 * HOUR
    assert world.age(world.wall + DAY) == 0


@pytest.mark.parametrize("jump", [2 * HOUR, 10 * DAY, 400 * DAY])
def test_a_clock_that_jumps_ahead_makes_nobody_older(world: World, jump: int) -> None:
    world.pass_by(HOUR)
    seen = world.wall
    world.pass_by(5 * MINUTE)
    world.jump(jump)
    assert world.age(seen) == 5 * MINUTE
    world.pass_by(8 * DAY, HOUR)
    assert world.age(seen) == 8 * DAY + 5 * MINUTE


@pytest.mark.parametrize("jump", [2 * HOUR, 10 * DAY, 400 * DAY])
def test_a_clock_that_is_set_behind_keeps_nobody_young(world: World, jump: int) -> None:
    world.pass_by(HOUR)
    seen = world.wall
    world.jump(-jump)
    world.pass_by(31 * DAY, HOUR)
    # Where the clock has come to that moment again, either time of it may be meant.
    least = 31 * DAY - jump if jump < 31 * DAY else 31 * DAY
    assert least <= world.age(seen) <= 31 * DAY


def test_what_was_noted_by_a_wrong_clock_ages_when_it_is_set_right(world: World) -> None:
    world.jump(10 * DAY)
    world.look()
    world.pass_by(HOUR)
    noted = world.wall
    world.pass_by(MINUTE)
    world.jump(-10 * DAY)
    assert world.age(noted) == MINUTE
    world.pass_by(9 * DAY, HOUR)
    assert world.age(noted) == 9 * DAY + MINUTE


def test_a_machine_that_was_off_is_believed_and_one_that_went_back_is_not(world: World) -> None:
    seen = world.wall
    world.wall, world.uptime, world.boot = seen + 12 * DAY, MINUTE, "b"
    assert world.age(seen) == 12 * DAY
    world.wall, world.uptime, world.boot = seen - 900 * DAY, MINUTE, "c"
    assert world.age(seen) == 12 * DAY
    world.pass_by(DAY, HOUR)
    assert world.age(seen) == 13 * DAY


def test_a_machine_that_slept_has_lived_through_it(world: World) -> None:
    seen = world.wall
    world.wall, world.uptime = seen + 12 * DAY, world.uptime + 12 * DAY
    assert world.age(seen) == 12 * DAY


def test_a_start_of_a_system_that_does_not_name_it_is_seen_by_its_clock() -> None:
    first = lived.extended([], Reading(START, 9 * DAY, ""))
    again = lived.extended(first, Reading(START + 12 * DAY, MINUTE, ""))
    assert lived.age_ns(again, START) == 12 * DAY


def test_another_nodes_clock_that_is_ahead_gives_nobody_up(world: World) -> None:
    world.pass_by(HOUR)
    assert world.age(world.wall + 10 * DAY) == 0
    world.jump(20 * DAY)
    assert world.age(START + 10 * DAY) == 0  # in no stretch of ours


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(-500, 500)), max_size=20))
def test_an_age_never_exceeds_what_was_lived(steps: list[tuple[int, int]]) -> None:
    world = World()
    passed = 0
    for minutes, hours in steps:
        world.pass_by(minutes * MINUTE, HOUR)
        passed += minutes * MINUTE
        world.jump(hours * 24 * HOUR)
        assert world.age(START) <= passed
        assert world.age(world.wall) == 0
    assert len(world.stretches) <= lived.MOST


def test_what_is_kept_is_read_again(world: World) -> None:
    world.jump(DAY)
    world.look()
    db = sqlite3.connect(":memory:")
    try:
        for migration in lived.SCHEMA.migrations:
            db.executescript(str(migration))
        for _ in range(2):
            lived.keep(db, world.stretches)
            assert lived.load(db) == world.stretches
        assert len(world.stretches) == 2
    finally:
        db.close()
