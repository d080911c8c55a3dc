"""Starting, stopping and asking a daemon, from outside. Standard library only.

Whether a daemon runs is asked of the lock that it holds, never of the pid file alone.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from thrum import access, pid_file, relocation, small_file
from thrum.errors import ThrumError
from thrum.identity import process
from thrum.paths import PRIVATE_DIRECTORY, PRIVATE_FILE, Place
from thrum.platform import connect_unix, peer_pid, try_flock

START_LIMIT_S: Final = 10.0
STILL_LIMIT_S: Final = 60.0
STOP_LIMIT_S: Final = 15.0
LEAVE_LIMIT_S: Final = 6.0
"""Seconds for a daemon whose clone was renamed to see that and end."""
POLL_S: Final = 0.02

Progress = Callable[[int, int], None]
"""Told how many of how many events a rebuild has applied."""


class Running(NamedTuple):
    """A daemon that holds the lock; `health` is its answer, None while it does not answer."""

    pid: int
    repo_path: str
    started_at: str
    health: dict[str, Any] | None


def is_held(place: Place) -> bool:
    """Whether a daemon holds the repository's lock.

    Raises:
        ThrumError: ``system``, the lock is another account's.
    """
    try:
        handle = os.open(place.lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except PermissionError as error:
        raise access.of_another(place.lock) or access.sandboxed(error, place.lock) from error
    try:
        # Shared, so that two who ask at once do not take each other for a daemon.
        return not try_flock(handle, place.lock, shared=True)
    finally:
        os.close(handle)


def is_up(place: Place) -> bool:
    """Whether a daemon runs: it holds the lock, or lost the lock's file and runs all the same.

    Raises:
        ThrumError: as `is_held`.
    """
    return is_held(place) or is_named(place)


def is_named(place: Place) -> bool:
    """Whether the pid file names a process that runs, for this very place and not for a copy."""
    said = read_pid_file(place).get("repo_path")
    return said == str(place.repository) and bool(_live_pid(place))


def demand_reach(place: Place) -> None:
    """Refuses where this process may not talk to a daemon; whoever cannot must not end one.

    Raises:
        ThrumError: ``sandbox``, or ``system`` for another account's.
    """
    try:
        connect_unix(place.socket, 1.0).close()
    except OSError as error:
        refused = access.to_socket(error, place.socket)
        if refused:
            raise refused from error


def read_pid_file(place: Place) -> dict[str, Any]:
    """What the daemon's `pid_file` says."""
    return pid_file.read(place.pid_file)


def health(place: Place, limit_s: float = 2.0) -> dict[str, Any] | None:
    """The daemon's answer to ``health``, or None when nobody answers in time."""
    try:
        with connect_unix(place.socket, limit_s) as connection:
            connection.sendall(b'{"jsonrpc":"2.0","id":1,"method":"health"}\n')
            answer = json.loads(connection.makefile("rb").readline() or b"{}")
    except (OSError, ValueError):
        return None
    result = answer.get("result")
    return result if isinstance(result, dict) else None


def running(place: Place) -> Running | None:
    """The daemon of the repository, if one runs.

    Raises:
        ThrumError: ``sandbox`` or ``system``, this process is kept from it.
    """
    demand_reach(place)
    if not is_up(place):
        return None
    about = read_pid_file(place)
    return Running(
        _live_pid(place),
        str(about.get("repo_path", place.repository)),
        str(about.get("started_at", "")),
        health(place),
    )


def launch(place: Place, environment: Mapping[str, str]) -> None:
    """Has the daemon start, unless there is one, and does not wait for it.

    Raises:
        ThrumError: ``sandbox`` or ``system``, this process is kept from it.
        OSError: the system refuses.
    """
    if not is_up(place):
        _spawn(place, environment, local_only=False)


def start(
    place: Place,
    environment: Mapping[str, str],
    *,
    local_only: bool = False,
    progress: Progress | None = None,
) -> tuple[Running, bool]:
    """Starts the daemon unless one runs, and waits until it answers.

    Returns:
        The daemon, and whether it was started by this call.

    Raises:
        ThrumError: ``daemon_down``, it ended or does not answer; the log says why. ``sandbox`` or
            ``system``, this process is kept from it.
    """
    already = running(place)
    if already and _is_leaving(place, already):
        already = _await_leave(place)
    if already and already.health:
        return already, False
    if already is None:
        place = relocation.settled(place)
    with _one_start(place):
        place.halted.unlink(missing_ok=True)
        already = already or running(place)
        if already and already.health:
            return already, False
        found = child = None
        while found is None:
            child = None if already else _spawn(place, environment, local_only)
            found = _await_answer(place, child, progress or (lambda _done, _all: None))
            already = None
    if child is None or found.pid == child.pid:
        return found, child is not None
    # Two starts at once: the other one's daemon answers. Ours finds the lock taken and leaves;
    # not waited for, it could take the lock of a daemon that is stopped in the next moment.
    with suppress(subprocess.TimeoutExpired):
        child.wait(START_LIMIT_S)
    return found, False


