"""The configuration of a running daemon, as a service: read again when a file of it was edited.

A file that cannot be read changes nothing: the daemon goes on with what it knows and says so in
its log, once for each edit.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from anyio import to_thread

from thrum import config
from thrum.config import Config
from thrum.daemon import log
from thrum.daemon.service.contract import Service
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node

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


class Settings(Service):
    """Keeps the configuration as the files say it, and tells services of their keys."""

    name: ClassVar = "settings"

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.config: Config = node.config
        self.trouble = ""
        self._read: Stamp = ()
        self._lock = threading.Lock()

    async def start(self) -> None:
        """See `Service`."""
        every = self.node.scheduler.every
        every(EVERY_S, self._look_apart, owner=self.name, name="look at the settings")

    async def _look_apart(self) -> None:
        # A file that lies on a dead mount must not hold up the loop.
        await to_thread.run_sync(self.look, abandon_on_cancel=True)

    def health(self) -> str:
        """See `Service`."""
        return self.trouble

    def look(self) -> None:
        """Reads the files if they are not the ones that were read. Any thread."""
        with self._lock:
            now = stamp(self.config.path)
            if now != self._read:
                self._read = now
                self._take()

    def read(self) -> None:
        """Reads the files in any case. Any thread."""
        with self._lock:
            self._read = stamp(self.config.path)
            self._take()
        logger.info("configuration read again")

    def _take(self) -> None:
        known = self.config
        try:
            fresh = config.load(known.path, known.environment, known.keys)
            values = {name: fresh.get(name) for name in fresh.keys}
        except ThrumError as error:
            self.trouble = f"the configuration stays as it was: {error}"
            logger.warning("%s", self.trouble)
            return
        self.trouble = ""
        if fresh.tree == known.tree:
            return
        before = {name: known.get(name) for name in known.keys}
        known.tree = fresh.tree
        log.set_level(values["daemon.log_level"])
        logger.info("the configuration has changed")
        names = frozenset(name for name, value in values.items() if value != before[name])
        if self.node.supervisor is not None:
            self.node.supervisor.changed(known, names)
