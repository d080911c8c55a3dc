"""The doctor names what is wrong with ``state.db``, and mends what loses nothing."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.thrum.daemon.state.conftest import BOTH, QUEUE, jobs, peers, put
from thrum import doctor, paths
from thrum.daemon import control, lifecycle
from thrum.daemon.state import Schema, State
from thrum.doctor import examination
from thrum.doctor import state as checks
from thrum.errors import ThrumError

SCHEMAS = (*BOTH, Schema("gone", ("CREATE TABLE gone_log (x)",)))


@pytest.fixture
def place(tmp_path: Path) -> paths.Place:
    """A place with local facts; no daemon runs."""
    (tmp_path / ".thrum").mkdir()
    (tmp_path / ".thrum" / "config.json").write_text("{}")
    found = paths.at(tmp_path)
    with closing(State.open(found.state, BOTH, time.time_ns)) as state:
        put(state, "a", "b")
    return found


def patient(place: paths.Place, *schemas: Schema) -> doctor.Patient:
    return doctor.Patient(place, {}, time.time_ns, schemas or BOTH)


def found(place: paths.Place, *schemas: Schema) -> list[tuple[str, str]]:
    return [(f.level.value, f.text) for f in checks.check(patient(place, *schemas))]


def run(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)


def spoil(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(16)
        file.write(b"\xff" * 8)


def test_a_sound_file_is_in_order_and_not_touched(place: paths.Place) -> None:
    before = place.state.read_bytes()
    assert found(place) == []
    assert list(checks.mend(patient(place))) == []
    assert place.state.read_bytes() == before


def test_none_is_in_order_too_and_none_is_made(place: paths.Place) -> None:
    place.state.unlink()
    assert found(place) == []
    assert list(checks.mend(patient(place))) == []
    assert not place.state.exists()


def test_a_damaged_file_is_named_and_mended(place: paths.Place) -> None:
    spoil(place.state)
    assert found(place) == [("wrong", "the file is damaged")]
    report = list(checks.mend(patient(place)))
    assert "moved aside to" in report[0].text
    ((level, text),) = found(place)
    assert level == "note"
    assert "was set aside" in text
    with closing(State.open(place.state, BOTH, time.time_ns)) as state:
        assert (jobs(state), peers(state)) == (["a", "b"], ["a", "b"])


def test_an_index_that_says_something_else_is_found_and_mended(place: paths.Place) -> None:
    raw = place.state.read_bytes()
    with closing(sqlite3.connect(place.state)) as db:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'queue_text'"
        (page,) = db.execute(query).fetchone()
    at = raw.rindex(b"b", (page - 1) * 4096, page * 4096)
    place.state.write_bytes(raw[:at] + b"c" + raw[at + 1 :])
    ((level, text),) = found(place)
    assert level == "wrong"
    assert "missing from index queue_text" in text
    list(checks.mend(patient(place)))
    assert [level for level, _ in found(place)] == ["note"]


def test_what_is_lost_is_named_by_owner(place: paths.Place) -> None:
    with closing(sqlite3.connect(place.state)) as db:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'queue_jobs'"
        (page,) = db.execute(query).fetchone()
    with place.state.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    report = [finding.text for finding in checks.mend(patient(place))]
    assert "queue: nothing of queue_jobs could be read" in report


def test_an_empty_file_is_named_and_mended(place: paths.Place) -> None:
    place.state.write_bytes(b"")
    assert found(place) == [("wrong", "the file is empty")]
    list(checks.mend(patient(place)))
    assert found(place) == []


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("PRAGMA application_id = 7", "another program made"),
        ("PRAGMA user_version = 2", "cannot downgrade"),
    ],
)
def test_a_file_of_somebody_else_is_named_and_let_be(
    place: paths.Place, script: str, told: str
) -> None:
    run(place.state, script)
    before = place.state.read_bytes()
    ((level, text),) = found(place)
    assert level == "wrong"
    assert told in text
    assert list(checks.mend(patient(place))) == []
    assert place.state.read_bytes() == before


def test_newer_facts_are_named_and_let_be(place: paths.Place) -> None:
    run(place.state, "UPDATE owners SET version = 5 WHERE name = 'queue'")
    assert found(place) == [("wrong", "queue's facts have version 5, known is 1")]
    assert list(checks.mend(patient(place))) == []


def test_tables_of_no_service_are_a_note_that_says_how_to_drop_them(place: paths.Place) -> None:
    assert found(place, *SCHEMAS) == []
    ((level, text),) = found(place, QUEUE)
    assert (level, text) == ("note", "no service is called 'peers', and it has 1 table")
    (finding,) = checks.check(patient(place, QUEUE))
    assert finding.todo.startswith("leave them if a newer program was here")
    run(place.state, finding.todo.partition(f"{place.state}: ")[2])
    assert found(place, QUEUE) == []


def test_a_file_set_aside_is_a_note_and_so_is_what_an_upgrade_kept(
    place: paths.Place,
) -> None:
    place.state.with_name("state.db.before-queue-2-20260102T030405Z").touch()
    place.state.rename(place.state.with_name("state.db.newer-20260102T030405Z-2"))
    place.state.with_name("state.db.newer-20260102T030405Z-2-wal").touch()
    assert [(level, text.rpartition("/")[2]) for level, text in found(place)] == [
        ("note", "state.db.newer-20260102T030405Z-2 was set aside"),
        ("note", "state.db.before-queue-2-20260102T030405Z is what was there before an upgrade"),
        ("note", "there is none; the next start makes an empty one"),
    ]


def test_a_directory_in_its_place_is_one_line_of_the_report(place: paths.Place) -> None:
    place.state.unlink()
    place.state.mkdir()
    with pytest.raises(OSError, match="no plain file"):
        list(checks.check(patient(place)))


def test_a_running_daemon_is_stopped_for_it_and_started_again(
    place: paths.Place, monkeypatch
) -> None:
    spoil(place.state)
    told: list[str] = []
    monkeypatch.setattr(control, "is_held", lambda place: True)
    monkeypatch.setattr(control, "stop", lambda place: told.append("stop"))

    def start(place: paths.Place, environment: object) -> None:
        told.append(f"start, {found(place)[0][0]}")

    monkeypatch.setattr(control, "start", start)
    list(checks.mend(patient(place)))
    assert told == ["stop", "start, note"]


def test_while_a_daemon_has_the_file_nothing_is_mended(place: paths.Place, monkeypatch) -> None:
    spoil(place.state)
    before = place.state.read_bytes()
    monkeypatch.setattr(control, "is_held", lambda place: False)
    monkeypatch.setattr(lifecycle, "PATIENCE_S", 0.01)
    with lifecycle.only_daemon(place), pytest.raises(ThrumError, match="another daemon"):
        list(checks.mend(patient(place)))
    assert place.state.read_bytes() == before


def test_the_report_has_a_line_for_it() -> None:
    assert examination.CHECKS["state"] is checks.check
    assert examination.REPAIRS["state"] is checks.mend
