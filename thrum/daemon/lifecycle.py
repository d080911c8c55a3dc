"""Being the one daemon of a repository: the lock, the pid file, the socket's path.

The lock is the only truth. It is taken first and released last, by the kernel if need be, and the
file stays. A socket or pid file without a held lock is what a crash left behind.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from thrum import atomic
from thrum.clock import format_seconds
from thrum.errors import ThrumError
from thrum.paths import PRIVATE_DIRECTORY, PRIVATE_FILE, Place


@contextmanager
def only_daemon(place: Place) -> Iterator[None]:
    """Holds the lock.

    Raises:
        ThrumError: ``conflict``, another daemon serves the repository.
    """
    place.var.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    handle = os.open(place.lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ThrumError(
                "conflict", f"another daemon serves {place.repository} already"
            ) from None
        yield
    finally:
        os.close(handle)


def clear_stale_socket(place: Place) -> bool:
    """Removes the socket that a crash left; call it with the lock held. True if there was one."""
    if not place.socket.exists():
        return False
    place.socket.unlink()
    return True


@contextmanager
def pid_file(place: Place, now_ns: int) -> Iterator[None]:
    """Says who the daemon is for as long as it serves."""
    about = {
        "pid": os.getpid(),
        "repo_path": str(place.repository),
        "started_at": format_seconds(now_ns),
        "socket_path": str(place.socket),
    }
    atomic.replace(place.pid_file, json.dumps(about, indent=2) + "\n")
    try:
        yield
    finally:
        place.pid_file.unlink(missing_ok=True)
