"""Claims, as a service: who waits, who is to be told, and what others know."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio

from thrum import events
from thrum.claims import patterns
from thrum.claims.patterns import What
from thrum.clock import format_ns
from thrum.daemon import saying
from thrum.daemon.claims.line import Line
from thrum.daemon.claims.shown import ClaimTold
from thrum.daemon.hub import News
from thrum.daemon.notices import Exchanged, Forgotten
from thrum.daemon.projection.queries import claims as queries
from thrum.daemon.projection.queries import presence
from thrum.daemon.projection.queries.claims import Claim, Contest, Known
from thrum.daemon.push.service import Push
from thrum.daemon.service.contract import Service
from thrum.daemon.sync.service import SyncService
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thrum.daemon.node import Node
    from thrum.daemon.rpc.pushed import Pushed
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.transaction import Transaction

_TAKES: Final = (events.ClaimTake, Exchanged)

UNCONFIRMED: Final = "not confirmed by other clones yet: one of them may have claimed it before"
ALONE: Final = "this clone shares nothing: the claim counts here, and no other clone knows of it"


class Claims(Service):
    """Knows which claims other clones have heard of, and who waits.

    Attributes:
        line: those who wait.
    """

    name: ClassVar = "claims"
    nouns: ClassVar = ("claim",)
    hears: ClassVar = (
        events.ClaimTake,
        events.ClaimRelease,
        events.ClaimRenew,
        events.SessionEnd,
        events.AgentCleanup,
        Exchanged,
        Forgotten,
    )
    pushes: ClassVar = (ClaimTold,)

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        clock = node.setting.clock
        self.line = Line(node.now_ns, clock.monotonic)
        self._unconfirmed: set[str] = set()
        self._called = anyio.Event()
        self._notified: set[tuple[str, str]] = set()
        self._told: dict[str, Claim] = {}
        self._in_force: list[Known] | None = None
        self._changes = 0

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.claims import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    async def start(self) -> None:
        """See `Service`."""
        self.node.service(Push).feeds.offer(self.name, self._current)
        found = await self._look()
        self._unconfirmed = {
            each.claim.claim_id for each in found if each.origin_daemon == self._ours
        }
        self._called.set()

    async def run(self) -> None:
        """Tells whom it concerns, whenever something may have changed."""
        while True:
            await self._called.wait()
            self._called = anyio.Event()
            await self._notify()
            await self._push()

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
        # What is taken here frees nothing.
        frees = any(not (local and isinstance(each, _TAKES)) for each, local in news)
        self._has_changed(frees=frees)

    def missed(self) -> None:
        """See `Service`."""
        self._has_changed(frees=True)

    def _has_changed(self, *, frees: bool) -> None:
        self._in_force = None
        self._changes += 1
        if frees:
            self.line.stir()
        self._called.set()

    # -- telling --

    async def _notify(self) -> None:
        """Writes to who lives here of those who claimed the same as somebody elsewhere."""
        from thrum.daemon.claims import notice

        found = await self.node.store.ask(self._contests)
        untold = [each for each in found if each[0] not in self._notified]
        if untold:
            author = await saying.supervisor(self.node)
            letters = [
                (contest, which, self.node.ids.make("msg")) for (_, which), contest in untold
            ]

            def send(transaction: Transaction) -> None:
                for contest, which, message_id in letters:
                    notice.send(transaction, contest, which, author, message_id)

            await self.node.store.transact(send)
        self._notified = {each for each, _ in found}

    def _contests(self, db: sqlite3.Connection) -> list[tuple[tuple[str, str], Contest]]:
        """Whose claim is lost or stands and who lives here; each is told by one clone alone."""
        from thrum.daemon.claims import notice

        found = queries.contests(db, queries.present(db, self.node.now_ns()))
        sides = [
            (each, which, side.claim)
            for each in found
            for which, side in ((notice.LOST, each.lost), (notice.STANDS, each.winner))
        ]
        homes = presence.presence(db, {claim.agent_id for _, _, claim in sides})
        ours = {"", self._ours}
        return [
            ((each.lost.claim.claim_id, which), each)
            for each, which, claim in sides
            if (home := homes.get(claim.agent_id)) is not None and home.origin_daemon in ours
        ]

    async def _push(self) -> None:
        """Tells pages of every claim that is another one than they were told."""
        feeds = self.node.service(Push).feeds
        if not feeds.count:
            self._told = {}
            return
        now = {each.claim.claim_id: self.shown(each) for each in await self._look()}
        gone = self._told.keys() - now.keys()
        for claim in (*now.values(), *(await self._ended(gone))):
            if self._told.get(claim.claim_id) != claim:
                feeds.say(ClaimTold(claim=claim))
        self._told = now

    async def _look(self) -> list[Known]:
        return await self.node.store.ask(self._held)

    async def _ended(self, claim_ids: Collection[str]) -> list[Claim]:
        if not claim_ids:
            return []
        found = await self.node.store.ask(
            lambda db: queries.by_id(db, queries.present(db, self.node.now_ns()), claim_ids)
        )
        return [self.shown(each) for each in found.values()]

    async def _current(self) -> list[Pushed]:
        """How it is now, for a page that was away."""
        return [ClaimTold(claim=self.shown(each)) for each in await self._look()]

    # -- what others ask --

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

    async def held(self) -> list[Claim]:
        """What is in force, the earliest first; it is looked up again only when something changed.

        So a view that shows it besides asks nothing more.
        """
        found, changes = self._in_force, self._changes
        if found is None:
            found = await self._look()
            # What came meanwhile may not be in it, so whoever asks next looks again.
            self._in_force = found if changes == self._changes else None
        now = format_ns(self.node.now_ns())
        return [self.shown(each) for each in found if each.claim.until > now]

    async def covering(self, said: str) -> list[Claim]:
        """What is in force and covers a path from the root; of what is no such path, nothing."""
        try:
            path = patterns.path(said)
        except ThrumError:
            return []
        return [
            claim
            for claim in await self.held()
            if claim.kind == "path" and patterns.covers(What("path", claim.what), path)
        ]

    async def tell_ended(self, me: str, ended: Sequence[Known]) -> None:
        """Writes to those whose claims somebody else has ended."""
        from thrum.daemon.claims import releasing

        if not ended:
            return
        author = await saying.supervisor(self.node)
        ids = iter([self.node.ids.make("msg") for _ in ended])
        await self.node.store.transact(
            lambda transaction: releasing.tell_ended(transaction, me, ended, author, ids)
        )

    async def letter(self) -> tuple[str, str]:
        """Under which name the daemon speaks, and an id for what it says."""
        return await saying.supervisor(self.node), self.node.ids.make("msg")
