"""Starting, stopping and asking a daemon from outside, and reading its log."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.thrum.daemon.conftest import HOLD
from thrum import paths, platform
from thrum.daemon import control, lifecycle
from thrum.errors import ThrumError
from thrum.identity import process


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


def test_stopping_nothing_is_said_so(place: paths.Place) -> None:
    with pytest.raises(ThrumError) as refusal:
        control.stop(place)
    assert refusal.value.kind == "daemon_down"
    assert control.running(place) is None
    assert control.health(place) is None


@pytest.fixture
def clone(repository: Path) -> Iterator[paths.Place]:
    """A repository in which Thrum is at home; what was started there is stopped."""
    place = paths.at(repository)
    place.shared.mkdir()
    place.config.write_text("{}")
    yield place
    if control.is_held(place):
        control.stop(place)


LEFT_ALONE = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
"""A daemon outlives who started it, and nobody waits for it."""


@LEFT_ALONE
def test_a_daemon_is_started_once_asked_and_stopped(clone: paths.Place) -> None:
    environment = dict(os.environ)
    assert control.running(clone) is None
    first, was_started = control.start(clone, environment)
    assert was_started
    assert first.health is not None
    assert process.alive(first.pid, "")
    again, was_started = control.start(clone, environment)
    assert not was_started
    found = control.running(clone)
    assert found is not None
    assert again.pid == found.pid == first.pid
    assert found.repo_path == str(clone.repository)
    other = control.restart(clone, environment)
    assert other.pid != first.pid
    assert not clone.halted.exists()
    assert control.stop(clone) == other.pid
    assert control.running(clone) is None
    assert clone.halted.exists()


@LEFT_ALONE
def test_a_local_daemon_says_that_it_is_one(
    clone: paths.Place, wait_until: Callable[..., None]
) -> None:
    control.start(clone, dict(os.environ), local_only=True)
    wait_until(lambda: (control.health(clone) or {}).get("local_only"))


def test_a_daemon_that_ends_at_once_is_told_in_its_last_words(clone: paths.Place) -> None:
    clone.config.write_text("{")
    with pytest.raises(ThrumError, match="the daemon ended at once: thrum daemon: ") as refused:
        control.start(clone, dict(os.environ))
    assert refused.value.kind == "daemon_down"
    assert str(clone.config) in refused.value.message
    assert refused.value.hint == f"see {clone.log}"


def test_who_left_no_word_is_told_so(place: paths.Place) -> None:
    assert control.last_words(place) == "it left no word"


def test_a_daemon_that_does_not_answer_is_given_up(
    place: paths.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "START_LIMIT_S", 0.1)
    argv = [sys.executable, "-c", HOLD, str(place.root)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(ThrumError, match=r"does not answer after 0\.1 s") as refused:
            control.start(place, dict(os.environ))
        holder.kill()
    assert refused.value.kind == "daemon_down"


@LEFT_ALONE
def test_where_one_that_does_not_answer_ends_another_is_started(clone: paths.Place) -> None:
    """As one that was killed, and holds its lock until it is gone."""
    argv = [sys.executable, "-c", HOLD, str(clone.root)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        clone.progress.write_text("3/10")
        found, was_started = control.start(
            clone, dict(os.environ), progress=lambda _done, _all: holder.kill()
        )
    assert was_started
    assert found.pid != holder.pid
    assert control.health(clone)


def test_progress_of_a_rebuild_extends_the_time_and_is_told(
    place: paths.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "START_LIMIT_S", 0.1)
    monkeypatch.setattr(control, "STILL_LIMIT_S", 0.3)
    told: list[tuple[int, int]] = []
    argv = [sys.executable, "-c", HOLD, str(place.root)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        place.progress.write_text("3/10")

        def progress(done: int, whole: int) -> None:
            told.append((done, whole))
            place.progress.write_text("torn/" if done == 5 else f"{done + 1}/{whole}")

        with pytest.raises(ThrumError, match="does not answer"):
            control.start(place, dict(os.environ), progress=progress)
        holder.kill()
    assert told == [(3, 10), (4, 10), (5, 10)]


@pytest.mark.parametrize("goes", [False, True])
def test_an_upgrade_is_waited_for_as_long_as_its_heart_beats(
    place: paths.Place, monkeypatch: pytest.MonkeyPatch, goes: bool
) -> None:
    monkeypatch.setattr(control, "START_LIMIT_S", 0.1)
    monkeypatch.setattr(control, "STILL_LIMIT_S", 0.3)
    beats = 0

    def beat(_: float) -> None:
        nonlocal beats
        beats += 1
        if beats < 30:
            about = {"from_version": 24, "to_version": 27, "heartbeat": beats, "pid": holder.pid}
            place.migration.write_text("torn" if beats == 9 else json.dumps(about))
        elif goes:
            place.migration.unlink(missing_ok=True)

    with held_by_another(place) as holder:
        monkeypatch.setattr(time, "sleep", beat)
        with pytest.raises(ThrumError, match="from schema 24 to 27") as refused:
            control.start(place, dict(os.environ))
        holder.kill()
    assert beats > 30
    assert ("is done" if goes else "has not moved on") in refused.value.message


def test_what_a_killed_one_said_of_an_upgrade_is_not_waited_for(
    place: paths.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "START_LIMIT_S", 0.1)
    with held_by_another(place) as holder:
        about = {"from_version": 24, "to_version": 27, "heartbeat": 1, "pid": holder.pid + 1}
        place.migration.write_text(json.dumps(about))
        with pytest.raises(ThrumError, match="does not answer after"):
            control.start(place, dict(os.environ))
        holder.kill()


def test_one_that_does_not_say_who_it_is_or_does_not_end_is_told(
    place: paths.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "STOP_LIMIT_S", 0.2)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + HOLD
    argv = [sys.executable, "-c", deaf, str(place.root)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(ThrumError, match="does not say who it is") as refused:
            control.stop(place)
        assert refused.value.kind == "timed_out"
        found = process.look(holder.pid)
        assert found is not None
        about = {"pid": holder.pid, "pid_started": found.started}
        place.pid_file.write_text(json.dumps(about))
        with pytest.raises(ThrumError, match=f"PID {holder.pid}. does not end"):
            control.stop(place)
        holder.kill()


@contextmanager
def held_by_another(place: paths.Place) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the lock, with a pid file that names it."""
    argv = [sys.executable, "-c", HOLD, str(place.root)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        found = process.look(holder.pid)
        assert found
        about = {"pid": holder.pid, "pid_started": found.started}
        place.pid_file.write_text(json.dumps(about))
        yield holder


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT, errno.EACCES])
def test_who_may_not_talk_to_a_daemon_does_not_end_it(
    place: paths.Place, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def forbid(_path: Path, _timeout: float) -> socket.socket:
        raise OSError(number, os.strerror(number))

    with held_by_another(place) as holder:
        monkeypatch.setattr(control, "connect_unix", forbid)
        environment = dict(os.environ)
        for ask in (
            lambda: control.stop(place),
            lambda: control.restart(place, environment),
            lambda: control.start(place, environment),
            lambda: control.running(place),
        ):
            with pytest.raises(ThrumError) as refusal:
                ask()
            assert refusal.value.kind == "sandbox"
            assert "restart" not in str(refusal.value)
        assert holder.poll() is None
        holder.kill()


def test_who_may_not_send_a_signal_is_told_so(
    place: paths.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(_pid: int, _number: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    with held_by_another(place) as holder:
        monkeypatch.setattr(os, "kill", forbid)
        with pytest.raises(ThrumError, match="may not signal") as refusal:
            control.stop(place)
        monkeypatch.undo()
        holder.kill()
    assert refusal.value.kind == "sandbox"


@pytest.mark.parametrize("pid", [2**22 + 5, 1])
def test_a_daemon_of_another_pid_namespace_is_left_alone(
    place: paths.Place, monkeypatch: pytest.MonkeyPatch, pid: int
) -> None:
    """Its number is nobody's here, or somebody else's."""
    monkeypatch.setattr(control, "health", lambda *_: {"status": "ok"})
    argv = [sys.executable, "-c", HOLD, str(place.root)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        place.pid_file.write_text(json.dumps({"pid": pid, "pid_started": "of another place"}))
        with pytest.raises(ThrumError, match="not to be seen from here") as refusal:
            control.stop(place)
        assert refusal.value.kind == "sandbox"
        assert holder.poll() is None
        holder.kill()


def test_a_number_without_a_start_time_is_nobodys_until_the_socket_says_so(
    place: paths.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "STOP_LIMIT_S", 0.2)
    argv = [sys.executable, "-c", HOLD, str(place.root)]
    with (
        subprocess.Popen(["sleep", "60"]) as bystander,
        subprocess.Popen(argv, stdout=subprocess.PIPE) as holder,
    ):
        assert holder.stdout
        holder.stdout.readline()
        place.pid_file.write_text(str(bystander.pid))
        with pytest.raises(ThrumError, match="does not say who it is"):
            control.stop(place)
        assert bystander.poll() is None
        with platform.bind_unix(place.socket) as listener:
            listener.listen()
            place.pid_file.write_text(str(os.getpid()))
            assert control._live_pid(place) == os.getpid()
        bystander.kill()
        holder.kill()


@LEFT_ALONE
def test_a_daemon_whose_lock_was_removed_is_known_and_not_started_twice(
    clone: paths.Place,
) -> None:
    first, _ = control.start(clone, dict(os.environ))
    clone.lock.unlink()
    found = control.running(clone)
    assert found
    assert found.pid == first.pid
    again, was_started = control.start(clone, dict(os.environ))
    assert (again.pid, was_started) == (first.pid, False)
    assert control.stop(clone) == first.pid


@pytest.mark.parametrize("about", ["its original", "a process that ended"])
def test_a_copys_pid_file_means_nothing(place: paths.Place, about: str) -> None:
    place.var.mkdir()
    me = process.look(os.getpid())
    assert me
    said = {"pid": os.getpid(), "pid_started": me.started, "repo_path": "/original"}
    if about != "its original":
        said |= {"pid_started": "1", "repo_path": str(place.repository)}
    place.pid_file.write_text(json.dumps(said))
    assert control.running(place) is None
    with pytest.raises(ThrumError, match="no daemon runs"):
        control.stop(place)


@LEFT_ALONE
def test_of_many_who_start_at_once_one_does(clone: paths.Place) -> None:
    environment = dict(os.environ)
    found: list[tuple[int, bool]] = []

    def start() -> None:
        running, was_started = control.start(clone, environment)
        found.append((running.pid, was_started))

    several = [threading.Thread(target=start) for _ in range(10)]
    for each in several:
        each.start()
    for each in several:
        each.join()
    assert len({pid for pid, _ in found}) == 1
    assert sorted(was_started for _, was_started in found) == [False] * 9 + [True]
    # One program was begun, not ten of which nine gave up.
    assert "another daemon serves" not in clone.log.read_text()


@pytest.mark.parametrize(
    ("says", "is_leaving"), [("here", False), ("a link", False), ("gone", True), ("beside", True)]
)
def test_a_daemon_that_began_at_another_path_is_about_to_end(
    place: paths.Place, tmp_path: Path, says: str, is_leaving: bool
) -> None:
    (tmp_path / "beside").mkdir()
    (tmp_path / "a link").symlink_to(place.repository)
    where = place.repository if says == "here" else tmp_path / says
    assert control._is_leaving(place, control.Running(1, str(where), "", {})) is is_leaving
