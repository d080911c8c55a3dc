"""Looking at worktrees, as a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from anyio import to_thread

from thrum.clock import format_ns
from thrum.daemon.projection.queries import sessions
from thrum.daemon.service.contract import Service
from thrum.daemon.transaction import Transaction
from thrum.daemon.work import noting
from thrum.daemon.work.glance import differs, glance
from thrum.daemon.work.observer import WAIT_LIMIT_S, Observer
from thrum.daemon.work.reading import GitWork

if TYPE_CHECKING:
    from thrum.daemon.node import Node


LOOK_S: Final = 60.0
"""Seconds between two looks at everything that is worked on."""

KEPT_NS: Final = 3600 * 1_000_000_000
"""What was seen so long ago is kept anew, though nothing changed."""


def _note(transaction: Transaction, news: list[tuple[str, str, GitWork]]) -> None:
    for session_id, agent_id, work in news:
        noting.note(transaction, session_id, agent_id, work)


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

    async def start(self) -> None:
        """See `Service`."""
        self.node.scheduler.every(
            LOOK_S, self._look, owner=self.name, name="look at what is worked on"
        )

    async def _look(self) -> None:
        """Looks where agents of this clone work, and keeps what has changed."""
        ours = {"", self.node.identity.daemon_id}
        found = await self.node.store.ask(sessions.working)
        here = [each for each in found if each.worktree and each.origin_daemon in ours]
        seen = await glance(self.observer, (each.worktree for each in here), WAIT_LIMIT_S)
        old = format_ns(self.node.now_ns() - KEPT_NS)
        news = [
            (each.context.session_id, each.context.agent_id, seen[each.worktree])
            for each in here
            if each.worktree in seen
            if each.context.git_updated_at < old or differs(each.context, seen[each.worktree])
        ]
        if news:
            await self.node.store.transact(lambda transaction: _note(transaction, news))

    async def stop(self) -> None:
        """See `Service`."""
        await to_thread.run_sync(self.observer.close, self.stop_s, abandon_on_cancel=True)
