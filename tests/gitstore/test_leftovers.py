from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Log
from gitstore.leftovers import FILE_SECONDS, Leftovers

Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


@pytest.fixture
def common(tmp_path: Path) -> Path:
    (tmp_path / "objects/pack").mkdir(parents=True)
    (tmp_path / "objects/ab").mkdir()
    return tmp_path


def write(path: Path, age: float = 0) -> Path:
    path.write_text("half")
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def test_what_appeared_while_a_killed_git_ran_goes_when_it_has_settled(common: Path) -> None:
    clock = [time.time()]
    lock = common / "a.lock"
    leftovers = Leftovers(common, (lock, common / "absent.lock"), now=lambda: clock[0])
    before = write(common / "objects/pack/tmp_pack_before", 100)
    write(lock)
    half = [
        write(common / "objects/pack/tmp_pack_AbCdEf"),
        write(common / "objects/pack/tmp_idx_AbCdEf"),
        write(common / "objects/ab/tmp_obj_AbCdEf"),
    ]
    growing = write(common / "objects/pack/tmp_pack_growing")
    leftovers.git_was_killed(clock[0] - 1)
    pauses: list[float] = []
    leftovers.clear_locks(pauses.append)
    assert not lock.exists()
    assert pauses
    assert 1 < pauses[0] < 4
    leftovers.sweep()
    assert all(path.exists() for path in half)
    clock[0] += FILE_SECONDS + 2
    write(growing, -1)
    leftovers.sweep()
    assert [path for path in half if path.exists()] == []
    assert before.exists()
    assert growing.exists()


def test_a_lock_that_somebody_took_meanwhile_stays(common: Path) -> None:
    lock = write(common / "a.lock")
    leftovers = Leftovers(common, (lock,))
    leftovers.git_was_killed(time.time() - 1)
    lock.unlink()
    write(common / "other")
    write(lock, -1)
    leftovers.clear_locks(lambda _s: None)
    assert lock.exists()
    leftovers.clear_locks(lambda _s: None)


def test_a_lock_from_before_is_not_ours(common: Path) -> None:
    lock = write(common / "a.lock", 10)
    leftovers = Leftovers(common, (lock,))
    leftovers.git_was_killed(time.time())
    leftovers.clear_locks(lambda _s: None)
    assert lock.exists()


def test_the_log_sweeps_what_killed_processes_left(clone: Clone, open_log: Open) -> None:
    where = clone("one")
    log = open_log(where)
    objects = where / ".git/objects"
    old = write(objects / "tmp_object_git2_0123456789abcdef", FILE_SECONDS + 1)
    young = write(objects / "tmp_object_git2_fedcba9876543210")
    abandoned, busy = (where / f".git/objects/pack/packing-{name}" for name in ("old", "new"))
    for packing in (abandoned, busy):
        packing.mkdir(parents=True)
        write(packing / "pack-1.pack")
    held = os.open(busy, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    log.tidy()
    os.close(held)
    assert not old.exists()
    assert not abandoned.exists()
    assert busy.exists()
    assert young.exists()
