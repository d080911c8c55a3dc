"""Looking at worktrees, as a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from anyio import to_thread

from thrum.daemon.service.contract import Service
from thrum.daemon.work.observer import Observer

if TYPE_CHECKING:
    from thrum.daemon.node import Node


class Work(Service):
    """Owns the thread that looks at worktrees.

    Attributes:
        observer: looks, and is asked by methods.
    """

    name: ClassVar = "work"

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.observer = Observer(node.place.repository, node.setting.clock.monotonic)

    def health(self) -> str:
        """See `Service`."""
        return self.observer.trouble

    async def stop(self) -> None:
        """See `Service`."""
        await to_thread.run_sync(self.observer.close, self.stop_s, abandon_on_cancel=True)
