"""Every owner comes up by itself, whole or not at all, whenever it is killed."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import examples
from tests.thrum.daemon.state.conftest import (
    BOTH,
    PEERS,
    QUEUE,
    Opener,
    column,
    jobs,
    peers,
    put,
)
from thrum.daemon.state import Migration, Schema, State
from thrum.daemon.state.opening import damage_mark
from thrum.errors import ThrumError

DUE = "ALTER TABLE queue_jobs ADD COLUMN due TEXT NOT NULL DEFAULT 'soon'"
NOW = 1_767_323_045 * 1_000_000_000


def queue(*steps: Migration) -> Schema:
    """The queue with further steps."""
    return Schema("queue", (*QUEUE.migrations, *steps))


@pytest.fixture
def filled(open_state: Opener, path: Path) -> Path:
    """A file with jobs and peers of the first version; nobody has it open."""
    state = open_state()
    put(state, "a", "b")
    state.close()
    return path


def copies(path: Path) -> list[str]:
    """The names of the copies that were made before migrating."""
    return sorted(each.name for each in path.parent.glob("state.db.before-*"))


def version(path: Path, owner: str = "queue") -> int:
    """The version that the file says."""
    with closing(sqlite3.connect(path)) as db:
        query = "SELECT version FROM owners WHERE name = ?"
        found: int = db.execute(query, (owner,)).fetchone()[0]
    return found


def test_an_older_owner_is_copied_and_brought_up(filled: Path, open_state: Opener) -> None:
    status, told = filled.with_name("migration.status"), []

    def shout(db: sqlite3.Connection) -> None:
        told.append(json.loads(status.read_text()))
        db.execute("UPDATE queue_jobs SET text = upper(text)")

    state = open_state(queue(DUE, shout), PEERS, now_ns=lambda: NOW)
    assert [(s["from_version"], s["to_version"], s["phase"]) for s in told] == [(1, 3, "migrating")]
    assert not status.exists()
    assert state.of("queue").ask_now(column("SELECT text || due FROM queue_jobs")) == [
        "Asoon",
        "Bsoon",
    ]
    assert (peers(state), state.trouble(), version(filled)) == (["a", "b"], {}, 3)
    assert copies(filled) == ["state.db.before-queue-3-20260102T030405Z"]
    copy = filled.with_name(copies(filled)[0])
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    state.close()
    before = State.open(copy, BOTH, lambda: NOW)
    assert (jobs(before), peers(before)) == (["a", "b"], ["a", "b"])
    before.close()


def test_an_empty_file_is_not_copied(open_state: Opener, path: Path) -> None:
    open_state().close()
    open_state(queue(DUE), PEERS)
    assert copies(path) == []


def test_only_the_newest_copies_are_kept(filled: Path, open_state: Opener) -> None:
    for number in range(1, 6):
        steps = ("SELECT 1",) * number
        open_state(queue(*steps), PEERS, now_ns=lambda number=number: NOW + number * 10**9).close()
    assert [name.split("-")[2] for name in copies(filled)] == ["4", "5", "6"]


def test_a_newer_owner_is_refused_and_left_alone_and_others_work(
    filled: Path, open_state: Opener
) -> None:
    newer = queue(DUE)
    first = open_state(newer, PEERS)
    first.close()
    state = open_state(*BOTH)
    for call in (state.of("queue").write_now, state.of("queue").ask_now):
        with pytest.raises(ThrumError, match="version 2, this program knows 1") as caught:
            call(lambda db: db.execute("DELETE FROM queue_jobs"))
        assert caught.value.kind == "state"
        assert "newer program" in (caught.value.hint or "")
    assert list(state.trouble()) == ["queue"]
    state.of("peers").write_now(lambda db: db.execute("DELETE FROM peers_seen"))
    state.close()
    again = open_state(newer, PEERS)
    assert (jobs(again), peers(again)) == (["a", "b"], [])


def raises(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM queue_jobs")
    raise LookupError("it did not work")


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (raises, "it did not work"),
        ("DELETE FROM queue_jobs; SELEC", "syntax error"),
        ("DELETE FROM queue_jobs; CREATE TABLE jobs (x)", "jobs does not begin with queue_"),
        ("DELETE FROM queue_jobs; CREATE TABLE peers_more (x)", "peers_more does not begin"),
        ("CREATE INDEX by_text ON queue_jobs (text)", "by_text does not begin with queue_"),
        ("CREATE VIEW seen AS SELECT 1", "seen does not begin with queue_"),
        ("ALTER TABLE queue_jobs RENAME TO jobs", "jobs does not begin with queue_"),
        ("DELETE FROM queue_jobs; DELETE FROM peers_seen", "may not touch: peers_seen"),
        ("DROP TABLE peers_seen", "may not touch: peers_seen"),
        ("DROP TABLE owners", "may not touch: owners"),
        ("UPDATE owners SET version = 3", "may not touch: owners"),
        ("CREATE INDEX queue_i ON peers_seen (note)", "may not touch: queue_i peers_seen"),
        ("CREATE VIRTUAL TABLE queue_v USING fts5(x)", "may not touch: queue_v"),
        ("PRAGMA writable_schema = ON", "may not touch: writable_schema"),
        ("ATTACH ':memory:' AS x", "may not touch: :memory:"),
        ("DELETE FROM queue_jobs; COMMIT", "may not touch: COMMIT"),
        ("INSERT INTO queue_runs VALUES (99, '')", "refers to nothing in queue_jobs"),
    ],
)  # fmt: skip
def test_a_step_that_fails_refuses_its_owner_alone(
    filled: Path, open_state: Opener, step: Migration, why: str
) -> None:
    later = Schema("peers", (*PEERS.migrations, "ALTER TABLE peers_seen ADD COLUMN y"))
    state = open_state(queue(DUE, step), later)
    assert list(state.trouble()) == ["queue"]
    assert why in state.trouble()["queue"]
    with pytest.raises(ThrumError, match="cannot be brought to version 3") as caught:
        state.of("queue").ask_now(lambda db: None)
    assert caught.value.kind == "state"
    assert version(filled, "peers") == 2
    put_peer = "INSERT INTO peers_seen VALUES ('c', '', '')"
    state.of("peers").write_now(lambda db: db.execute(put_peer))
    state.close()
    again = open_state(QUEUE, later)
    assert (jobs(again), peers(again), again.trouble()) == (["a", "b"], ["a", "b", "c"], {})


def test_a_step_that_fails_at_each_start_pushes_no_copy_out(
    filled: Path, open_state: Opener
) -> None:
    open_state(queue(DUE), PEERS).close()
    kept = copies(filled)
    for _ in range(5):
        open_state(queue(DUE, raises), PEERS).close()
    assert copies(filled) == kept


def test_a_table_can_be_made_anew_under_others_that_refer_to_it(
    filled: Path, open_state: Opener
) -> None:
    anew = """
    INSERT INTO queue_runs SELECT id, 'now' FROM queue_jobs;
    CREATE TABLE queue_fresh (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT, due TEXT);
    INSERT INTO queue_fresh SELECT id, text, 'soon' FROM queue_jobs;
    DROP TABLE queue_jobs;
    ALTER TABLE queue_fresh RENAME TO queue_jobs;
    """
    state = open_state(queue(anew), PEERS)
    assert state.trouble() == {}
    query = "SELECT text || due || at FROM queue_jobs JOIN queue_runs ON job = id"
    assert state.of("queue").ask_now(column(query)) == ["asoonnow", "bsoonnow"]
    with pytest.raises(sqlite3.IntegrityError):
        state.of("queue").write_now(lambda db: db.execute("DELETE FROM queue_jobs"))


def test_a_library_may_look_at_the_tables(filled: Path, open_state: Opener) -> None:
    def add(db: sqlite3.Connection) -> None:
        from sqlite_utils import Database

        Database(db)["queue_jobs"].add_column("due", str, not_null_default="soon")  # type: ignore[union-attr]

    state = open_state(queue(add), PEERS)
    assert state.trouble() == {}
    assert state.of("queue").ask_now(column("SELECT due FROM queue_jobs")) == ["soon", "soon"]


@pytest.mark.parametrize("error", [OSError(28, "No space left"), sqlite3.OperationalError("x")])
def test_without_room_for_the_copy_nobody_is_brought_up_and_others_work(
    filled: Path, open_state: Opener, monkeypatch, error: Exception
) -> None:
    def refuse(*arguments: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("thrum.daemon.state.migrating.sync_directory", refuse)
        state = open_state(queue(DUE), PEERS)
    with pytest.raises(ThrumError, match="cannot be copied") as caught:
        state.of("queue").ask_now(lambda db: None)
    assert caught.value.kind == "storage"
    assert (peers(state), version(filled)) == (["a", "b"], 1)
    state.close()
    assert open_state(queue(DUE), PEERS).trouble() == {}


def test_damage_that_a_step_meets_is_mended_at_the_next_start(
    filled: Path, open_state: Opener
) -> None:
    first = open_state()
    spoil = "UPDATE queue_jobs SET text = CAST(x'ff' AS TEXT) WHERE text = 'a'"
    first.of("queue").write_now(lambda db: db.execute(spoil))
    first.close()

    def read(db: sqlite3.Connection) -> None:
        db.execute("SELECT text FROM queue_jobs").fetchall()

    state = open_state(queue(read), PEERS)
    assert "is damaged" in state.trouble()["queue"]
    assert damage_mark(filled).exists()
    state.close()
    again = open_state(queue(read), PEERS)
    assert (jobs(again), version(filled)) == (["b"], 2)


STARTS = """
import os, signal, sys
from pathlib import Path
from tests.thrum.daemon.state.conftest import PEERS, QUEUE, column
from thrum.daemon.state import Schema, State, migrating

