"""A child ends by its deadline or with its owner, and takes what it started along."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from gitstore.child import Aborted, Owner

# The grandchild holds the pipe, as an ssh would: without it `run` could not return.
HANGING = 'sleep 600 & echo "$!" > grandchild; echo up > up; wait'


def until(path: Path) -> str:
    end = time.monotonic() + 20
    while not path.exists() or not path.read_text().strip():
        assert time.monotonic() < end
        time.sleep(0.01)
    return path.read_text().strip()


def gone(pid: int) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{pid}/stat")
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True  # killed; its new parent has not looked yet
        time.sleep(0.01)
    return False


def test_what_it_says_comes_back(tmp_path: Path) -> None:
    argv = ["sh", "-c", 'echo "$WORD"; pwd; echo oops >&2; cat; exit 3']
    done = Owner().run(argv, {**os.environ, "WORD": "hello"}, tmp_path, 20)
    assert done.stdout == f"hello\n{tmp_path}\n"
    assert (done.stderr, done.returncode) == ("oops\n", 3)


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Owner().run([str(tmp_path / "nothing")], os.environ, tmp_path, 20)


def test_its_deadline_ends_it_and_all_that_it_started(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        Owner().run(["sh", "-c", HANGING], os.environ, tmp_path, 0.5)
    assert gone(int(until(tmp_path / "grandchild")))


def test_killed_by_somebody_it_takes_what_it_started_along(tmp_path: Path) -> None:
    script = 'sleep 600 & echo "$!" > grandchild; echo said; kill -9 $$'
    done = Owner().run(["sh", "-c", script], os.environ, tmp_path, 600)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "said\n")
    assert gone(int(until(tmp_path / "grandchild")))


def test_what_it_leaves_running_on_purpose_is_not_waited_for(tmp_path: Path) -> None:
    script = 'sleep 600 & echo "$!" > grandchild; echo said; exit 0'
    done = Owner().run(["sh", "-c", script], os.environ, tmp_path, 600)
    pid = int(until(tmp_path / "grandchild"))
    try:
        assert (done.returncode, done.stdout) == (0, "said\n")
        os.kill(pid, 0)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_abort_ends_it_at_once_and_nothing_starts_after(tmp_path: Path) -> None:
    owner = Owner()
    raised: list[BaseException] = []

    def run() -> None:
        try:
            owner.run(["sh", "-c", HANGING], os.environ, tmp_path, 600)
        except Aborted as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    until(tmp_path / "up")
    owner.abort()
    thread.join(20)
    assert len(raised) == 1
    assert gone(int(until(tmp_path / "grandchild")))
    with pytest.raises(Aborted):
        owner.run(["touch", "started"], os.environ, tmp_path, 20)
    assert not (tmp_path / "started").exists()
    owner.abort()
