"""Files and modes, configuration, guards, identities, the daemon."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

import pytest

from thrum import doctor
from thrum.doctor import surroundings
from thrum.doctor.finding import Finding, Level
from thrum.errors import ThrumError
from thrum.identity import files, process

TIME = "2026-01-01T00:00:00.000000000Z"


def wrong(found: Iterable[Finding]) -> list[str]:
    return [each.text for each in found if each.level is Level.WRONG]


def notes(found: Iterable[Finding]) -> list[str]:
    return [each.text for each in found if each.level is Level.NOTE]


def test_nothing_is_wrong_where_nothing_is(patient: doctor.Patient) -> None:
    for check in (surroundings.closed_files, surroundings.configuration, surroundings.guards):
        assert list(check(patient)) == []
    assert list(surroundings.identities(patient)) == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o601])
def test_a_file_that_others_may_touch_is_named_and_closed(
    patient: doctor.Patient, mode: int
) -> None:
    place = patient.place
    files.write(place.identities, "nux", TIME, role="r")
    for path in (place.config, place.journal, place.identities / "nux.json"):
        path.chmod(mode)
        assert wrong(surroundings.closed_files(patient)) == [f"{path} has mode {mode:o}"]
        (done,) = surroundings.close_files(patient)
        assert str(path) in done.text
        assert path.stat().st_mode & 0o777 == 0o600
    assert list(surroundings.closed_files(patient)) == []
    assert list(surroundings.close_files(patient)) == []


def test_what_is_missing_and_what_was_set_aside(patient: doctor.Patient) -> None:
    place = patient.place
    (place.var / "journal.torn-20260101T000000Z").touch()
    (place.var / "journal.damaged-1").touch()
    place.identities.rmdir()
    found = list(surroundings.closed_files(patient))
    assert wrong(found) == []
    assert [text.rpartition("/")[2].partition(" ")[0] for text in notes(found)][1:] == [
        "journal.torn-20260101T000000Z",
        "journal.damaged-1",
    ]
    place.var.rename(place.shared / "elsewhere")
    (text,) = wrong(surroundings.closed_files(patient))
    assert text == f"{place.var} is missing"


def test_what_was_kept_for_another_id_is_named(patient: doctor.Patient) -> None:
    before = len(list(surroundings.configuration(patient)))
    place = patient.place
    place.var.mkdir(exist_ok=True)
    kept = [
        place.config.with_name("config.json.pre-identity-bak"),
        place.var / "peers.json.pre-rotation-bak",
    ]
    for path in kept:
        path.touch()
    found = list(surroundings.configuration(patient))[before:]
    assert [each.level.value for each in found] == ["note", "note"]
    assert [str(path) in each.text for path, each in zip(kept, found, strict=True)] == [True, True]


def test_every_wrong_key_is_named_by_itself(patient: doctor.Patient) -> None:
    tree = {"daemon": {"sync_interval": "often", "log_level": 7}, "unknown": {"is": "kept"}}
    patient.place.config.write_text(json.dumps(tree))
    found = list(surroundings.configuration(patient))
    assert sorted(text.partition(" ")[0] for text in wrong(found)) == [
        "daemon.log_level",
        "daemon.sync_interval",
    ]
    assert notes(found) == ["the daemon has no id yet"]
    patient.place.config.write_text("{")
    with pytest.raises(ThrumError, match=r"config\.json"):
        list(surroundings.configuration(patient))


def test_a_guard_with_a_mode_that_is_none(patient: doctor.Patient) -> None:
    tree = {"identity_guard": {"cross_worktree": "lax", "no_such_guard": "off"}}
    patient.place.config.write_text(json.dumps(tree))
    assert len(wrong(surroundings.guards(patient))) == 2


def test_identities_that_are_broken_foreign_or_of_the_dead(patient: doctor.Patient) -> None:
    place = patient.place
    me = process.look(os.getpid())
    assert me
    here = str(place.root)
    alive = {"agent_pid": me.pid, "agent_pid_started": me.started}
    files.write(place.identities, "lives", TIME, role="r", worktree=here, **alive)
    files.write(
        place.identities,
        "dead",
        TIME,
        role="r",
        worktree=here,
        agent_pid=me.pid,
        agent_pid_started="another",
    )
    (place.identities / "broken.json").write_text("{")
    found = list(surroundings.identities(patient))
    assert ["broken.json" in text for text in wrong(found)] == [True]
    assert [text.partition("'")[0] for text in notes(found)] == ["dead"]
    elsewhere = place.root.parent / "elsewhere"
    files.write(place.identities, "dead", TIME, worktree=str(elsewhere), agent_pid=0)
    assert notes(surroundings.identities(patient)) == [], "the worktree may have been moved"
    elsewhere.mkdir()
    (note,) = notes(surroundings.identities(patient))
    assert str(elsewhere) in note


def test_a_daemon_that_does_not_run_is_no_fault(patient: doctor.Patient) -> None:
    assert notes(surroundings.daemon(patient)) == ["no daemon runs"]
    patient.place.socket.touch()
    assert len(notes(surroundings.daemon(patient))) == 2
    assert wrong(surroundings.daemon(patient)) == []
