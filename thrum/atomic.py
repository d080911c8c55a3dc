"""Replacing a small file durably, and keeping other writers out meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from thrum.errors import ThrumError
from thrum.paths import PRIVATE_FILE
from thrum.platform import sync, try_flock

PATIENCE: Final = 5.0
"""Seconds to wait for somebody else's lock."""

FORGOTTEN_S: Final = 3600.0
"""Seconds after which nobody will finish what lies beside a file."""

_PAUSE: Final = 0.005


def replace(path: Path, text: str, mode: int = PRIVATE_FILE, *, lasts: bool = True) -> None:
    """Puts the text in place of the file's content; a crash leaves the old or the new one.

    Written beside it, synced, renamed, and the directory synced. Bytes of a path that are no
    UTF-8 come out as they were.

    Args:
        lasts: whether it counts for longer than the processes that run now. What does not is not
            synced: after the machine's crash it may be empty.

    Raises:
        OSError: the disk refuses; the old content stands.
    """
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            if lasts:
                file.flush()
                sync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if lasts:
        sync_directory(path.parent)


def clear(directory: Path, now_s: float) -> None:
    """Removes what killed processes left beside files that they were to replace.

    Only what has lain there for longer than any of them takes.
    """
    for path in directory.glob(".*.????????.tmp"):
        if set(path.suffixes[-2][1:]) - set("0123456789abcdef"):
            continue
        with suppress(FileNotFoundError):  # somebody else clears as well
            if now_s - path.lstat().st_mtime > FORGOTTEN_S:
                path.unlink()


def sync_directory(directory: Path) -> None:
    """Makes names that came into a directory, or went, durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(
    directory: Path,
    *,
    patience: float = PATIENCE,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Holds the exclusive ``flock`` on a directory: no file of its own, gone with the process.

    Args:
        directory: exists.
        patience: seconds to wait for whoever holds it.
        monotonic: the clock of the patience.
        sleep: pauses between two tries.

    Raises:
        ThrumError: ``busy``, somebody else holds it for longer than the patience; ``system``, the
            file system has no locks.
        OSError: there is no such directory.
    """
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        hold(handle, directory, patience=patience, monotonic=monotonic, sleep=sleep)
        yield
    finally:
        os.close(handle)


def hold(
    handle: int,
    directory: Path,
    *,
    patience: float = PATIENCE,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Takes the exclusive ``flock`` on an open directory; closing the handle gives it back.

    Raises:
        ThrumError: ``busy``, as `locked`.
    """
    until = monotonic() + patience
    while not try_flock(handle, directory):
        if monotonic() >= until:
            raise ThrumError("busy", f"another process keeps {directory} locked")
        sleep(_PAUSE)
