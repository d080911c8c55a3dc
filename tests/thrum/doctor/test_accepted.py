"""Bad lines that somebody lives with."""

from __future__ import annotations

import re

import pytest

from gitstore import Log
from thrum import doctor
from thrum.doctor import accepted
from thrum.doctor.finding import Finding, Level
from thrum.errors import ThrumError

LONG = "a1" * 16
BAD = Finding("log", Level.WRONG, "events.jsonl:2: it is torn", "correct it", id=LONG)
OTHER = Finding(
    "log", Level.WRONG, "events.jsonl:3: it is torn", "correct it", id="a1b2" + "0" * 28
)
PLAIN = Finding("config", Level.WRONG, "it is no JSON", "correct it")


def test_nothing_is_accepted_at_first(patient: doctor.Patient) -> None:
    assert accepted.read(patient) == {}
    assert accepted.mark([BAD, PLAIN], {}) == [BAD, PLAIN]


@pytest.mark.parametrize("text", [LONG, LONG[:8], LONG[:8].upper()])
def test_what_is_accepted_is_shown_and_wrong_no_more(patient: doctor.Patient, text: str) -> None:
    assert accepted.accept(patient, [BAD, OTHER, PLAIN], [text]) == [LONG]
    known = accepted.read(patient)
    shown, other, plain = accepted.mark([BAD, OTHER, PLAIN], known)
    assert (shown.level, shown.text, shown.todo) == (Level.ACCEPTED, BAD.text, "")
    assert shown.accepted_at == "2026-01-02T03:04:05Z"
    assert (other, plain) == (OTHER, PLAIN)
    assert doctor.is_clean([shown])
    assert not doctor.is_clean([shown, other])
    (told,) = doctor.as_json([shown])["findings"]
    assert (told["level"], told["id"], told["accepted_at"]) == ("accepted", LONG, shown.accepted_at)


def test_it_can_be_taken_back_and_twice_does_no_harm(patient: doctor.Patient) -> None:
    accepted.accept(patient, [BAD, OTHER], [LONG, OTHER.id])
    first = accepted.read(patient)
    accepted.accept(patient, [BAD], [LONG])
    assert accepted.read(patient) == first
    assert accepted.take_back(patient, [LONG[:8]]) == [LONG]
    assert accepted.read(patient).keys() == {OTHER.id}
    with pytest.raises(ThrumError):
        accepted.take_back(patient, [LONG])


@pytest.mark.parametrize(
    ("text", "kind"),
    [("a1", "not_found"), ("", "not_found"), ("ffff0000", "not_found"), ("config", "not_found")],
)
def test_only_what_is_found_can_be_accepted(patient: doctor.Patient, text: str, kind: str) -> None:
    with pytest.raises(ThrumError) as told:
        accepted.accept(patient, [BAD, OTHER, PLAIN], [text])
    assert told.value.kind == kind
    assert accepted.read(patient) == {}


def test_an_id_that_fits_two_is_none(patient: doctor.Patient) -> None:
    twin = Finding("log", Level.WRONG, "x", id=LONG[:6] + "0" * 26)
    with pytest.raises(ThrumError) as told:
        accepted.accept(patient, [BAD, twin], [LONG[:4]])
    assert told.value.kind == "ambiguous_id"


@pytest.mark.parametrize("text", ["[]", "{", "\x00"])
def test_a_file_that_says_nothing_is_one_line_of_the_report(
    patient: doctor.Patient, text: str
) -> None:
    (patient.place.var / accepted.NAME).write_text(text)
    (found,) = (each for each in doctor.examine(patient) if each.check == "accepted")
    assert found.level is Level.WRONG
    assert accepted.NAME in found.text


def test_a_line_has_one_id_wherever_it_is_found(patient: doctor.Patient) -> None:
    log = Log.open(patient.place.repository, journal=patient.place.journal)
    log.append([[("messages/nux.jsonl", b'{"event_id":7}'), ("events.jsonl", b'{"a":1}')]])
    log.commit()
    log.close()
    wrong = [each for each in doctor.examine(patient) if each.level is Level.WRONG and each.id]
    assert len(wrong) >= 2
    for each in wrong:
        (short,) = re.findall(r"--accept (\w{8})", each.todo)
        doctor.accept(patient, wrong, [short])
    again = [each for each in doctor.examine(patient) if each.id]
    assert {each.level for each in again} == {Level.ACCEPTED}
