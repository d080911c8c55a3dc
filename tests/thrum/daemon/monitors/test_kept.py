"""Monitors as they are kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.thrum.daemon.monitors.conftest import job
from thrum.daemon.monitors import kept
from thrum.daemon.monitors.job import Status
from thrum.daemon.state.schema import apply
from thrum.errors import ThrumError

LATER = "2026-01-02T00:00:00Z"


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """The tables."""
    with closing(sqlite3.connect(":memory:")) as made:
        for migration in kept.SCHEMA.migrations:
            apply(made, migration)
        yield made


def test_what_is_kept_comes_back(db: sqlite3.Connection) -> None:
    one = job("a", argv=("sh", "-c", "é\n'"), env={"K": "v=w"}, schedule="* * * * *", match="a|b")
    other = job("b", debounce_s=30)
    for each in (one, other):
        kept.add(db, each)
    assert kept.jobs(db) == [one, other]
    assert [kept.job(db, "a"), kept.job(db, "mon_b")] == [one, other]


def test_an_id_comes_before_a_name(db: sqlite3.Connection) -> None:
    kept.add(db, job("x", id="mon_1"))
    kept.add(db, job("mon_1", id="mon_2"))
    assert kept.job(db, "mon_1").name == "x"


def test_what_is_not_there(db: sqlite3.Connection) -> None:
    with pytest.raises(ThrumError) as refused:
        kept.job(db, "nope")
    assert refused.value.kind == "not_found"


def test_a_name_is_one_monitors(db: sqlite3.Connection) -> None:
    kept.add(db, job("a"))
    with pytest.raises(ThrumError) as refused:
        kept.add(db, job("a", id="mon_2"))
    assert refused.value.kind == "conflict"
    kept.remove(db, "mon_a")
    kept.add(db, job("a", id="mon_2"))


def test_what_changes(db: sqlite3.Connection) -> None:
    for name in ("a", "b"):
        kept.add(db, job(name))
    kept.stands(db, "mon_a", Status.DEAD, LATER)
    kept.exited(db, "mon_a", -1, LATER)
    found = kept.job(db, "a")
    assert (found.status, found.updated_at) == (Status.DEAD, LATER)
    assert (found.exit_code, found.exit_at) == (-1, LATER)
    assert kept.job(db, "b") == job("b")
