"""Folders for what is needed only meanwhile: gone afterwards, whoever was killed."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from thrum import scratch
from thrum.errors import ThrumError

HOLD = "from thrum import scratch\nwith scratch.scratch() as it: print(it, flush=True); input()"


@pytest.fixture(autouse=True)
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for such folders."""
    around = tmp_path / "around"
    around.mkdir()
    monkeypatch.setenv("TMPDIR", str(around))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield around


def test_what_a_killed_one_left_goes_and_what_is_in_use_stays(around: Path) -> None:
    pipe, command = subprocess.PIPE, [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) as other:
        assert other.stdin and other.stdout
        theirs = Path(other.stdout.readline().strip())
        (theirs / "large").write_bytes(b"x")
        with scratch.scratch() as mine:
            (mine / "file").write_bytes(b"x")
            assert sorted(around.iterdir()) == sorted([mine, theirs])
        assert list(around.iterdir()) == [theirs]
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert list(around.iterdir()) == [theirs]
    with scratch.scratch() as mine:
        assert list(around.iterdir()) == [mine]
    assert list(around.iterdir()) == []


def test_nothing_else_goes(around: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (around / f"{scratch.PREFIX}link").symlink_to(elsewhere)
    (around / f"{scratch.PREFIX}file").write_text("somebody's")
    (around / "thrum-other").mkdir()
    with scratch.scratch():
        pass
    assert len(list(around.iterdir())) == 3
    assert elsewhere.is_dir()


def test_a_folder_that_is_full_is_told_from_what_was_worked_on(around: Path) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    said = RuntimeError(f"git says: {os.strerror(errno.ENOSPC)}")
    with scratch.scratch() as folder:
        for error in (OSError(errno.ENOSPC, "no space"), full, said):
            with pytest.raises(ThrumError, match="no room left in") as refusal:
                scratch.check_room(folder, error)
            assert "TMPDIR" in str(refusal.value.hint)
        scratch.check_room(folder, OSError(errno.EIO, "input/output error"))
        scratch.check_room(folder, sqlite3.DatabaseError("file is not a database"))
        assert list(folder.iterdir()) == []
