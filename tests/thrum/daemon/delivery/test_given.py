"""What was given to a session is known for as long as the session is used."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from thrum.daemon.delivery import given
from thrum.daemon.delivery.given import Seat
from thrum.daemon.state.schema import apply

NUX = Seat("nux", "claude", "s1")
OLD, NEW = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as made:
        for step in given.SCHEMA.migrations:
            apply(made, step)
        yield made


def test_of_a_session_that_nobody_came_from_nothing_is_known(db: sqlite3.Connection) -> None:
    assert given.of(db, NUX) is None
    given.give(db, NUX, [], OLD)
    assert given.of(db, NUX) == set()


def test_what_was_given_twice_was_given(db: sqlite3.Connection) -> None:
    given.give(db, NUX, ["msg_1", "msg_2"], OLD)
    given.give(db, NUX, ["msg_2", "msg_3"], OLD)
    assert given.of(db, NUX) == {"msg_1", "msg_2", "msg_3"}


def test_what_was_given_to_any_session_of_an_agent(db: sqlite3.Connection) -> None:
    given.give(db, NUX, ["msg_1"], OLD)
    given.give(db, NUX._replace(session="s2"), ["msg_2"], OLD)
    given.give(db, NUX._replace(agent_id="dag"), ["msg_3"], OLD)
    assert given.to_any(db, "nux") == {"msg_1", "msg_2"}
    assert given.to_any(db, "nobody") == set()


@pytest.mark.parametrize("field", ["agent_id", "runtime", "session"])
def test_sessions_are_told_apart(db: sqlite3.Connection, field: str) -> None:
    other = NUX._replace(**{field: "another"})
    given.give(db, NUX, ["msg_1"], OLD)
    assert given.of(db, other) is None
    given.give(db, other, ["msg_2"], OLD)
    assert (given.of(db, NUX), given.of(db, other)) == ({"msg_1"}, {"msg_2"})


def test_a_session_that_was_not_used_for_long_is_forgotten(db: sqlite3.Connection) -> None:
    other = NUX._replace(session="s2")
    given.give(db, NUX, ["msg_1"], OLD)
    given.give(db, other, ["msg_1"], OLD)
    given.give(db, other, ["msg_2"], NEW)
    assert given.forget(db, NEW) == 1
    assert given.of(db, NUX) is None
    assert given.of(db, other) == {"msg_1", "msg_2"}
    assert db.execute("SELECT count(*) FROM delivery_given").fetchone() == (2,)
    given.give(db, NUX, ["msg_9"], NEW)
    assert given.of(db, NUX) == {"msg_9"}
