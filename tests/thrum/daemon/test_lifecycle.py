from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from thrum import paths
from thrum.daemon import control, lifecycle
from thrum.errors import ThrumError
from thrum.identity import process

HOLD = """
import sys, time
from pathlib import Path
from thrum import paths
from thrum.daemon import lifecycle
with lifecycle.only_daemon(paths.at(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def place(tmp_path: Path) -> paths.Place:
    (tmp_path / ".thrum").mkdir()
    (tmp_path / ".thrum" / "config.json").write_text("{}")
    return paths.at(tmp_path)


def test_the_lock_is_for_one_and_a_kill_frees_it(place: paths.Place) -> None:
    assert not control.is_held(place)
    argv = [sys.executable, "-c", HOLD, str(place.root)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        assert control.is_held(place)
        with pytest.raises(ThrumError) as refusal, lifecycle.only_daemon(place):
            pass
        assert refusal.value.kind == "conflict"
        holder.send_signal(signal.SIGKILL)
    with lifecycle.only_daemon(place):
        assert control.is_held(place)
    assert not control.is_held(place)
    assert place.lock.exists()  # removing it would let two daemons hold two files of one name


def test_the_pid_file_says_who_and_goes_away(place: paths.Place) -> None:
    place.var.mkdir()
    with lifecycle.pid_file(place, 1_700_000_000_000_000_000):
        about = json.loads(place.pid_file.read_text())
        me = process.look(os.getpid())
        assert me is not None
        assert about == {
            "pid": os.getpid(),
            "repo_path": str(place.root),
            "started_at": "2023-11-14T22:13:20Z",
            "socket_path": str(place.socket),
            "pid_started": me.started,
        }
        assert place.pid_file.stat().st_mode & 0o777 == 0o600
    assert not place.pid_file.exists()


@pytest.mark.parametrize(
    ("text", "expected"), [("{", {}), ("42", {"pid": 42}), ('{"pid":7}', {"pid": 7}), ("[]", {})]
)
def test_any_pid_file_is_read(place: paths.Place, text: str, expected: dict[str, int]) -> None:
    place.var.mkdir()
    place.pid_file.write_text(text)
    assert control.read_pid_file(place) == expected


def test_a_stale_socket_is_cleared_once(place: paths.Place) -> None:
    place.var.mkdir()
    place.socket.touch()
    assert lifecycle.clear_stale_socket(place)
    assert not lifecycle.clear_stale_socket(place)


def test_the_log_is_read_from_its_end_and_from_a_moment(place: paths.Place) -> None:
    place.var.mkdir()
    place.log.write_text(
        "2026-01-01T00:00:00.000Z INFO x: old\n"
        "2026-01-02T00:00:00.000Z INFO x: new\n  with a second line\n"
    )
    assert len(list(control.log_lines(place, 0))) == 3
    assert list(control.log_lines(place, 1)) == ["  with a second line"]
    since = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert len(list(control.log_lines(place, 0, since))) == 2
    assert list(control.log_lines(place, 0, since + timedelta(days=9))) == []


def test_following_the_log_crosses_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "daemon.log"
    path.write_text("before\n")
    lines = control.follow(path, 0.01)
    found: list[str] = []

    def write() -> None:
        with path.open("a") as file:
            file.write("one\n")
            file.flush()
            while "one" not in found:
                time.sleep(0.001)
            # Written last of all, and read although the file has another name by then.
            file.write("last\nha")
        path.rename(tmp_path / "daemon.log.1")
        path.write_text("two\n")

    writer = threading.Thread(target=write)
    # The generator notes where the file ends when it is first asked.
    threading.Timer(0.05, writer.start).start()
    for line in lines:
        found.append(line)
        if line == "two":
            break
    writer.join()
    assert found == ["one", "last", "ha", "two"]


def test_who_asks_whether_a_daemon_runs_is_never_taken_for_one(place: paths.Place) -> None:
    place.var.mkdir()
    place.lock.touch()
    with place.lock.open() as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)  # as `is_held` does for a moment
        assert not control.is_held(place)
        threading.Timer(0.1, fcntl.flock, (asking, fcntl.LOCK_UN)).start()
        with lifecycle.only_daemon(place):
            assert control.is_held(place)


def test_a_lock_file_that_its_owner_removes_is_locked_anew(place: paths.Place) -> None:
    place.var.mkdir()
    place.lock.touch()
    with place.lock.open() as leaving:
        fcntl.flock(leaving, fcntl.LOCK_EX)
        threading.Timer(0.1, place.lock.unlink).start()
        with lifecycle.only_daemon(place):
            assert control.is_held(place)


def test_a_pid_that_was_used_again_is_left_alone(place: paths.Place) -> None:
    argv = [sys.executable, "-c", HOLD, str(place.root)]
    with (
        subprocess.Popen(["sleep", "60"]) as bystander,
        subprocess.Popen(argv, stdout=subprocess.PIPE) as holder,
    ):
        assert holder.stdout
        holder.stdout.readline()
        # What a crash left; whoever holds the lock has not said yet who it is.
        place.pid_file.write_text(json.dumps({"pid": bystander.pid, "pid_started": "1"}))
        found = control.running(place)
        assert found is not None
        assert found.pid == 0
        threading.Timer(0.2, holder.kill).start()
        control.stop(place)
        assert bystander.poll() is None
        bystander.kill()


def test_an_end_that_hangs_is_cut_short() -> None:
    left: list[int] = []
    lifecycle.end_by(0.01, left.append).join(20)
    assert left == [1]
    timer = lifecycle.end_by(600, left.append)
    timer.cancel()
    timer.join(20)
    assert left == [1]


def test_stopping_nothing_is_said_so(place: paths.Place) -> None:
    with pytest.raises(ThrumError) as refusal:
        control.stop(place)
    assert refusal.value.kind == "daemon_down"
    assert control.running(place) is None
    assert control.health(place) is None
