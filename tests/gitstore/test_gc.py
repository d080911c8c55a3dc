"""Whether somebody's git gc is at work, and waiting for its end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gitstore import LogError
from gitstore.gc import PATIENCE_SECONDS, await_end, is_running

HOST = socket.gethostname()


@pytest.fixture
def common(tmp_path: Path) -> Path:
    folder = tmp_path / "common"
    folder.mkdir()
    return folder


def ended() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_it_runs_while_its_process_lives_on_this_host(common: Path) -> None:
    assert not is_running(common)
    note = common / "gc.pid"
    note.write_text(f"{os.getpid()} {HOST}")
    assert is_running(common)
    note.write_text(f"{os.getpid()} {HOST}-other")
    assert not is_running(common)
    note.write_text(f"{ended()} {HOST}")
    assert not is_running(common)


@pytest.mark.parametrize("text", ["", "nonsense", f"x {HOST}", f"1 {HOST} more"])
def test_a_note_that_says_nothing_is_none(common: Path, text: str) -> None:
    (common / "gc.pid").write_text(text)
    assert not is_running(common)


def test_its_end_is_waited_for_and_not_for_ever(common: Path) -> None:
    note = common / "gc.pid"
    note.write_text(f"{os.getpid()} {HOST}")
    slept: list[float] = []

    def ends_soon(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            note.unlink()

    await_end(common, ends_soon)
    assert len(slept) == 3
    note.write_text(f"{os.getpid()} {HOST}")
    slept.clear()
    with pytest.raises(LogError, match="git gc"):
        await_end(common, slept.append)
    assert sum(slept) == pytest.approx(PATIENCE_SECONDS, abs=1)
