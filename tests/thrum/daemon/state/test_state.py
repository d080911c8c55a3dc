"""Whatever stands where the file should be, the state opens and says what is wrong."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.thrum.daemon.state.conftest import BOTH, PEERS, QUEUE, Opener, jobs, peers, put
from thrum.daemon.state import Schema, State, connection
from thrum.daemon.state.file import File
from thrum.daemon.state.opening import damage_mark
from thrum.errors import ThrumError


def refusals(state: State) -> set[str]:
    """The kinds with which every handle refuses to write and to answer."""
    found = set()
    for schema in state.schemas:
        tables = state.of(schema.owner)
        for call in (tables.write_now, tables.ask_now):
            with pytest.raises(ThrumError) as caught:
                call(lambda db: None)
            assert caught.value.hint
            found.add(caught.value.kind)
    return found


def test_a_new_file_is_the_users_alone_and_ours(open_state: Opener, path: Path) -> None:
    state = open_state()
    put(state, "a")
    for each in path.parent.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
    state.close()
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute("PRAGMA application_id").fetchone() == (connection.APPLICATION_ID,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert sorted(db.execute("SELECT name, version FROM owners")) == [
            ("peers", 1),
            ("queue", 1),
        ]
    db.close()


def test_what_is_written_is_there_after_the_next_start(open_state: Opener, path: Path) -> None:
    first = open_state()
    put(first, "a", "b")
    first.close()
    path.chmod(0o644)
    again = open_state()
    assert (jobs(again), peers(again)) == (["a", "b"], ["a", "b"])
    assert (again.prepared.reason, again.trouble()) == ("", {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_deleted_file_is_an_empty_one(open_state: Opener, path: Path) -> None:
    first = open_state()
    put(first, "a")
    first.close()
    path.unlink()
    again = open_state()
    assert (jobs(again), again.prepared.reason) == ([], "missing")


def test_a_write_ahead_log_without_its_file_is_kept_and_not_replayed(
    open_state: Opener, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.with_name("state.db-wal").write_bytes(b"\x37\x7f\x06\x82" + b"\0" * 4096)
    state = open_state()
    assert jobs(state) == []
    (aside,) = state.prepared.aside
    assert aside.read_bytes().startswith(b"\x37\x7f")
    assert f"a new one: missing; aside: {aside}\n" in caplog.text


def test_two_schemas_of_one_owner_are_a_mistake(path: Path) -> None:
    with pytest.raises(ValueError, match="one owner"):
        State.open(path, (QUEUE, QUEUE), lambda: 0)


def test_an_owner_without_a_schema_is_a_mistake(open_state: Opener) -> None:
    with pytest.raises(KeyError):
        open_state().of("nobody")


def test_a_directory_in_its_place_refuses_everybody(open_state: Opener, path: Path) -> None:
    path.mkdir(parents=True)
    state = open_state()
    assert refusals(state) == {"storage"}
    assert set(state.trouble()) == {"queue", "peers"}
    state.close()
    assert path.is_dir()


def test_a_parent_that_is_a_file_refuses_everybody(open_state: Opener, path: Path) -> None:
    path.parent.write_text("in the way")
    assert refusals(open_state()) == {"storage"}


def test_a_file_that_another_program_locks_is_not_touched(
    open_state: Opener, path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_MS", 1)
    first = open_state()
    put(first, "a")
    first.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("UPDATE owners SET version = version")
    assert refusals(open_state()) == {"storage"}
    other.execute("ROLLBACK")
    other.close()
    assert jobs(open_state()) == ["a"]


@pytest.mark.parametrize("present", [False, True])
def test_a_read_only_directory_refuses_everybody(
    open_state: Opener, path: Path, present: bool
) -> None:
    if present:
        first = open_state()
        put(first, "a")
        first.close()
    path.parent.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        mounted = subprocess.run(
            ["mount", "--bind", "-o", "ro", path.parent, path.parent], capture_output=True
        )
        if mounted.returncode:
            pytest.skip("mounting is not permitted here")
    else:
        path.parent.chmod(0o500)
    try:
        assert refusals(open_state()) == {"storage"}
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", "--lazy", path.parent], check=True)
        else:
            path.parent.chmod(0o700)
    assert jobs(open_state()) == (["a"] if present else [])


FULL = """
import os, resource, sys
from pathlib import Path
from tests.thrum.daemon.state.conftest import BOTH, jobs, peers
from thrum.daemon.state import State
from thrum.errors import ThrumError

