"""Who is alive and what is stale, as a service: jobs of the scheduler."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import anyio

from thrum.clock import parse
from thrum.daemon.service.contract import Service
from thrum.daemon.transaction import Transaction
from thrum.daemon.upkeep import lived, reconcile
from thrum.daemon.upkeep.ageing import forget_stale
from thrum.daemon.upkeep.homeless import Homeless
from thrum.daemon.upkeep.recovery import recover
from thrum.daemon.upkeep.sweeper import Sweeper
from thrum.errors import ThrumError
from thrum.identity import process, programs

if TYPE_CHECKING:
    from thrum.daemon.node import Node

SWEEP_S: Final = 10.0
HOMES_S: Final = 15.0
PROGRAMS_S: Final = 10.0
SEEN_S: Final = 60.0
FORGET_S: Final = 3600.0
LOOK_S: Final = 60.0
AT_START_S: Final = 5.0
"""Seconds for the first look at agents' worktrees, for which everybody waits."""

logger = logging.getLogger("thrum.upkeep")


class Upkeep(Service):
    """Keeps the picture of who works true."""

    name: ClassVar = "upkeep"
    schema: ClassVar = lived.SCHEMA

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        identities, daemon_id = node.callers.identities, node.identity.daemon_id
        self.sweeper = Sweeper(node.store, identities, daemon_id)
        looker = node.callers.resolver.looker
        self.homeless = Homeless(node.store, identities, looker, daemon_id)
        self._stretches: list[lived.Stretch] = []

    async def start(self) -> None:
        """Sees to what nobody saw to while no daemon ran, then begins the jobs."""
        await self._read_programs()
        await self._recall()
        store, identities = self.node.store, self.node.callers.identities
        ours = self.node.identity.daemon_id
        claims = await store.ask(lambda db: reconcile.claims(db, identities.all(), ours))
        gone: set[str] = set()
        with anyio.move_on_after(AT_START_S):  # the sweep sees to what was not seen in time
            gone = await self.homeless.gone()
        await store.transact(lambda t: put_in_order(t, claims, gone, self.present))
        every = self.node.scheduler.every
        every(SWEEP_S, self.sweeper.sweep, owner=self.name, name="look at agents' processes")
        every(HOMES_S, self.homeless.sweep, owner=self.name, name="look at agents' worktrees")
        every(PROGRAMS_S, self._read_programs, owner=self.name, name="read the person's runtimes")
        every(SEEN_S, self.sweeper.note_seen, owner=self.name, name="note who was seen")
        every(LOOK_S, self._note_time, owner=self.name, name="note how much time passed")
        every(FORGET_S, self._forget, owner=self.name, name="forget stale work")

    def present(self, moment: str) -> int:
        """The present as the clock would have it by which the moment was noted.

        So the moment's age is the difference, whatever the clock did meanwhile.

        Args:
            moment: RFC 3339.
        """
        self._look()
        noted = parse(moment)
        return noted + lived.age_ns(self._stretches, noted)

    def _look(self) -> None:
        clock = self.node.setting.clock
        now = lived.Reading(self.node.now_ns(), clock.uptime_ns(), process.boot())
        self._stretches = lived.extended(self._stretches, now)

    async def _read_programs(self) -> None:
        """Has the process tree know the person's own runtimes as the file says by now."""
        home = Path(self.node.setting.environment.get("HOME") or "/")
        found = await anyio.to_thread.run_sync(programs.read, home, abandon_on_cancel=True)
        programs.heed(lambda: found)

    async def _recall(self) -> None:
        """Goes on from what was kept; where that cannot be read, from now."""
        try:
            self._stretches = await self.node.state.of(self.name).ask(lived.load)
        except ThrumError as error:
            logger.warning("ages are told by the clock alone: %s", error)
        self._look()

    async def _note_time(self) -> None:
        self._look()
        stretches = list(self._stretches)
        await self.node.state.of(self.name).write(lambda db: lived.keep(db, stretches))

    async def _forget(self) -> None:
        await self.node.store.transact(lambda t: forget_stale(t, self.present))


def put_in_order(
    transaction: Transaction,
    claims: list[reconcile.Claim],
    gone: set[str],
    present: Callable[[str], int],
) -> None:
    """What nobody saw to while no daemon ran: sessions of the dead, processes, stale contexts."""
    recover(transaction, claims, gone, present)
    reconcile.restore(transaction, claims)
    forget_stale(transaction, present)