def _is_leaving(place: Place, found: Running) -> bool:
    """Whether the daemon began at another path: its clone was renamed, so it is about to end."""
    try:
        return not Path(found.repo_path).samefile(place.repository)
    except OSError:
        return True


def _await_leave(place: Place) -> Running | None:
    """The daemon that runs once one that is about to end had the time for it; None if it ended."""
    limit = time.monotonic() + LEAVE_LIMIT_S
    while time.monotonic() < limit and is_held(place):
        time.sleep(POLL_S)
    return running(place)


@contextmanager
def _one_start(place: Place) -> Iterator[None]:
    """Has those who start at once come one after another, so that one of them starts a daemon.

    Who waits too long goes on: the daemon's own lock decides.
    """
    place.var.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    handle = os.open(place.var, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        limit = time.monotonic() + START_LIMIT_S
        while not try_flock(handle, place.var) and time.monotonic() < limit:
            time.sleep(POLL_S)
        yield
    finally:
        os.close(handle)


def program(place: Place) -> list[str]:
    """The words that begin the daemon of a place.

    With ``-P``: otherwise `-m` would look for every module in the working directory first, and run
    what a repository has put there under the name of one of ours.
    """
    return [sys.executable, "-P", "-m", "thrum.daemon", "--repo", str(place.repository)]


def _spawn(
    place: Place, environment: Mapping[str, str], local_only: bool
) -> subprocess.Popen[bytes]:
    flags = ["--local"] if local_only else []
    handle = os.open(place.log, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        return subprocess.Popen(
            [*program(place), *flags],
            cwd="/",
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            start_new_session=True,
        )
    finally:
        os.close(handle)


def _await_answer(
    place: Place, child: subprocess.Popen[bytes] | None, progress: Progress
) -> Running | None:
    """Polls until the daemon answers; a rebuild that moves on extends the limit.

    None if none was begun, for one was there, and it ended: somebody had stopped or killed it.
    """
    patience = _Patience(place, progress)
    while patience.is_left():
        answer = health(place, 1.0) if place.socket.exists() else None
        if answer:
            about = read_pid_file(place)
            pid = int(about.get("pid", child.pid if child else 0))
            return Running(pid, str(place.repository), str(about.get("started_at", "")), answer)
        patience.look()
        if child is None and not is_up(place):
            return None
        if child is not None and child.poll() is not None and not is_held(place):
            raise ThrumError(
                "daemon_down",
                f"the daemon ended at once: {last_words(place)}",
                f"see {place.log}",
            )
        time.sleep(POLL_S)
    raise ThrumError(
        "daemon_down", patience.words(), f"see {place.log}, then `thrum daemon restart`"
    )


class _Patience:
    """How long one waits for a daemon: longer while it shows that it moves on."""

    def __init__(self, place: Place, progress: Progress) -> None:
        self._place = place
        self._progress = progress
        self._limit = time.monotonic() + START_LIMIT_S
        self._done = ""
        self._beat = self._upgrade = ""
        self._is_over = False

    def is_left(self) -> bool:
        """Whether one still waits."""
        return time.monotonic() < self._limit

    def look(self) -> None:
        """Looks whether a rebuild or an upgrade of the database moved on."""
        done, beat = _progress_text(self._place), self._beaten()
        if done and done != self._done:
            number, _, whole = done.partition("/")
            self._progress(int(number), int(whole))
        is_over = bool(self._upgrade) and not beat
        if (done and done != self._done) or beat != self._beat:
            self._limit = time.monotonic() + STILL_LIMIT_S
        self._done, self._beat, self._is_over = done or self._done, beat, is_over

    def _beaten(self) -> str:
        """The heartbeat of an upgrade; empty while there is none."""
        try:
            status = small_file.json_object(self._place.migration)
        except (OSError, ValueError):
            return ""
        if status.get("pid") != read_pid_file(self._place).get("pid"):
            return ""  # a killed daemon's, which the next one's start removes
        self._upgrade = f"from schema {status.get('from_version')} to {status.get('to_version')}"
        return str(status.get("heartbeat"))

    def words(self) -> str:
        """What is said when one waits no longer."""
        if not self._upgrade:
            return f"the daemon does not answer after {START_LIMIT_S:g} s"
        what = f"the upgrade of the database {self._upgrade}"
        if self._is_over:
            return f"{what} is done, and the daemon does not answer after {STILL_LIMIT_S:g} s"
        return f"{what} has not moved on for {STILL_LIMIT_S:g} s"


def _progress_text(place: Place) -> str:
    try:
        text = place.progress.read_text().strip()
    except OSError:
        return ""
    done, slash, whole = text.partition("/")
    return text if slash and done.isdigit() and whole.isdigit() else ""


def last_words(place: Place) -> str:
    """The last line of the log: what a daemon that ended had to say."""
    lines = list(log_lines(place, 1))
    return lines[0] if lines else "it left no word"


def stop(place: Place) -> int:
    """Stops the daemon and waits until its lock is free; its pid.

    It stays down until somebody starts it: no command does so by itself meanwhile.

    Raises:
        ThrumError: ``daemon_down``, none runs; ``timed_out``, it does not end; ``sandbox`` or
            ``system``, this process is kept from it, and could not start it again.
    """
    demand_reach(place)
    if not is_up(place):
        raise ThrumError("daemon_down", f"no daemon runs for {place.repository}")
    place.halted.touch(mode=PRIVATE_FILE)
    told = 0
    limit = time.monotonic() + STOP_LIMIT_S
    while time.monotonic() < limit:
        pid = _live_pid(place)
        if told and pid and pid != told:
            return told  # it is gone, and somebody started another one meanwhile
        if not is_up(place):
            return told
        if pid and not told:
            told = pid
            _ask_to_end(pid)
        elif not pid and not told and health(place):
            raise access.elsewhere(read_pid_file(place).get("pid", "unknown"))
        time.sleep(POLL_S)
    if not told:
        text = f"something holds {place.lock} and does not say who it is"
        raise ThrumError("timed_out", text, f"find it with `lsof {place.lock}`")
    raise ThrumError(
        "timed_out",
        f"the daemon (PID {told}) does not end",
        f"send it a second signal with `kill {told}`, which makes it leave at once",
    )


def _live_pid(place: Place) -> int:
    """The daemon's pid as it is here, 0 if it is not known.

    It is not while the pid file is one that a crash left, or of a daemon in another PID namespace:
    that number is somebody else's here.
    """
    about = read_pid_file(place)
    pid, started = about.get("pid"), str(about.get("pid_started", ""))
    if not isinstance(pid, int) or pid <= 0:
        return 0
    # Other programs keep no start time; then the kernel's word of the socket counts.
    known = process.alive(pid, started) if started else _peer(place) == pid
    return pid if known else 0


def _peer(place: Place) -> int:
    """The process that listens on the socket, 0 if that is not known here."""
    try:
        with connect_unix(place.socket, 1.0) as connection:
            return peer_pid(connection)
    except OSError:
        return 0


def _ask_to_end(pid: int) -> None:
    """Sends the signal.

    Raises:
        ThrumError: ``sandbox``, it may not be sent.
    """
    try:
        os.kill(pid, signal.SIGTERM)
        # A stopped process takes no signal but this one before it goes on.
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        pass  # it ends by itself right now
    except OSError as error:
        raise ThrumError(
            "sandbox",
            f"this shell may not signal the daemon (PID {pid}): {error.strerror or error}",
            "run the command as the daemon's owner, and outside of any sandbox",
        ) from error


def restart(
    place: Place, environment: Mapping[str, str], *, progress: Progress | None = None
) -> Running:
    """Stops the daemon if one runs, and starts one.

    Raises:
        ThrumError: as `stop` and `start`.
    """
    demand_reach(place)
    if is_up(place):
        stop(place)
    return start(place, environment, progress=progress)[0]


def log_lines(place: Place, count: int, since: datetime | None = None) -> Iterator[str]:
    """The last lines of the log (all if `count` is 0), not older than a moment if one is given."""
    try:
        lines = place.log.read_text(errors="replace").splitlines()
    except OSError:
        return
    if since is not None:
        word = f"{since:%Y-%m-%dT%H:%M:%S}"
        first = next((n for n, line in enumerate(lines) if _dated(line) and line >= word), None)
        lines = lines[first:] if first is not None else []
    yield from lines[-count:] if count else lines


def _dated(line: str) -> bool:
    return len(line) > 19 and line[4:5] == "-" and line[10:11] == "T"


def follow(path: Path, poll_s: float = 0.2) -> Iterator[str]:
    """New lines of the log as they come, across rotations, until the reader stops asking."""
    file = _opened(path)
    if file is not None:
        file.seek(0, os.SEEK_END)
    rest = ""
    try:
        while True:
            # Looked at before reading: what the old file still gets is read before it is left.
            moved = file is None or not is_at(file.fileno(), path)
            if file is not None:
                *lines, rest = (rest + file.read()).split("\n")
                yield from lines
            if moved:
                fresh = _opened(path)
                if fresh is not None:
                    if rest:
                        yield rest
                    if file is not None:
                        file.close()
                    file, rest = fresh, ""
                    continue
            time.sleep(poll_s)
    finally:
        if file is not None:
            file.close()


def _opened(path: Path) -> TextIO | None:
    try:
        return path.open(errors="replace")
    except FileNotFoundError:
        return None


def is_at(handle: int, path: Path) -> bool:
    """Whether the open file is still the one at the path."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
