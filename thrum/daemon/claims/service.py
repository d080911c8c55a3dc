"""Claims, as a service: who waits, who is to be told, and what others know."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from thrum import events
from thrum.daemon import saying
from thrum.daemon.claims.line import Line
from thrum.daemon.hub import News
from thrum.daemon.notices import Exchanged
from thrum.daemon.projection.queries import claims as queries
from thrum.daemon.projection.queries.claims import Claim, Known
from thrum.daemon.service.contract import Service
from thrum.daemon.sync.service import SyncService

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Method

UNCONFIRMED: Final = "not confirmed by other clones yet: one of them may have claimed it before"
ALONE: Final = "this clone shares nothing: the claim counts here, and no other clone knows of it"


class Claims(Service):
    """Knows which claims other clones have heard of, and who waits.

    Attributes:
        line: those who wait.
    """

    name: ClassVar = "claims"
    hears: ClassVar = (
        events.ClaimTake,
        events.ClaimRelease,
        events.ClaimRenew,
        events.SessionEnd,
        events.AgentCleanup,
        Exchanged,
    )

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        clock = node.setting.clock
        self.line = Line(node.now_ns, clock.monotonic)
        self._unconfirmed: set[str] = set()

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.claims import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    async def start(self) -> None:
        """See `Service`."""
        found = await self.node.store.ask(self._held)
        self._unconfirmed = {
            each.claim.claim_id for each in found if each.origin_daemon == self._ours
        }

    @property
    def _ours(self) -> str:
        return self.node.identity.daemon_id

    def _held(self, db: sqlite3.Connection) -> list[Known]:
        return queries.held(db, queries.present(db, self.node.now_ns()))

    def heard(self, news: Sequence[News]) -> None:
        """See `Service`."""
        for each, is_local in news:
            if isinstance(each, events.ClaimTake) and is_local:
                self._unconfirmed.add(each.claim_id)
            elif isinstance(each, Exchanged):
                self._confirm()
        self.line.stir()

    def missed(self) -> None:
        """See `Service`."""
        self.line.stir()

    def _confirm(self) -> None:
        """After a cycle: what was made before it is with the others, if nothing waits any more."""
        if self.node.service(SyncService).loop.status().sync_state == "synced":
            self._unconfirmed.clear()

    @property
    def is_alone(self) -> bool:
        """Whether this clone exchanges with nobody, so that no other one has a say."""
        status = self.node.service(SyncService).loop.status()
        return status.local_only or not status.remote

    def shown(self, known: Known) -> Claim:
        """The claim as clients see it."""
        known.claim.confirmed = known.claim.claim_id not in self._unconfirmed or self.is_alone
        return known.claim

    def notice(self, claims: Iterable[Known]) -> str:
        """What is to be known of claims that no other clone has confirmed; empty without any."""
        if all(each.claim.claim_id not in self._unconfirmed for each in claims):
            return ""
        return ALONE if self.is_alone else UNCONFIRMED

    async def letter(self) -> tuple[str, str]:
        """Under which name the daemon speaks, and an id for what it says."""
        return await saying.supervisor(self.node), self.node.ids.make("msg")
