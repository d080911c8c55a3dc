"""``thrum doctor``: how findings are told; `tests/thrum` tries the checks."""

from __future__ import annotations

from typing import Any

import pytest

from thrum import doctor
from thrum.doctor import Finding, Level

GOOD = Finding("files", Level.OK, "all is well")
BAD = Finding("branch", Level.WRONG, "it is gone\x1b[2J", "put it back")


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What the examination finds; the repairs mend all of it."""
    found = [GOOD, BAD]

    def fix(_patient: doctor.Patient) -> list[Finding]:
        found.remove(BAD)
        return [Finding("branch", Level.OK, "put back")]

    monkeypatch.setattr(doctor, "examine", lambda _patient: list(found))
    monkeypatch.setattr(doctor, "fix", fix)
    return found


def test_what_is_wrong_is_told_with_what_to_do(world: Any, findings: list[Finding]) -> None:
    ran = world.run("doctor")
    assert ran.code == 1
    assert ran.out == "✓ files: all is well\n✗ branch: it is gone\\x1b[2J; put it back\n"
    findings.remove(BAD)
    assert world.run("doctor").code == 0


def test_repairs_come_first(world: Any, findings: list[Finding]) -> None:
    ran = world.run("doctor", "--fix")
    assert (ran.code, ran.out) == (0, "fixed ✓ branch: put back\n✓ files: all is well\n")
    assert findings == [GOOD]


def test_the_document_has_both(world: Any, findings: list[Finding]) -> None:
    document = world.run("doctor", "--json").document
    assert [each["check"] for each in document["findings"]] == ["files", "branch"]
    assert "repairs" not in document
    document = world.run("doctor", "--fix", "--json").document
    assert [each["check"] for each in document["repairs"]] == ["branch"]
    assert len(findings) == 1


def test_colour_is_for_people(world: Any, findings: list[Finding]) -> None:
    world.env["TERM"] = "xterm"
    assert "\x1b[31m✗\x1b[0m branch" in world.run("doctor", terminal=True).out
    world.env["NO_COLOR"] = "1"
    assert "\x1b" not in world.run("doctor", terminal=True).out
    assert findings


def test_a_bad_line_is_accepted_and_taken_back(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from thrum.doctor import accepted

    bad = Finding("log", Level.WRONG, "events.jsonl:2: torn", "correct it", id="ab12cd34" * 4)
    monkeypatch.setattr(
        doctor, "examine", lambda patient: accepted.mark([bad], accepted.read(patient))
    )
    assert world.run("doctor").code == 1
    ran = world.run("doctor", "--accept", "ab12cd34")
    assert ran.code == 0
    assert ran.out.startswith("· log: events.jsonl:2: torn; accepted 2026-01-02")
    assert "(ab12cd34)" in world.run("doctor").out
    assert world.run("doctor", "--json").document["findings"][0]["level"] == "accepted"
    assert world.run("doctor", "--accept", "nope", "--json").error["kind"] == "not_found"
    assert world.run("doctor", "--unaccept", "ab12cd34").code == 1