path = Path(sys.argv[1])
BIG = {
    "queue": "INSERT INTO queue_jobs (text) VALUES (hex(zeroblob(200000)))",
    "peers": "INSERT INTO peers_seen VALUES (1, hex(zeroblob(200000)))",
}

def limited(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, -1))
    state = State.open(path, BOTH, lambda: 0)
    kinds = set()
    for owner, statement in BIG.items():
        try:
            state.of(owner).write_now(lambda db: db.execute(statement))
        except ThrumError as error:
            kinds.add(error.kind)
    # Room again, for the same process.
    resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
    state.close()
    again = State.open(path, BOTH, lambda: 0)
    print(size, *kinds, again.trouble(), jobs(again), peers(again), flush=True)
    again.of("queue").write_now(lambda db: db.execute("DELETE FROM queue_jobs WHERE text = 'z'"))
    again.close()

for size in map(int, sys.argv[2:]):
    child = os.fork()
    if not child:
        limited(size)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.parametrize("present", [False, True])
def test_a_full_disk_is_said_and_nothing_is_lost(
    open_state: Opener, path: Path, present: bool
) -> None:
    if present:
        first = open_state()
        put(first, "a")
        first.close()
    sizes = [0, 2000, 5000, 9000, 20_000, 40_000, 60_000, 100_000]
    script = [sys.executable, "-c", FULL, str(path), *map(str, sizes)]
    done = subprocess.run(script, capture_output=True, text=True)
    kept = "['a']" if present else "[]"
    expected = [f"{size} storage {{}} {kept} {kept}" for size in sizes]
    assert done.stdout.splitlines() == expected, done.stderr


def test_damage_that_is_met_in_use_is_said_and_mended_at_the_next_start(
    open_state: Opener, path: Path
) -> None:
    first = open_state()
    put(first, *(f"{number:04}" for number in range(400)))
    first.close()
    state = open_state()
    with closing(sqlite3.connect(path)) as db, db:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'queue_runs'"
        (page,) = db.execute(query).fetchone()
    db.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * connection.PAGE)
        file.write(b"\xff" * connection.PAGE)
    with pytest.raises(ThrumError, match="damaged") as caught:
        state.of("queue").ask_now(lambda db: db.execute("SELECT * FROM queue_runs").fetchall())
    assert caught.value.kind == "state"
    assert "restart" in (caught.value.hint or "")
    assert list(state.trouble()) == ["queue"]
    assert len(peers(state)) == 400
    assert damage_mark(path).exists()
    state.close()
    again = open_state()
    assert again.prepared.reason == "damaged"
    assert (len(jobs(again)), len(peers(again))) == (400, 400)
    assert "queue_runs" in again.trouble()["queue"]
    assert not damage_mark(path).exists()
    again.close()
    assert open_state().trouble() == {}


def test_damage_of_the_text_of_a_row_is_damage_too(open_state: Opener, path: Path) -> None:
    state = open_state()
    put(state, "a", "b")
    spoil = "UPDATE queue_jobs SET text = CAST(x'ff' AS TEXT) WHERE id = 1"
    state.of("queue").write_now(lambda db: db.execute(spoil))
    with pytest.raises(ThrumError, match="damaged"):
        jobs(state)
    state.close()
    again = open_state()
    assert jobs(again) == ["b"]
    assert "only 1 rows" in again.trouble()["queue"]


def test_a_hanging_decision_does_not_keep_the_daemon_from_closing(
    open_state: Opener, monkeypatch, caplog
) -> None:
    state = open_state()
    file = state._file
    assert isinstance(file, File)
    file.turn.patience_s = 0.01
    with file.turn.taken("queue"):
        state.close()
    assert "which queue still writes to" in caplog.text
    file.db.close()


def test_owners_come_and_go_with_the_services(open_state: Opener) -> None:
    first = open_state(QUEUE)
    assert first.of("queue").refusal is None
    first.close()
    second = open_state(PEERS, Schema("other", ()))
    assert set(second.trouble()) == set()
    second.close()
    assert jobs(open_state(*BOTH)) == []