path = Path(sys.argv[1])
original = path.read_bytes()
steps_left = 0

def step(*_):
    global steps_left
    steps_left -= 1
    if steps_left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

def around(module, name):
    real = getattr(module, name)
    def called(*arguments):
        step()
        result = real(*arguments)
        step()
        return result
    setattr(module, name, called)

for name in ("back_up", "sync_directory", "_forget_old_copies", "_check_names", "apply",
             "format_seconds"):
    around(migrating, name)

first = "ALTER TABLE queue_jobs ADD COLUMN due TEXT; UPDATE queue_jobs SET due = text;"
queue = Schema("queue", (*QUEUE.migrations, first, step, "UPDATE queue_jobs SET due = due || due"))
peers = Schema("peers", (*PEERS.migrations, "UPDATE peers_seen SET note = note || note"))

def start(kill_after):
    global steps_left
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    steps_left = kill_after
    state = State.open(path, (queue, peers), lambda: 0)
    assert not state.trouble(), state.trouble()
    jobs = state.of("queue").ask_now(column("SELECT due FROM queue_jobs"))
    seen = state.of("peers").ask_now(column("SELECT note FROM peers_seen"))
    assert (jobs, seen) == (["aa", "bb"], ["xx", "xx"]), (jobs, seen)
    state.close()
    os._exit(0)

