"""A service's check sees the service's own tables, where there are any that it knows."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.thrum.daemon.state.conftest import BOTH, QUEUE, put
from thrum import paths
from thrum.daemon.state import Schema, State
from thrum.doctor.facts import facts
from thrum.doctor.finding import Patient


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    """A place that has local facts of two services."""
    (tmp_path / ".thrum").mkdir()
    place = paths.at(tmp_path)
    with closing(State.open(place.state, BOTH, time.time_ns)) as state:
        put(state, "a", "b")
    return Patient(place, {}, time.time_ns, BOTH)


def test_tables_can_be_read_and_not_written(patient: Patient) -> None:
    with facts(patient, QUEUE) as db:
        assert db is not None
        assert db.execute("SELECT count(*) FROM queue_jobs").fetchone() == (2,)
        with pytest.raises(sqlite3.OperationalError):
            db.execute("DELETE FROM queue_jobs")


def test_there_is_nothing_to_look_at_without_a_file(patient: Patient) -> None:
    patient.place.state.unlink()
    with facts(patient, QUEUE) as db:
        assert db is None
    assert not patient.place.state.exists()


@pytest.mark.parametrize(
    "schema", [Schema("other", ("CREATE TABLE other_log (x)",)), Schema(QUEUE.owner, ("", "", ""))]
)
def test_tables_of_nobody_or_of_another_version_are_not_looked_at(
    patient: Patient, schema: Schema
) -> None:
    with facts(patient, schema) as db:
        assert db is None


def test_a_damaged_file_is_not_looked_at(patient: Patient) -> None:
    patient.place.state.write_bytes(b"x" * 200)
    with facts(patient, QUEUE) as db:
        assert db is None
