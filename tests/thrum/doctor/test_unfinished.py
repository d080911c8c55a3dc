"""Doctor names worktrees that somebody began to make or to take away."""

from __future__ import annotations

import pytest

from tests.older import made
from thrum import doctor
from thrum.doctor import unfinished
from thrum.doctor.finding import Level
from thrum.worktrees.record import Doing, Record, Records


def test_nothing_is_unfinished_where_nothing_was_begun(patient: doctor.Patient) -> None:
    assert list(unfinished.check(patient)) == []
    records = Records.of(patient.place)
    with records.held("nux"):
        records.write("nux", Record("create", "/w/nux"))
        records.clear("nux")
    assert list(unfinished.check(patient)) == []


@pytest.mark.parametrize("doing", ["create", "teardown"])
def test_what_was_begun_is_named_with_the_line_that_finishes_it(
    patient: doctor.Patient, doing: Doing
) -> None:
    records = Records.of(patient.place)
    for name in ("nux", "toast"):
        with records.held(name):
            records.write(name, Record(doing, f"/w/{name}"))
    first, second = unfinished.check(patient)
    assert first.level is second.level is Level.NOTE
    assert first.text == f"the {doing} of the worktree nux has not ended: /w/nux"
    assert f"`thrum worktree {doing} toast`" in second.todo


def test_what_nobody_can_read_is_no_record(patient: doctor.Patient) -> None:
    folder = Records.of(patient.place).folder
    (folder / "nux").mkdir(parents=True)
    (folder / "nux/unfinished.json").write_text("[")
    assert list(unfinished.check(patient)) == []


def test_a_database_that_an_older_program_left_is_named(patient: doctor.Patient) -> None:
    var = patient.place.var
    made(var / "messages.db.foreign-20260102T030405Z").close()
    (var / "messages.db.foreign-x").write_text("no database")
    [finding] = unfinished.check(patient)
    assert "foreign-20260102" in finding.text
    assert "thrum migrate" in finding.todo
