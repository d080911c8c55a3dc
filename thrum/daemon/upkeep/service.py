"""Who is alive and what is stale, as a service: jobs of the scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from thrum.daemon.service.contract import Service
from thrum.daemon.transaction import Transaction
from thrum.daemon.upkeep import reconcile
from thrum.daemon.upkeep.ageing import forget_stale
from thrum.daemon.upkeep.homeless import Homeless
from thrum.daemon.upkeep.recovery import recover
from thrum.daemon.upkeep.sweeper import Sweeper

if TYPE_CHECKING:
    from thrum.daemon.node import Node

SWEEP_S: Final = 10.0
HOMES_S: Final = 15.0
SEEN_S: Final = 60.0
FORGET_S: Final = 3600.0


class Upkeep(Service):
    """Keeps the picture of who works true."""

    name: ClassVar = "upkeep"

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        identities, daemon_id = node.callers.identities, node.identity.daemon_id
        self.sweeper = Sweeper(node.store, identities, daemon_id)
        looker = node.callers.resolver.looker
        self.homeless = Homeless(node.store, identities, looker, daemon_id)

    async def start(self) -> None:
        """Sees to what nobody saw to while no daemon ran, then begins the jobs."""
        store, identities = self.node.store, self.node.callers.identities
        ours = self.node.identity.daemon_id
        claims = await store.ask(lambda db: reconcile.claims(db, identities.all(), ours))
        await store.transact(lambda transaction: put_in_order(transaction, claims))
        every = self.node.scheduler.every
        every(SWEEP_S, self.sweeper.sweep, owner=self.name, name="look at agents' processes")
        every(HOMES_S, self.homeless.sweep, owner=self.name, name="look at agents' worktrees")
        every(SEEN_S, self.sweeper.note_seen, owner=self.name, name="note who was seen")
        every(FORGET_S, self._forget, owner=self.name, name="forget stale work")

    async def _forget(self) -> None:
        await self.node.store.transact(forget_stale)


def put_in_order(transaction: Transaction, claims: list[reconcile.Claim]) -> None:
    """What nobody saw to while no daemon ran: sessions of the dead, processes, stale contexts."""
    recover(transaction, claims)
    reconcile.restore(transaction, claims)
    forget_stale(transaction)
