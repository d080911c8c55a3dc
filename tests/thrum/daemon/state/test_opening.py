"""What is not ours or too new is moved aside as it is; who is interrupted goes on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.thrum.daemon.state.conftest import BOTH, Opener, jobs, peers, put
from thrum.daemon.projection import schema as projection
from thrum.daemon.state import connection, opening
from thrum.daemon.state.opening import damage_mark, judge, prepare
from thrum.errors import ThrumError

NOW = 1_767_323_045 * 1_000_000_000


@pytest.fixture
def filled(open_state: Opener, path: Path) -> Path:
    """A file with jobs and peers; nobody has it open."""
    state = open_state()
    put(state, "a", "b")
    state.close()
    return path


def run(path: Path, script: str) -> None:
    db = sqlite3.connect(path)
    db.executescript(script)
    db.close()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("This is no database. " * 1000)


def foreign(path: Path) -> None:
    path.unlink()
    run(path, "CREATE TABLE cats (name); INSERT INTO cats VALUES ('tom');")


def the_projection(path: Path) -> None:
    run(path, f"PRAGMA application_id = {projection.APPLICATION_ID}")


def newer(path: Path) -> None:
    run(path, f"PRAGMA user_version = {connection.LAYOUT + 1}")


def newer_in_the_write_ahead_log(path: Path) -> None:
    in_the_write_ahead_log(path, f"PRAGMA user_version = {connection.LAYOUT + 1}")


def in_the_write_ahead_log(path: Path, sql: str) -> None:
    db = sqlite3.connect(path)
    db.execute(sql)
    db.commit()
    saved = path.with_name("saved")
    for part in opening.parts(path):
        shutil.copyfile(part, saved.with_name(part.name.replace("state.db", "saved")))
    db.close()
    opening.discard(path)
    for part in opening.parts(saved):
        part.rename(part.with_name(part.name.replace("saved", "state.db")))


def without_owners(path: Path) -> None:
    run(path, "DROP TABLE owners")


def with_a_version_that_is_none(path: Path) -> None:
    run(path, "UPDATE owners SET version = 'many' WHERE name = 'queue'")


@pytest.mark.parametrize(
    ("prepare_it", "reason", "kept"),
    [
        (lambda path: None, "", True),
        (Path.unlink, "missing", False),
        (empty, "empty", False),
        (text, "damaged", False),
        (foreign, "foreign", False),
        (the_projection, "foreign", False),
        (without_owners, "damaged", True),
        (with_a_version_that_is_none, "damaged", True),
    ],
)
def test_whatever_stands_there_the_state_opens_and_nothing_is_thrown_away(
    filled: Path,
    open_state: Opener,
    prepare_it: Callable[[Path], None],
    reason: str,
    kept: bool,
) -> None:
    prepare_it(filled)
    before = filled.read_bytes() if filled.exists() else b""
    assert judge(filled) == reason
    state = open_state(now_ns=lambda: NOW)
    assert state.prepared.reason == reason
    rows = ["a", "b"] if kept else []
    assert (jobs(state), peers(state)) == (rows, rows)
    if reason and before:
        aside = filled.with_name(f"state.db.{reason}-20260102T030405Z")
        assert aside.read_bytes() == before
        assert aside in state.prepared.aside
    told = not kept and reason in {"foreign", "damaged"}
    assert set(state.trouble()) == ({"queue", "peers"} if told else set())
    state.close()
    assert open_state().prepared.reason == ""


@pytest.mark.parametrize("make", [newer, newer_in_the_write_ahead_log])
def test_a_newer_programs_file_is_refused_and_left_alone(
    filled: Path, open_state: Opener, make: Callable[[Path], None]
) -> None:
    make(filled)
    filled.with_name("state.db.before-queue-2-20260102T030405Z").touch()
    before = filled.read_bytes()
    with pytest.raises(ThrumError) as caught:
        open_state()
    assert caught.value.kind == "database"
    assert caught.value.message.endswith("cannot downgrade")
    assert "state.db.before-queue-2-20260102T030405Z" in (caught.value.hint or "")
    assert "Delete nothing" in (caught.value.hint or "")
    assert filled.read_bytes() == before


def test_a_file_that_was_moved_aside_can_be_read_with_its_write_ahead_log(
    filled: Path, open_state: Opener
) -> None:
    the_projection(filled)
    in_the_write_ahead_log(filled, "CREATE TABLE more (x)")
    aside = open_state().prepared.aside
    assert [path.name.rpartition("Z")[2] for path in aside] == ["", "-wal", "-shm"]
    with closing(sqlite3.connect(aside[0])) as db, db:
        assert db.execute("SELECT count(*) FROM more").fetchone() == (0,)
    db.close()


def test_two_files_of_one_moment_are_both_kept(filled: Path) -> None:
    foreign(filled)
    first = prepare(filled, BOTH, NOW).aside
    foreign(filled)
    second = prepare(filled, BOTH, NOW).aside
    assert [path.name for path in (*first, *second)] == [
        "state.db.foreign-20260102T030405Z",
        "state.db.foreign-20260102T030405Z-2",
    ]


class Killed(BaseException):
    pass


@pytest.mark.parametrize("nth", range(12))
def test_who_is_interrupted_while_mending_goes_on(
    filled: Path, open_state: Opener, monkeypatch, nth: int
) -> None:
    """Interrupted before and after each change of the folder, then started again."""
    damage_mark(filled).touch()
    done = 0

    def tick() -> None:
        nonlocal done
        if done == nth:
            raise Killed
        done += 1

    def sometimes(real):
        def change(*arguments, **how):
            tick()
            result = real(*arguments, **how)
            tick()
            return result

        return change

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", sometimes(Path.rename))
        patch.setattr(Path, "unlink", sometimes(Path.unlink))
        try:
            prepare(filled, BOTH, NOW)
        except Killed:
            pass
        else:
            assert nth >= 8
    state = open_state()
    assert (jobs(state), peers(state)) == (["a", "b"], ["a", "b"])
    state.close()
    assert open_state().prepared.reason == ""
    left = {each.name for each in filled.parent.iterdir()}
    assert {name for name in left if "damaged-" not in name} <= {
        "state.db",
        "state.db-wal",
        "state.db-shm",
    }


def test_without_room_for_the_mended_file_the_damaged_one_stays(
    filled: Path, open_state: Opener, monkeypatch
) -> None:
    before = filled.read_bytes()
    damage_mark(filled).touch()

    def refuse(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", refuse)
        state = open_state()
        assert all("No space" in told for told in state.trouble().values())
    assert filled.read_bytes() == before
    assert jobs(open_state()) == ["a", "b"]
