"""What happens to sessions whose context is nearly full, as a service.

Their runtimes say how full it is. Beyond `restart.auto_threshold` percent what was said is saved
for a session after it, the agent is told, and whoever restarts sessions is called.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import anyio
from anyio import to_thread

from thrum import paths
from thrum.config import Key
from thrum.daemon.delivery.given import Seat
from thrum.daemon.restart import notice, supervisor
from thrum.daemon.restart.fullness import Fullness
from thrum.daemon.restart.turns import AUTO_KEY, TIMEOUT_KEY, Turns
from thrum.daemon.service.contract import Service
from thrum.daemon.tmux.service import Tmux
from thrum.errors import ThrumError
from thrum.snapshots import layout

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.restart.restarting import Asked, Restarted
    from thrum.daemon.restart.stopping import Stop
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.service.scheduler import Job
    from thrum.daemon.tmux.launch import Launch
    from thrum.snapshots.seeking import Transcript

logger = logging.getLogger(__name__)

THRESHOLD_KEY = "restart.auto_threshold"

PATIENCE_S = 60.0
"""Seconds to wait for somebody else who ends the same session: who was cut off asks again."""

LOOK_S = 0.2


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
        turns: those that are restarted when their turns have ended.
    """

    name: ClassVar = "restart"
    nouns: ClassVar = ("restart", "tmux")
    keys: ClassVar[Mapping[str, Key]] = {
        TIMEOUT_KEY: Key(
            int,
            30,
            "Seconds that an agent has to write down what is left to do before it is restarted.",
            least=0,
        ),
        AUTO_KEY: Key(
            bool,
            False,
            "Whether a session that is full and lives in tmux is restarted when its turn has "
            "ended.",
        ),
    }

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.when_full: list[Callable[[Full], Awaitable[None]]] = []
        self._fullness = Fullness()
        self._waiting: list[Full] = []
        self._acting: Job | None = None
        self._ending: set[str] = set()
        self.turns = Turns(self)
        self.when_full.append(self.turns.take)

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.restart import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    async def start(self) -> None:
        """See `Service`."""
        launched = self.node.service(Tmux).when_launched
        if self._launched not in launched:
            launched.append(self._launched)
        self._acting = self.node.scheduler.alarm(
            self.act, owner=self.name, name="save what full sessions said"
        )

    async def run(self) -> None:
        """See `Service`."""
        await self.turns.run()

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
        from thrum.daemon.restart import keeping
        from thrum.snapshots import shelf

        agent = found.seat.agent_id
        mine = shelf.of(paths.folder(found.root), agent)
        save = partial(keeping.save, self.node, mine, agent, layout.THRESHOLD)
        lines = await to_thread.run_sync(save, lambda: found.transcript)
        said = notice.text(found.used, str(mine.path), lines)
        key = notice.key(found.seat)
        await supervisor.tell(self.node, agent, key, said, within_ns=notice.HOUR_NS)

    async def _launched(self, made: Launch) -> None:
        """Tells who was launched to go on; where that cannot be said, it is launched anyhow."""
        from thrum.daemon.restart import restarting

        try:
            await restarting.go_on(self.node, made)
        except ThrumError as error:
            logger.warning("%s is not told to go on: %s", made.agent, error)

    async def restart(self, asked: Asked) -> Restarted:
        """Restarts the session of an agent, see `restarting.restart`.

        Raises:
            ThrumError: ``conflict``, somebody else restarts it just now; as that.
        """
        from thrum.daemon.restart import restarting

        async with self._alone([asked]):
            return await restarting.restart(self.node, asked)

    async def stop_sessions(self, wanted: Sequence[Stop]) -> None:
        """Ends the sessions of agents after each has saved, see `stopping.stop`.

        Raises:
            ThrumError: ``conflict``, somebody else ends one of them just now.
        """
        from thrum.daemon.restart import stopping

        async with self._alone([each.asked for each in wanted]):
            await stopping.stop(self.node, wanted)

    @asynccontextmanager
    async def _alone(self, wanted: Sequence[Asked]) -> AsyncIterator[None]:
        """Keeps others from sessions that are being ended, and waits for those who end them now.

        Raises:
            ThrumError: ``conflict``.
        """
        names = {each.session for each in wanted}
        with anyio.move_on_after(PATIENCE_S):
            while names & self._ending:
                await anyio.sleep(LOOK_S)
        if names & self._ending:
            text = f"{', '.join(sorted(names & self._ending))}: somebody else ends it just now"
            raise ThrumError("conflict", text, "wait for that")
        self._ending |= names
        try:
            yield
        finally:
            self._ending -= names
