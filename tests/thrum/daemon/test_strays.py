"""The events of a Thrum that was set up apart."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

import pytest

from gitstore import Log
from thrum import paths
from thrum.daemon import strays

LINE = b'{"event_id":"evt_1","type":"x"}'


@pytest.fixture
def place(repository: Path) -> paths.Place:
    git = ["git", "-C", str(repository), "-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    subprocess.run([*git, "worktree", "add", "-q", "../side"], check=True)
    (repository / ".thrum/var").mkdir(parents=True)
    (repository / ".thrum/config.json").write_text("{}")
    return paths.at(repository)


@pytest.fixture
def apart(place: paths.Place) -> Path:
    """A journal of another Thrum in a linked worktree, with one event."""
    folder = place.root.parent / "side/.thrum"
    (folder / "var").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    journal = folder / "var/journal.jsonl"
    log = Log.open(place.root, journal=journal)
    log.append([[("events.jsonl", LINE)]])
    log.close()
    return journal


def test_what_it_had_not_committed_comes_in_once(place: paths.Place, apart: Path, log: Log) -> None:
    assert strays.take_in(place, log) == 1
    assert log.has_waiting
    assert not apart.exists()
    assert apart.with_name("journal.taken-1").exists()
    assert strays.take_in(place, log) == 0
    log.commit()
    assert [line.raw for line in log.read(shard="events.jsonl")] == [LINE]


def test_an_empty_journal_and_a_second_one_are_put_aside_too(
    place: paths.Place, apart: Path, log: Log
) -> None:
    strays.take_in(place, log)
    Log.open(place.root, journal=apart).close()
    assert strays.take_in(place, log) == 0
    assert apart.with_name("journal.taken-2").exists()


def test_a_journal_in_use_is_left_to_its_daemon(place: paths.Place, apart: Path, log: Log) -> None:
    with apart.with_name("thrum.lock").open("w") as daemon:
        fcntl.flock(daemon, fcntl.LOCK_EX)
        assert strays.take_in(place, log) == 0
    assert apart.exists()
    assert strays.take_in(place, log) == 1


def test_one_repository_alone_has_none(place: paths.Place, log: Log) -> None:
    assert strays.take_in(place, log) == 0
    assert place.journal.exists()
