"""The disk calls: what fails leaves nothing behind, and who holds a file is respected."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from gitstore import OsDisk


@pytest.fixture
def disk() -> OsDisk:
    return OsDisk()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder / "file"


def always(_data: bytes, _age: float) -> bool:
    return True


def test_what_is_made_is_private_and_never_replaced(disk: OsDisk, path: Path) -> None:
    disk.create(path, b"one")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        disk.create(path, b"two")
    assert disk.read(path) == b"one"


def test_appends_go_to_the_end_whoever_cut_the_file(disk: OsDisk, path: Path) -> None:
    handle = disk.open_append(path)
    disk.append(handle, b"x" * 300_000)
    disk.truncate(handle, 2)
    disk.append(handle, b"y")
    disk.sync(handle)
    disk.close(handle)
    assert disk.read(path) == b"xxy"


def test_a_name_goes_from_one_file_to_another(disk: OsDisk, path: Path) -> None:
    new = path.with_name("new")
    disk.create(path, b"old")
    disk.create(new, b"new")
    disk.replace(new, path)
    disk.settle(path)
    assert (disk.read(path), new.exists()) == (b"new", False)
    disk.remove(path)
    with pytest.raises(FileNotFoundError):
        disk.settle(path)


def test_a_claim_is_held_until_it_is_given_back(disk: OsDisk, path: Path) -> None:
    handle = disk.claim(path, b"mine")
    assert path.read_bytes() == b"mine"
    with pytest.raises(FileExistsError):
        disk.claim(path, b"yours")
    assert not disk.remove_unheld(path, always)
    disk.close(handle)
    assert disk.remove_unheld(path, always)
    assert list(path.parent.iterdir()) == []


def test_what_is_not_dead_stays_though_nobody_holds_it(disk: OsDisk, path: Path) -> None:
    path.write_bytes(b"somebody's")
    os.utime(path, (1, 1))
    asked: list[tuple[bytes, float]] = []

    def alive(data: bytes, age: float) -> bool:
        asked.append((data, age))
        return False

    assert not disk.remove_unheld(path, alive)
    ((data, age),) = asked
    assert (data, age > 10**9) == (b"somebody's", True)
    assert path.exists()
    assert not disk.remove_unheld(path.with_name("absent"), always)


def test_a_link_is_no_file_to_be_removed(disk: OsDisk, path: Path) -> None:
    target = path.with_name("target")
    target.touch()
    path.symlink_to(target)
    assert not disk.remove_unheld(path, always)
    assert path.is_symlink()
    assert target.exists()


def test_a_sweep_takes_what_the_dead_left_and_nothing_else(disk: OsDisk, path: Path) -> None:
    dead, living, other = (
        path.with_name(f".{name}-1.lock") for name in ("file.1", "file.2", "x.1")
    )
    for each in (dead, living, other):
        each.touch()
    with living.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        disk.sweep(path)
        assert sorted(path.parent.iterdir()) == sorted([living, other])
