"""Being the one daemon: the lock, the pid file, the socket that a crash left, the end."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from tests.thrum.daemon.conftest import HOLD
from thrum import paths
from thrum.daemon import control, lifecycle
from thrum.errors import ThrumError
from thrum.identity import process


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


def test_a_stale_socket_is_cleared_once(place: paths.Place) -> None:
    place.var.mkdir()
    place.socket.touch()
    assert lifecycle.clear_stale_socket(place)
    assert not lifecycle.clear_stale_socket(place)


def test_a_lock_file_that_its_owner_removes_is_locked_anew(place: paths.Place) -> None:
    place.var.mkdir()
    place.lock.touch()
    with place.lock.open() as leaving:
        fcntl.flock(leaving, fcntl.LOCK_EX)
        threading.Timer(0.1, place.lock.unlink).start()
        with lifecycle.only_daemon(place):
            assert control.is_held(place)


def test_an_end_that_hangs_is_cut_short() -> None:
    left: list[int] = []
    lifecycle.end_by(0.01, left.append).join(20)
    assert left == [1]
    timer = lifecycle.end_by(600, left.append)
    timer.cancel()
    timer.join(20)
    assert left == [1]


LEAVE = """
import atexit, sys, threading
from thrum.daemon import lifecycle
atexit.register(print, "taken apart")
{first}
print("to", end=" ")
print("err", file=sys.stderr, end="")
lifecycle.leave(3)
"""
WORKS = """
may_end = threading.Event()
def work():
    may_end.wait()
    print("done", flush=True)
threading.Thread(target=work).start()
threading.Timer(0.2, may_end.set).start()
"""
FOREVER = "threading.Thread(target=threading.Event().wait, daemon=True).start()"
LOGS = """
import logging, logging.handlers
file = logging.StreamHandler(sys.stdout)
logging.getLogger().addHandler(logging.handlers.MemoryHandler(9, target=file))
logging.getLogger().warning("logged")
"""


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("", ["to"]),
        (FOREVER, ["to"]),
        (LOGS, ["logged", "to"]),
        (WORKS, ["done", "taken apart", "to"]),
    ],
    ids=["nothing is left", "a thread of no account", "a line of the log", "a thread that works"],
)
def test_it_leaves_at_once_with_everything_said_unless_a_thread_works(
    first: str, said: list[str]
) -> None:
    argv = [sys.executable, "-c", LEAVE.format(first=first)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert sorted(done.stdout.replace("to ", "to\n").splitlines()) == said
    assert done.stderr == "err"


def test_it_leaves_though_nobody_reads_its_last_words() -> None:
    argv = [sys.executable, "-c", LEAVE.format(first="")]
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(argv, stdout=writer, stderr=subprocess.PIPE, timeout=60)
    finally:
        os.close(writer)
    assert done.returncode == 3


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_it_leaves_where_a_stream_was_never_open(closed: str) -> None:
    program = f"sys.{closed} = None; from thrum.daemon import lifecycle; lifecycle.leave(3)"
    done = subprocess.run([sys.executable, "-c", f"import sys; {program}"], timeout=60)
    assert done.returncode == 3
