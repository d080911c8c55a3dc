"""Who is told of what once more: after a while of silence, once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from thrum.clock import format_ns
from thrum.daemon.nudges import again
from thrum.daemon.state.schema import apply

MINUTE_NS = 60 * 1_000_000_000
NOW_NS = 1_800_000_000 * 1_000_000_000


def ago(minutes: int) -> str:
    return format_ns(NOW_NS - minutes * MINUTE_NS)


def test_after_a_quarter_of_an_hour_without_a_word() -> None:
    assert again.due({"m1": ago(14)}, {}, NOW_NS) == []
    assert again.due({"m1": ago(15)}, {}, NOW_NS) == ["m1"]
    assert again.due({"m1": ago(90), "m2": ago(14)}, {}, NOW_NS) == []
    assert again.due({"m1": ago(90), "m2": ago(15)}, {}, NOW_NS) == ["m1", "m2"]
    assert again.due({}, {}, NOW_NS) == []


def test_never_a_third_time_and_that_word_counts_as_one() -> None:
    seen = {"m1": ago(90), "m2": ago(30)}
    assert again.due(seen, {"m1": ago(20)}, NOW_NS) == ["m2"]
    assert again.due(seen, {"m1": ago(14)}, NOW_NS) == []
    assert again.due(seen, {"m1": ago(20), "m2": ago(20)}, NOW_NS) == []


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as made:
        for step in again.SCHEMA.migrations:
            apply(made, step)
        yield made


def test_what_was_told_is_kept_by_agent_until_it_is_taken_back(db: sqlite3.Connection) -> None:
    again.note(db, "erin", ["m1", "m2"], ago(5))
    again.note(db, "dag", ["m1"], ago(5))
    again.note(db, "erin", ["m2"], ago(1))
    assert again.told(db, "erin") == {"m1": ago(5), "m2": ago(1)}
    assert again.agents(db) == {"dag", "erin"}
    again.take_back(db, "erin", ["m1", "m2", "m3"])
    assert (again.told(db, "erin"), again.agents(db)) == ({}, {"dag"})
