"""Each program of the past left what it had; today's takes it in and loses nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.thrum.daemon.ground import open_log, store_upon
from tests.upgrades.remains import FOLDER, PAST, TEXTS, Rows, fill, rows, unpack
from thrum.daemon import services
from thrum.daemon.projection import connection
from thrum.daemon.projection import schema as projection
from thrum.daemon.state import State
from thrum.daemon.state.schema import as_of, owner_of, things

DROPPED: Final = {("26-peers", "peers_checkpoints")}
"""What is no fact but a place to go on from, which cannot be trusted any more."""


@pytest.fixture(params=PAST)
def left(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """The name of what was left, and the repository."""
    return request.param, unpack(request.param, tmp_path / "repository")


def test_nothing_is_recorded_that_is_not_tried() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.tar.xz" for name in PAST}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 300_000


def test_each_former_version_is_recorded(tmp_path: Path) -> None:
    """Who adds a step records what the program before it leaves, see `recording`."""
    known: set[tuple[str, int]] = set()
    for name in PAST:
        path = unpack(name, tmp_path / name, only="state.db") / ".thrum/var/state.db"
        if path.exists():
            with closing(connection.reader(path)) as db:
                known |= set(db.execute("SELECT name, version FROM owners"))
    for schema in services.schemas():
        former = {(schema.owner, version) for version in range(1, schema.version)}
        assert former <= known, "python -m tests.upgrades.recording"
    versions = {int(name.partition("-")[0]) for name in PAST}
    assert set(range(24, projection.VERSION)) <= versions, "python -m tests.upgrades.recording"


def test_all_mail_is_there(left: tuple[str, Path]) -> None:
    _, repository = left
    log = open_log(repository)
    store = store_upon(log, repository / ".thrum/var/messages.db")
    db = store.reader()
    query = "SELECT body_content FROM messages ORDER BY created_at"
    assert [text for (text,) in db.execute(query)] == TEXTS
    query = "SELECT read_at != '' FROM message_deliveries WHERE recipient_agent_id = 'max'"
    assert db.execute(query).fetchall() == [(True,), (True,)]
    assert {name for (name,) in db.execute("SELECT agent_id FROM agents")} == {"furiosa", "max"}
    assert db.execute("SELECT count(*) FROM sessions").fetchone() == (2,)
    store.close()
    log.close()


def test_facts_of_this_machine_are_there(left: tuple[str, Path]) -> None:
    name, repository = left
    path = repository / ".thrum/var/state.db"
    before: Rows = {}
    if path.exists():
        fill(path)
        before = rows(path)
    state = State.open(path, services.schemas(), time.time_ns)
    assert state.trouble() == {}
    state.close()
    now = rows(path)
    for table, known in before.items():
        kept = [{key: row[key] for key in known[0]} for row in now[table]]
        assert kept == ([] if (name, table) in DROPPED else known), table


def test_its_tables_are_those_of_a_new_file(left: tuple[str, Path]) -> None:
    _, repository = left
    path = repository / ".thrum/var/state.db"
    State.open(path, services.schemas(), time.time_ns).close()
    with closing(connection.reader(path)) as db:
        found = things(db)
    for schema in services.schemas():
        mine = {name: thing for name, thing in found.items() if owner_of(name) == schema.owner}
        assert mine == as_of(schema, schema.version)


def kill(name: str, folder: Path, every: int) -> int:
    """Kills starts at every so many of their steps; how many there were."""
    argv = [sys.executable, "-m", "tests.upgrades.killed", name, str(folder), str(every)]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_killed_on_the_way_nothing_is_lost_for_either_program(tmp_path: Path) -> None:
    assert kill("26-first", tmp_path, 37) > 100


@pytest.mark.soak
@pytest.mark.parametrize("name", ["25-loops", "26-first", "26-peers", "26-last"])
def test_killed_at_each_step_nothing_is_lost_for_either_program(name: str, tmp_path: Path) -> None:
    assert kill(name, tmp_path, 1) > 100
