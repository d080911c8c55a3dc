"""The daemon's log file: rotated at 10 MB, four compressed older ones kept.

Who logs only puts a line into a queue; one thread of its own writes, rotates and compresses. So a
slow disk holds up neither the event loop nor the writer. Lines stand in the order in which they
went in. Where the queue is full, lines are dropped, and a line in their place says how many. An
orderly end and a forced one wait for the queue, within a bound; SIGKILL loses what is in it.
"""

from __future__ import annotations

import gzip
import logging
import logging.handlers
import os
import queue
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Final

LARGEST: Final = 10_000_000
KEPT: Final = 4
MOST_WAITING: Final = 8192
"""Lines that wait to be written; what comes while there are so many is dropped."""
LAST_S: Final = 1.0
"""How long an end waits for the lines that are still to be written."""
LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
_STDOUT: Final = 1
_STDERR: Final = 2


class _Rotated(logging.handlers.RotatingFileHandler):
    """Private from the first moment; takes the process's stdout and stderr along if they are it."""

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", opener=_private)

    def doRollover(self) -> None:
        along = [each for each in (_STDOUT, _STDERR) if is_same(Path(self.baseFilename), each)]
        super().doRollover()
        if self.stream is not None:
            for each in along:
                os.dup2(self.stream.fileno(), each)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _Door(logging.handlers.QueueHandler):
    """Where lines go in. Never waits."""

    def __init__(self, lines: queue.Queue[logging.LogRecord | threading.Event]) -> None:
        super().__init__(lines)
        self.lines = lines
        self.dropped = 0
        self._alone = threading.Lock()

    def enqueue(self, record: logging.LogRecord) -> None:
        """Puts it into the queue, behind a word about those that did not fit before it."""
        with self._alone:
            try:
                if self.dropped:
                    self.lines.put_nowait(_missing(self.dropped))
                    self.dropped = 0
                self.lines.put_nowait(record)
            except queue.Full:
                self.dropped += 1

    def drain(self, limit_s: float) -> bool:
        """Waits until what went in so far is written; False if it is not in time."""
        limit = time.monotonic() + limit_s
        written = threading.Event()
        with self._alone:
            owed, self.dropped = self.dropped, 0
        try:
            if owed:
                self.lines.put(_missing(owed), timeout=limit_s)
                owed = 0
            self.lines.put(written, timeout=max(0.0, limit - time.monotonic()))
        except queue.Full:
            with self._alone:
                self.dropped += owed
            return False
        return written.wait(max(0.0, limit - time.monotonic()))

    def flush(self) -> None:
        """Called when the interpreter ends: what threads said last is written, too."""
        self.drain(LAST_S)


class _Writer(logging.handlers.QueueListener):
    """The thread that writes. An event among the records is set when its turn comes."""

    def handle(self, record: logging.LogRecord | threading.Event) -> None:
        """Writes the record."""
        if isinstance(record, threading.Event):
            record.set()
        else:
            super().handle(record)


def _missing(count: int) -> logging.LogRecord:
    about = {"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING"}
    return logging.makeLogRecord(
        about | {"msg": "%d lines are missing here: too many came at once", "args": (count,)}
    )


@contextmanager
def written(path: Path, level: str) -> Iterator[logging.handlers.QueueListener]:
    """Sends everything that the process logs from now on to the file, in UTC; waits when left.

    The thread writes on after that: a part that hangs may still have something to say.
    """
    file = _file(path)
    door = _Door(queue.Queue(MOST_WAITING))
    logging.getLogger().handlers[:] = [door]
    set_level(level)
    writer = _Writer(door.lines, file)
    writer.start()
    try:
        yield writer
    finally:
        flush(LAST_S)


def flush(limit_s: float) -> bool:
    """Waits until what was logged so far is in the file; False if it is not in time."""
    limit = time.monotonic() + limit_s
    return all(door.drain(max(0.0, limit - time.monotonic())) for door in _doors())


def _doors() -> list[_Door]:
    return [each for each in logging.getLogger().handlers if isinstance(each, _Door)]


def _leave_to_parent() -> None:
    """In a forked child nobody takes from the queue, and its lock may be held for ever."""
    for door in _doors():
        logging.getLogger().removeHandler(door)


os.register_at_fork(after_in_child=_leave_to_parent)


def _file(path: Path) -> _Rotated:
    handler = _Rotated(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    path.chmod(0o600)
    handler.namer = lambda name: f"{name}.gz"
    handler.rotator = _compress
    formatter = logging.Formatter(
        "{asctime}.{msecs:03.0f}Z {levelname} {name}: {message}", "%Y-%m-%dT%H:%M:%S", style="{"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    return handler


def set_level(level: str) -> None:
    """Changes what is worth a line; an unknown word means info."""
    logging.getLogger().setLevel(LEVELS.get(level, logging.INFO))


def is_same(path: Path, descriptor: int = _STDERR) -> bool:
    """Whether an open descriptor is that file, as it is for a daemon in the background."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


def _compress(source: str, target: str) -> None:
    with (
        open(source, "rb") as plain,
        open(target, "wb", opener=_private) as file,
        gzip.open(file, "wb") as packed,
    ):
        shutil.copyfileobj(plain, packed)
    Path(source).unlink()
