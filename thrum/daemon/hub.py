"""Who wants to know: waiters and subscribed connections, told of every commit.

The store speaks on its writer thread; the hub hops to the event loop once per batch. What reaches
whom is never decided here: deliveries in the database say it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from thrum.daemon.store import Applied

logger = logging.getLogger("thrum.hub")

Heard = Callable[[Applied], None]
"""Told of a batch of applied events, on the event loop."""


@dataclass
class Hub:
    """The listeners of one daemon."""

    loop: asyncio.AbstractEventLoop | None = None
    _listeners: set[Heard] = field(default_factory=set)

    def listen(self, heard: Heard) -> None:
        """From now on `heard` is called. On the event loop."""
        self.loop = asyncio.get_running_loop()
        self._listeners.add(heard)

    def leave(self, heard: Heard) -> None:
        """Ends `listen`."""
        self._listeners.discard(heard)

    def applied(self, applied: Applied) -> None:
        """Takes a batch from the writer thread; costs nothing while nobody listens."""
        if self._listeners and self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._tell, applied)

    def _tell(self, applied: Applied) -> None:
        for heard in tuple(self._listeners):
            try:
                heard(applied)
            except Exception:
                # One listener's defect is not the others' loss.
                logger.exception("a listener failed")
