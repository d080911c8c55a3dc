"""What happens to sessions whose context is nearly full, as a service.

Their runtimes say how full it is. Beyond `restart.auto_threshold` percent what was said is saved
for a session after it, the agent is told, and whoever restarts sessions is called.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from anyio import to_thread

from thrum import paths
from thrum.daemon.callers import pseudo_agent
from thrum.daemon.callers.person import git_user
from thrum.daemon.delivery.given import Seat
from thrum.daemon.restart import notice
from thrum.daemon.restart.fullness import Fullness
from thrum.daemon.service.contract import Service
from thrum.errors import ThrumError
from thrum.snapshots import layout, saving, shelf
from thrum.snapshots.seeking import Transcript

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.service.scheduler import Job

logger = logging.getLogger(__name__)

THRESHOLD_KEY = "restart.auto_threshold"
LINES_KEY = "restart.max_lines"


class Full(NamedTuple):
    """A session that has become full.

    Attributes:
        seat: which one.
        root: the worktree that it works in.
        used: percent of its context.
        transcript: what it says.
    """

    seat: Seat
    root: Path
    used: float
    transcript: Transcript


class Restart(Service):
    """Acts upon full sessions, each once.

    Attributes:
        when_full: called with each, after its snapshot was saved and its agent told.
    """

    name: ClassVar = "restart"

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.when_full: list[Callable[[Full], Awaitable[None]]] = []
        self._fullness = Fullness()
        self._waiting: list[Full] = []
        self._acting: Job | None = None

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.restart import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    async def start(self) -> None:
        """See `Service`."""
        self._acting = self.node.scheduler.alarm(
            self.act, owner=self.name, name="save what full sessions said"
        )

    def report(self, found: Full) -> bool:
        """Takes in how full a session is; whether something follows from that, soon."""
        threshold = int(self.node.config.get(THRESHOLD_KEY))
        if not self._fullness.is_due(found.seat, found.used, threshold):
            return False
        self._waiting.append(found)
        if self._acting is not None:
            self._acting.at(self.node.setting.clock.monotonic())
        return True

    async def act(self) -> None:
        """Does what follows for each session that has become full since the last time."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            await self._save_and_tell(each)
            for call in self.when_full:
                await call(each)

    async def _save_and_tell(self, found: Full) -> None:
        mine = shelf.of(paths.folder(found.root), found.seat.agent_id)
        lines = await to_thread.run_sync(self._save, mine, found)
        said = notice.text(found.used, str(mine.path), lines)
        node = self.node
        person, _ = await to_thread.run_sync(git_user, str(node.place.repository))
        author = pseudo_agent.supervisor_id(node.config, node.identity, person)
        message_id = node.ids.make("msg")
        await node.store.transact(lambda t: notice.send(t, found.seat, said, author, message_id))

    def _save(self, mine: shelf.Shelf, found: Full) -> int:
        """Saves what was said; how many lines that are, or what the agent wrote has."""
        now = datetime.fromtimestamp(self.node.now_ns() / 1e9, UTC).astimezone()
        most = int(self.node.config.get(LINES_KEY))
        agent = found.seat.agent_id
        try:
            if saving.holds_plan(mine):
                return mine.text().count("\n")
            given = [found.transcript]
            saved = saving.save(mine, given, agent, layout.THRESHOLD, now, most=most)
        except (OSError, ValueError, ThrumError) as error:
            logger.warning("what the full session of %s said is not saved: %s", agent, error)
            return 0
        return saved.lines if saved else 0
