"""Full sessions that live in tmux, which are restarted when their turn has ended."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import anyio
from msgspec import Struct

from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.sitting import Doing
from thrum.daemon.tmux import target
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.delivery.sitting import Sitting
    from thrum.daemon.restart.service import Full, Restart

AUTO_KEY: Final = "restart.auto"
TIMEOUT_KEY: Final = "restart.graceful_timeout"
LOOK_S: Final = 2.0
NOTICE_NS: Final = 15 * 1_000_000_000
"""For so long the notice that it is full may wake a session, whose agent then writes down what is
left to do."""

STILL_NS: Final = 5 * 1_000_000_000
"""For so long a session has done nothing when its turn has ended for good: mail may have it go
on."""

GIVEN_UP_NS: Final = 3600 * 1_000_000_000

logger = logging.getLogger(__name__)


class Due(Struct, frozen=True):
    """A session that is to be restarted.

    Attributes:
        found: which.
        since_ns: when its agent was told that it is full.
    """

    found: Full
    since_ns: int


def is_over(sitting: Sitting, since_ns: int, now_ns: int) -> bool:
    """Whether a session has ended its turn, after its agent was told that it is full.

    Args:
        sitting: what it does.
        since_ns: when it was told.
        now_ns: now.
    """
    is_idle = sitting.doing is Doing.IDLE and now_ns - sitting.since_ns >= STILL_NS
    return is_idle and now_ns - since_ns >= NOTICE_NS


class Turns:
    """Restarts them. On the event loop only.

    Args:
        restart: whose.
    """

    def __init__(self, restart: Restart) -> None:
        self._restart = restart
        self._due: dict[str, Due] = {}
        self._stirred = anyio.Event()

    async def take(self, found: Full) -> None:
        """Takes in a session that has become full, if such ones are restarted."""
        node = self._restart.node
        if bool(node.config.get(AUTO_KEY)):
            self._due[found.seat.agent_id] = Due(found, node.now_ns())
            self._stirred.set()

    async def run(self) -> None:
        """Looks as long as any is to be restarted."""
        while True:
            self._stirred = anyio.Event()
            while self._due:
                await self.look()
                await self._restart.node.setting.clock.wait(anyio.Event(), LOOK_S)
            await self._stirred.wait()

    async def look(self) -> None:
        """Restarts those whose turns have ended."""
        for agent, each in list(self._due.items()):
            if await self._is_done(agent, each):
                self._due.pop(agent, None)

    async def _is_done(self, agent: str, due: Due) -> bool:
        """Whether nothing more is to be done about it."""
        from thrum.daemon.restart.restarting import Asked

        node = self._restart.node
        sitting, now_ns = node.service(Delivery).sitting(due.found.seat), node.now_ns()
        identity = await node.callers.named(agent)
        pane = identity.tmux_session if identity else ""
        if sitting.doing is Doing.ENDED or not pane or now_ns - due.since_ns > GIVEN_UP_NS:
            return True
        if not is_over(sitting, due.since_ns, now_ns):
            return False
        try:
            await self._restart.restart(Asked(target.parse(pane).session, by=agent))
        except ThrumError as error:
            logger.info("the full session of %s is not restarted: %s", agent, error)
            return error.kind != "conflict"
        return True