for nth in range(100):
    for each in path.parent.iterdir():
        each.unlink()
    path.write_bytes(original)
    code = start(nth)
    if code == 0:
        break
    assert code == -signal.SIGKILL
    assert start(10_000) == 0
    names = sorted(each.name for each in path.parent.iterdir() if each.suffix != ".tmp")
    assert names.pop(0) == "state.db"
    assert 1 <= len(names) <= 2, names
    assert all(name.startswith("state.db.before-") for name in names), names
print(nth)
"""


def test_killed_at_any_step_the_next_start_goes_on(filled: Path) -> None:
    script = [sys.executable, "-c", STARTS, str(filled)]
    done = subprocess.run(script, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 15


OWNERS = ("ants", "bees", "cats")


def schema(owner: str, versions: int) -> Schema:
    """An owner of so many versions: each adds a column, moves all rows, or does not matter."""

    def move(db: sqlite3.Connection) -> None:
        db.execute(f"CREATE TABLE {owner}_new AS SELECT * FROM {owner}_rows")
        db.execute(f"DROP TABLE {owner}_rows")
        db.execute(f"ALTER TABLE {owner}_new RENAME TO {owner}_rows")

    steps: tuple[Migration, ...] = (
        f"CREATE TABLE {owner}_rows (n INTEGER)",
        f"ALTER TABLE {owner}_rows ADD COLUMN more TEXT",
        move,
        f"CREATE INDEX {owner}_n ON {owner}_rows (n)",
    )
    return Schema(owner, steps[:versions])


starts = st.lists(
    st.tuples(st.dictionaries(st.sampled_from(OWNERS), st.integers(1, 4)), st.booleans()),
    min_size=1,
    max_size=8,
)


@settings(max_examples=examples(30))
@given(starts)
def test_no_sequence_of_starts_loses_a_row(sequence: list[tuple[dict[str, int], bool]]) -> None:
    """Whichever versions of whichever services start, and also where the file is mended."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        newest: dict[str, int] = {}
        rows: dict[str, list[object]] = {}
        for number, (versions, damaged) in enumerate(sequence):
            if damaged:
                damage_mark(path).touch()
            schemas = tuple(schema(*each) for each in versions.items())
            state = State.open(path, schemas, lambda: NOW)
            with closing(state):
                for owner, known in versions.items():
                    tables = state.of(owner)
                    assert (tables.refusal is not None) == (newest.get(owner, 0) > known)
                    if tables.refusal is None:
                        newest[owner] = known
                        tables.write_now(add(owner, number))
                        rows.setdefault(owner, []).append(number)
                        query = f"SELECT n FROM {owner}_rows ORDER BY n"
                        assert tables.ask_now(column(query)) == rows[owner]


def add(owner: str, number: int) -> Callable[[sqlite3.Connection], object]:
    """A decision to add a row."""
    return lambda db: db.execute(f"INSERT INTO {owner}_rows (n) VALUES (?)", (number,))
