"""The configuration of a running daemon: read again when somebody has edited a file of it.

A file that cannot be read changes nothing: the daemon goes on with what it knows and says so in
its log, once for each edit.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import anyio

from thrum import config
from thrum.config import Config
from thrum.errors import ThrumError

logger = logging.getLogger("thrum.daemon")

EVERY_S: Final = 2.0

Stamp = tuple[tuple[int, int, int], ...]
"""What tells one state of the files from another, without reading them."""


def stamp(path: Path) -> Stamp:
    """The state of ``config.json`` and of the ``config.yaml`` beside it; a missing one is zeros."""
    found = []
    for each in (path, path.with_suffix(".yaml")):
        try:
            stat = each.stat()
        except OSError:
            found.append((0, 0, 0))
        else:
            found.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)


@dataclass
class Settings:
    """Keeps the configuration as the files say it. Any thread.

    Args:
        config: changed in place, for everybody who holds it.
        changed: told after each change.
    """

    config: Config
    changed: Callable[[Config], None]
    _read: Stamp = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def run(self) -> None:
        """Looks at the files until it is cancelled."""
        while True:
            self.look()
            await anyio.sleep(EVERY_S)

    def look(self) -> None:
        """Reads the files if they are not the ones that were read."""
        with self._lock:
            now = stamp(self.config.path)
            if now != self._read:
                self._read = now
                self._take()

    def read(self) -> None:
        """Reads the files in any case."""
        with self._lock:
            self._read = stamp(self.config.path)
            self._take()
        logger.info("configuration read again")

    def _take(self) -> None:
        try:
            fresh = config.load(self.config.path, self.config.environment)
            for key in config.KEYS:
                fresh.get(key)
        except ThrumError as error:
            logger.warning("the configuration stays as it was: %s", error)
            return
        if fresh.tree != self.config.tree:
            self.config.tree = fresh.tree
            self.changed(self.config)
            logger.info("the configuration has changed")
