"""What sessions did outlasts the daemon."""

from __future__ import annotations

import sqlite3

import pytest

from thrum.daemon.delivery.given import SCHEMA, Seat
from thrum.daemon.delivery.kept import forget, keep, load
from thrum.daemon.delivery.sitting import Boundary, Doing, Sitting
from thrum.daemon.state.schema import apply


@pytest.fixture
def db() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    for step in SCHEMA.migrations:
        apply(made, step)
    return made


def seat(name: str) -> Seat:
    return Seat("nux", "claude", name)


@pytest.mark.parametrize("boundary", Boundary)
def test_it_comes_back_as_it_was(db: sqlite3.Connection, boundary: Boundary) -> None:
    sitting = Sitting(turns=3)
    sitting.passes(boundary, 7, by_person=False)
    keep(db, {seat("s1"): sitting})
    found = load(db, 9)
    if boundary is Boundary.END:
        assert found == {}
        return
    back = found[seat("s1")]
    assert (back.doing, back.since_ns, back.heard_ns, back.turns) == (sitting.doing, 7, 7, 3)


def test_what_it_does_now_stands_in_the_place_of_what_it_did(db: sqlite3.Connection) -> None:
    keep(db, {seat("s1"): Sitting(Doing.BUSY, 1, 1), seat("s2"): Sitting(Doing.BUSY, 2, 2)})
    keep(db, {seat("s1"): Sitting(Doing.IDLE, 3, 3), seat("s3"): Sitting(Doing.ASKING, 1, 1)})
    assert {each.session: sitting.doing for each, sitting in load(db, 9).items()} == {
        "s1": Doing.IDLE,
        "s2": Doing.BUSY,
        "s3": Doing.ASKING,
    }
    keep(db, {seat("s2"): Sitting(Doing.ENDED, 4, 4)})
    assert [each.session for each in load(db, 9)] == ["s3", "s1"], "the latest at the end"
    assert [each.session for each in load(db, 1)] == ["s1"]


def test_what_was_not_heard_of_for_long_is_forgotten(db: sqlite3.Connection) -> None:
    keep(db, {seat(str(n)): Sitting(Doing.IDLE, n, n) for n in range(5)})
    assert forget(db, 3) == 3
    assert [each.session for each in load(db, 9)] == ["3", "4"]
