"""What an upgrade of a database says of itself while it lasts, for whoever waits for the daemon.

Its heartbeat goes on for as long as the process lives, however long a single step takes.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from thrum import atomic
from thrum.clock import format_seconds

BEAT_S: Final = 0.5

logger = logging.getLogger(__name__)

Enter = Callable[[str], None]
"""Told the phase that begins: backup or migrating."""


@contextmanager
def told(
    path: Path, from_version: int, to_version: int, *, every_s: float = BEAT_S
) -> Iterator[Enter]:
    """Writes the file until the upgrade ends, whatever ends it.

    Args:
        path: the file.
        from_version: the schema that there is.
        to_version: the schema that there will be.
        every_s: seconds from one beat to the next.
    """
    status = _Status(path, from_version, to_version)
    over = threading.Event()

    def beat() -> None:
        while not over.wait(every_s):
            status.write()

    status.write()
    heart = threading.Thread(target=beat, name="heartbeat", daemon=True)
    heart.start()
    try:
        yield status.enter
    finally:
        over.set()
        heart.join()
        path.unlink(missing_ok=True)


class _Status:
    def __init__(self, path: Path, from_version: int, to_version: int) -> None:
        self._path = path
        self._about = {"from_version": from_version, "to_version": to_version, "pid": os.getpid()}
        self._phase = "backup"
        self._began = format_seconds(time.time_ns())
        self._beats = 0
        self._is_told = False
        self._lock = threading.Lock()

    def enter(self, phase: str) -> None:
        """Another phase begins."""
        self._phase = phase
        self.write()

    def write(self) -> None:
        """Writes down that the process lives; no disk that refuses that stops an upgrade."""
        with self._lock:
            self._beats += 1
            times = {"started_at": self._began, "updated_at": format_seconds(time.time_ns())}
            about = {**self._about, "phase": self._phase, **times, "heartbeat": self._beats}
            try:
                atomic.replace(self._path, json.dumps(about) + "\n")
            except OSError as error:
                if not self._is_told:
                    logger.warning("how the upgrade stands is not shown: %s", error)
                self._is_told = True
