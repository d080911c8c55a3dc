"""Being the one daemon of a repository: the lock, the pid file, the socket's path, the end.

The lock is the only truth. It is taken first and released last, by the kernel if need be, and the
file stays. A socket or pid file without a held lock is what a crash left behind.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, NoReturn

from msgspec import Struct, field

from thrum import atomic
from thrum.clock import format_seconds
from thrum.daemon import control, log
from thrum.errors import ThrumError
from thrum.identity import process
from thrum.paths import PRIVATE_DIRECTORY, PRIVATE_FILE, Place
from thrum.platform import try_flock

PATIENCE_S: Final = 0.5
"""How long a held lock is asked again: whoever asks whether a daemon runs holds it for a moment."""
END_LIMIT_S: Final = 5.0
"""From the signal to the end of the process, whatever hangs, but for the last words."""
PREDECESSOR_S: Final = 20.0
"""How long a daemon may take to notice that its lock is another's, and to end."""
LAST_WORDS_S: Final = 0.5
"""How long a process that is ended at once waits for its log."""

logger = logging.getLogger("thrum.daemon")


class Lock(Struct):
    """The lock of a place, held.

    Attributes:
        place: whose.
    """

    place: Place
    _handle: int
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def renew(self) -> bool:
        """Whether it still keeps others out; taken again if its file lost its name.

        People and agents remove locks that they take for stale.
        """
        with self._one_at_a_time:
            if control.is_at(self._handle, self.place.lock):
                return True
            try:
                handle = _try_lock(self.place)
            except OSError:
                return False
            if handle is None:
                return False
            os.close(self._handle)
            self._handle = handle
        logger.warning("somebody removed %s, which was in use; it is held again", self.place.lock)
        return True

    def release(self) -> None:
        """Gives it back."""
        os.close(self._handle)


@contextmanager
def only_daemon(place: Place) -> Iterator[Lock]:
    """Holds the lock.

    Raises:
        ThrumError: ``conflict``, another daemon serves the repository.
    """
    place.var.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    limit = time.monotonic() + PATIENCE_S
    while (handle := _try_lock(place)) is None:
        if time.monotonic() > limit:
            text = f"another daemon serves {place.repository} already"
            raise ThrumError("conflict", text, "see `thrum daemon status`")
        time.sleep(0.01)
    lock = Lock(place, handle)
    try:
        _await_predecessor(place)
        yield lock
    finally:
        lock.release()


def _await_predecessor(place: Place) -> None:
    """Waits for a daemon whose lock was removed: it sees that we have it, and ends.

    Raises:
        ThrumError: ``conflict``, it does not end.
    """
    limit = time.monotonic() + PREDECESSOR_S
    while control.is_named(place):
        if time.monotonic() > limit:
            raise ThrumError(
                "conflict",
                f"another daemon serves {place.repository} without holding its lock",
                f"end it with `kill {control.read_pid_file(place).get('pid', 'PID')}`",
            )
        time.sleep(0.1)


def _try_lock(place: Place) -> int | None:
    """The locked file, or None when another process has it."""
    handle = os.open(place.lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        # Another Thrum removes its lock file when it ends: a lock on that one excludes nobody.
        if try_flock(handle, place.lock) and control.is_at(handle, place.lock):
            return handle
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def clear_stale_socket(place: Place) -> bool:
    """Removes the socket that a crash left; call it with the lock held. True if there was one."""
    try:
        place.socket.unlink()
    except FileNotFoundError:
        return False
    return True


@contextmanager
def pid_file(place: Place, now_ns: int) -> Iterator[None]:
    """Says who the daemon is for as long as it lives; whatever a crash left is replaced.

    Beside the PID stands the process's start time, because PIDs are used again.
    """
    itself = process.look(os.getpid())
    about = {
        "pid": os.getpid(),
        "repo_path": str(place.repository),
        "started_at": format_seconds(now_ns),
        "socket_path": str(place.socket),
        "pid_started": itself.started if itself else "",
    }
    atomic.replace(place.pid_file, json.dumps(about, indent=2) + "\n", lasts=False)
    try:
        yield
    finally:
        # If the folder went, another daemon's may lie there by now.
        if control.read_pid_file(place) == about:
            with suppress(FileNotFoundError):
                place.pid_file.unlink()


def end_by(limit_s: float, leave: Callable[[int], object] = os._exit) -> threading.Timer:
    """Ends the process after that many seconds, unless the timer is cancelled.

    Nothing acknowledged is lost by it: that is in the journal. What is left lying about, the next
    start clears.
    """

    def end() -> None:
        logger.error("the daemon did not end within %g s and leaves at once", limit_s)
        log.flush(LAST_WORDS_S)
        leave(1)

    timer = threading.Timer(limit_s, end)
    timer.daemon = True
    timer.start()
    return timer


def leave(status: int) -> NoReturn:
    """Ends the process at once; everything of it is closed.

    To take it apart object by object would last a quarter of a start. Where a thread still works,
    the interpreter ends as ever, when that is done; see `end_by`.
    """
    others = [each for each in threading.enumerate() if each is not threading.main_thread()]
    if not all(each.daemon for each in others):
        sys.exit(status)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream:  # a foreground daemon may have been started without
            with suppress(OSError):
                stream.flush()
    os._exit(status)
