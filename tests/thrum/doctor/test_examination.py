"""All checks in one report; none of them keeps another one up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from gitstore import LogError
from thrum import doctor
from thrum.daemon import services
from thrum.doctor import examination
from thrum.doctor.finding import Finding, Level
from thrum.errors import ThrumError


def by_check(patient: doctor.Patient) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for each in examination.examine(patient):
        found.setdefault(each.check, []).append(each)
    return found


def test_every_check_has_its_line(patient: doctor.Patient) -> None:
    found = by_check(patient)
    assert set(found) == {*examination.CHECKS, *services.checks()}
    assert all(each.text for lines in found.values() for each in lines)


@pytest.mark.parametrize(
    "error",
    [
        ThrumError("config", "it broke"),
        LogError("it broke"),
        OSError("it broke"),
        sqlite3.DatabaseError("it broke"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "it broke"),
    ],
)
def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(
    patient: doctor.Patient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def breaks(patient: doctor.Patient) -> Iterator[Finding]:
        raise error
        yield

    monkeypatch.setitem(examination.CHECKS, "config", breaks)
    found = by_check(patient)
    (finding,) = found["config"]
    assert finding.level is Level.WRONG
    assert "it broke" in finding.text
    assert set(found) == {*examination.CHECKS, *services.checks()}


def test_a_defect_is_not_passed_over(
    patient: doctor.Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(patient: doctor.Patient) -> Iterator[Finding]:
        raise KeyError("a defect of ours")
        yield

    monkeypatch.setitem(examination.CHECKS, "config", breaks)
    with pytest.raises(KeyError):
        examination.examine(patient)


def test_without_the_objects_nothing_is_said_of_what_they_hold(
    patient: doctor.Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(patient: doctor.Patient) -> Iterator[Finding]:
        yield Finding("objects", Level.WRONG, "damaged")

    def unused(patient: doctor.Patient) -> Iterator[Finding]:
        raise AssertionError("it would read the objects")

    monkeypatch.setitem(examination.CHECKS, "objects", damaged)
    for name in examination.OF_OBJECTS:
        monkeypatch.setitem(examination.CHECKS, name, unused)
    found = by_check(patient)
    for name in examination.OF_OBJECTS:
        assert [each.level for each in found[name]] == [Level.NOTE]


def test_a_repair_that_breaks_keeps_no_other_one_up(
    patient: doctor.Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(patient: doctor.Patient) -> Iterator[Finding]:
        yield Finding("files", Level.OK, "the first half")
        raise OSError("it broke")

    monkeypatch.setitem(examination.REPAIRS, "files", breaks)
    patient.place.journal.chmod(0o600)
    done = list(examination.fix(patient))
    assert [(each.check, each.text) for each in done][:2] == [
        ("files", "the first half"),
        ("files", "it broke"),
    ]


def test_every_repair_is_of_a_check() -> None:
    assert examination.REPAIRS.keys() <= examination.CHECKS.keys()
    assert examination.CHECKS.keys() & services.checks().keys() == set()


def test_notes_do_not_make_a_place_unclean() -> None:
    fine = [Finding("a", Level.OK, "x"), Finding("b", Level.NOTE, "y", "do z")]
    assert examination.is_clean(fine)
    assert examination.as_json(fine) == {
        "clean": True,
        "findings": [
            {"check": "a", "level": "ok", "text": "x", "todo": ""},
            {"check": "b", "level": "note", "text": "y", "todo": "do z"},
        ],
    }
    assert not examination.is_clean([*fine, Finding("c", Level.WRONG, "z")])
