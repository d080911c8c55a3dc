"""Looking at worktrees, as a service."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from anyio import to_thread

from thrum.clock import format_ns
from thrum.daemon.callers.looker import Looker
from thrum.daemon.projection.queries import sessions
from thrum.daemon.projection.queries.sessions import Working
from thrum.daemon.push.service import Push
from thrum.daemon.service.contract import Service
from thrum.daemon.transaction import Transaction
from thrum.daemon.work import noting
from thrum.daemon.work.following import SHARE, Following, Pace
from thrum.daemon.work.glance import GLANCE_S, differs, glance
from thrum.daemon.work.observer import WAIT_LIMIT_S, Observer
from thrum.daemon.work.reading import GitWork
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.service.scheduler import Job


logger = logging.getLogger("thrum.work")

LOOK_S: Final = 60.0
"""Seconds between two looks at everything that is worked on, while nobody watches."""

FOLLOW_S: Final = 1.0
"""The same, of what git writes there, while pages are open."""

AT_A_TIME: Final = 64
"""What is worked on that is looked at together: others wait for the same thread, too."""

STIRRED_S: Final = 2.0
"""The same, where an agent tells by each tool that it uses that it works."""

MOST_PACES: Final = 1_000
"""Agents of which is known when their worktrees were looked at because of that."""

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
        monotonic = node.setting.clock.monotonic
        self.observer = Observer(node.place.repository, monotonic)
        self._following = Following(Looker(monotonic), monotonic)
        self._soon: Job | None = None
        self._stirred: set[str] = set()
        self._paces: dict[str, Pace] = {}

    def health(self) -> str:
        """See `Service`."""
        return self.observer.trouble

    async def start(self) -> None:
        """See `Service`."""
        every = self.node.scheduler.every
        every(LOOK_S, self._look, owner=self.name, name="look at what is worked on")
        self._soon = self.node.scheduler.alarm(
            self._look_at_stirred, owner=self.name, name="look at what was worked on just now"
        )
        every(FOLLOW_S, self._follow, owner=self.name, name="follow what is worked on")

    async def _look(self) -> None:
        """Looks where agents of this clone work, and keeps what has changed."""
        await self._look_at(await self._here())

    def stir(self, agent_id: str) -> None:
        """Has an agent's worktrees be looked at soon: it may just have changed something."""
        if self._soon is None:
            return
        pace = self._paces.pop(agent_id, None)
        self._paces[agent_id] = pace or Pace(self.node.setting.clock.monotonic, STIRRED_S, SHARE)
        while len(self._paces) > MOST_PACES:
            del self._paces[next(iter(self._paces))]
        self._stirred.add(agent_id)
        self._set_alarm()

    async def _look_at_stirred(self) -> None:
        """Looks where somebody may have changed something, if it is time; else later."""
        paces = {each: self._paces[each] for each in self._stirred & self._paces.keys()}
        due = {agent_id for agent_id, pace in paces.items() if pace.is_time()}
        self._stirred = paces.keys() - due
        here = await self._here() if due else []
        await self._look_at([each for each in here if each.context.agent_id in due])
        for agent_id in due:
            paces[agent_id].done()
        self._set_alarm()

    def _set_alarm(self) -> None:
        """Has the first of those who stirred be looked at when it is time."""
        due = [self._paces[each].again for each in self._stirred & self._paces.keys()]
        if due and self._soon is not None:
            self._soon.at(max(min(due), self.node.setting.clock.monotonic()))

    async def look_now(self) -> None:
        """Keeps what the worktrees of this clone say now, of those that say it within a second.

        What cannot be kept is only logged: whoever asks wants something else.
        """
        try:
            await self._look_at(await self._here(), GLANCE_S)
        except ThrumError as error:
            logger.warning("what the worktrees say now is not kept: %s", error)

    async def _follow(self) -> None:
        """The same sooner, while pages are open: at commits at once, at files every few seconds."""
        if not self.node.service(Push).feeds.count:
            return
        following = self._following
        if following.files.is_time():
            here = await self._here()
            await following.moved(each.worktree for each in here)
            await self._look_at(here)
            following.files.done()
        elif following.records.is_time():
            moved = await following.moved(following.worktrees)
            following.records.done()
            if moved:
                await self._look_at([each for each in await self._here() if each.worktree in moved])

    async def _here(self) -> list[Working]:
        """What agents of this clone work on, as it is known."""
        ours = {"", self.node.identity.daemon_id}
        found = await self.node.store.ask(sessions.working)
        return [each for each in found if each.worktree and each.origin_daemon in ours]

    async def _look_at(self, here: Sequence[Working], limit_s: float = WAIT_LIMIT_S) -> None:
        """Looks at the worktrees, and keeps what has changed; no more wait for it than may."""
        for begin in range(0, len(here), AT_A_TIME):
            await self._look_at_some(here[begin : begin + AT_A_TIME], limit_s)

    async def _look_at_some(self, here: Sequence[Working], limit_s: float) -> None:
        seen = await glance(self.observer, (each.worktree for each in here), limit_s)
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
        self._following.close()
        await to_thread.run_sync(self.observer.close, self.stop_s, abandon_on_cancel=True)
