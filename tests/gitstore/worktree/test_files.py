"""Files that others write to as well."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from gitstore.worktree.files import (
    DEEPEST,
    PATIENCE_S,
    Patience,
    free,
    read,
    signature_of,
    stat_of,
    walk,
)
from tests import descriptors


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lines"
    path.write_bytes(b"one\n")
    return path


def test_patience_is_one_for_all_files_until_it_is_renewed(file: Path) -> None:
    slept: list[float] = []
    patience = Patience(slept.append)
    with file.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError), patience.locked(file, fcntl.LOCK_SH):
            pass
        assert sum(slept) == pytest.approx(PATIENCE_S, abs=0.02)
        slept.clear()
        with pytest.raises(BlockingIOError), patience.locked(file, fcntl.LOCK_SH):
            pass
        assert slept == []
        patience.renew()
        with pytest.raises(BlockingIOError), patience.locked(file, fcntl.LOCK_SH):
            pass
        assert slept


def test_a_file_that_is_replaced_while_it_is_waited_for_is_opened_anew(file: Path) -> None:
    holder = file.open("ab")
    fcntl.flock(holder, fcntl.LOCK_EX)

    def replaced(_seconds: float) -> None:
        if holder.closed:
            return
        new = file.with_name("new")
        new.write_bytes(b"two\n")
        new.replace(file)
        holder.close()

    with Patience(replaced).locked(file, fcntl.LOCK_EX) as handle:
        assert os.read(handle, 10) == b"two\n"


def test_the_lock_is_held_meanwhile_and_given_back(file: Path) -> None:
    with file.open("ab") as other:
        with (
            Patience(lambda _s: None).locked(file, fcntl.LOCK_EX),
            pytest.raises(BlockingIOError),
        ):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_link_is_neither_locked_nor_read(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    with pytest.raises(OSError, match="symbolic"):
        read(link)
    with (
        pytest.raises(OSError, match="symbolic"),
        Patience(lambda _s: None).locked(link, fcntl.LOCK_SH),
    ):
        pass


def test_no_name_is_taken_twice(file: Path) -> None:
    assert free(file.with_name("other")) == file.with_name("other")
    for number in (2, 3):
        found = free(file)
        assert found == file.with_name(f"lines.{number}")
        found.symlink_to("nowhere")


def test_a_walk_follows_no_link_and_goes_only_so_deep(file: Path) -> None:
    top = file.parent
    (top / "link").symlink_to(top)
    deep = top
    for _ in range(DEEPEST + 1):
        deep /= "d"
        deep.mkdir()
        (deep / "file").touch()
    found = [path for path, _ in walk(top)]
    assert found == ["d/" * level + "file" for level in range(DEEPEST, 0, -1)] + ["lines"]
    everything = [path for path, _ in walk(top, everything=True)]
    assert set(everything) - set(found) == {"link", "d/" * DEEPEST + "d"}
    assert list(walk(top / "absent")) == []


def test_a_signature_changes_with_every_append(file: Path) -> None:
    before = signature_of(file.stat())
    assert signature_of(file.stat()) == before
    with file.open("ab") as end:
        end.write(b"two\n")
    assert signature_of(file.stat()) != before
    assert stat_of(file / "below") is None
    assert stat_of(file.with_name("absent")) is None


@descriptors.listed
def test_what_is_no_file_does_not_stay_open(tmp_path: Path) -> None:
    before = descriptors.files()
    for _ in range(3):
        with pytest.raises(IsADirectoryError):
            read(tmp_path)
    assert descriptors.files() == before
