"""Everything is lost, and comes back from a backup, however often whoever restores is killed."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from gitstore import Snapshot
from tests.bench.ages import history
from tests.integration.conftest import World
from tests.integration.test_backup import TABLES
from thrum import paths
from thrum.daemon.projection import rebuild


def told(where: Path) -> list[list[object]]:
    """What a database holds that is made of the log as it is now."""
    place = paths.at(where)
    database = where.with_name(f"{where.name}.db")
    rebuild.build(database, Snapshot.take(where, place.journal), time.time_ns())
    with closing(sqlite3.connect(database)) as db:
        found = [db.execute(sql).fetchall() for sql in TABLES]
    rebuild.discard(database)
    return found


def begun(world: World, name: str) -> Path:
    """A repository in which Thrum was set up, and nothing happened."""
    where = world.repository(name)
    set_up(world, where)
    return where


def set_up(world: World, where: Path) -> None:
    world.thrum(where, "init", "--non-interactive", "--no-daemon")


def lose(world: World, where: Path) -> None:
    """Takes everything of Thrum's out of a repository, also what git still had of it."""
    shutil.rmtree(where / ".thrum")
    world.git("update-ref", "-d", "refs/heads/a-sync", cwd=where)
    world.git("reflog", "expire", "--expire=now", "--all", cwd=where)
    world.git("gc", "-q", "--prune=now", cwd=where)


@pytest.mark.parametrize(
    ("messages", "kills"),
    [(500, 4), pytest.param(20_000, 20, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])],
)
def test_everything_is_lost_and_comes_back(world: World, messages: int, kills: int) -> None:
    desk = begun(world, "desk")
    history(desk, messages)
    context = desk / ".thrum/context/agent1.md"
    context.parent.mkdir(exist_ok=True)
    context.write_text("what agent1 did\n")
    world.thrum(desk, "backup")
    before = told(desk)
    assert len(before[0]) == messages
    current = world.root / "home/.thrum-backups/desk/current"

    # Into another clone, where nobody is in the way. How long that takes is how long killers wait.
    fresh = begun(world, "fresh")
    start = time.monotonic()
    world.run(*restoring(str(current)), cwd=fresh, limit=600)
    span = time.monotonic() - start
    assert told(fresh) == before

    lose(world, desk)
    set_up(world, desk)
    plan = world.thrum(desk, "backup", "restore", "--dry-run", "--json").json
    assert plan["events"] == len(before[3])
    chance = random.Random(messages)
    for kill in range(kills):
        running = subprocess.Popen(
            restoring(),
            cwd=desk,
            env=world.environment | {"TMPDIR": str(world.root)},  # they litter
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(span * (kill + chance.random()) / kills)
        running.send_signal(signal.SIGKILL)
        running.wait()
    world.run(*restoring(), cwd=desk, limit=600)
    assert told(desk) == before
    assert context.read_text() == "what agent1 did\n"
    plan = world.thrum(desk, "backup", "restore", "--dry-run", "--json").json
    assert (plan["events"], plan["added"]) == (0, [])
    assert world.thrum(desk, "backup", "verify", "--json").json["ok"]
    assert not world.git("for-each-ref", "refs/thrum/restored", cwd=desk)


def restoring(*words: str) -> list[str]:
    return [sys.executable, "-m", "thrum", "backup", "restore", "--yes", *words]
