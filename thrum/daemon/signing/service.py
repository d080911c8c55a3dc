"""Signatures, as a service: whose keys count here, and what that says of messages."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

import anyio

from thrum import events
from thrum.clock import format_ns
from thrum.config import Config, Key
from thrum.daemon.hub import News
from thrum.daemon.service.contract import Service
from thrum.daemon.signing import decisions, policy, requiring, said
from thrum.daemon.signing.gate import SignatureGate
from thrum.daemon.signing.judge import Judge
from thrum.daemon.signing.policy import Policy
from thrum.daemon.signing.ring import Decision, Finding, Owned, Ring, State, Verdict
from thrum.daemon.signing.said import Signed
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.service.contract import Check

EVERY_S: Final = 1.0
MOST_AT_ONCE: Final = 20
"""Messages whose signatures are looked up on the event loop, where they were judged before."""
BEGIN_S: Final = 900.0
"""Time to look at the signatures of a long history, when they come to be required."""


class Marked(Protocol):
    """A message as it is shown."""

    message_id: str
    signature: str
    signature_why: str


class Signing(Service):
    """Knows the keys of all clones.

    Attributes:
        policy: what is made of signatures.
        revalued: told on the loop when messages may be worth another thing than was said of them.
    """

    name: ClassVar = "signing"
    nouns: ClassVar = ("keys",)
    keys: ClassVar[Mapping[str, Key]] = {
        policy.KEY: Key(
            str,
            Policy.WARN.value,
            "What is made of signatures: `off` (nothing is signed or looked at), `warn` (events "
            "of this clone are signed, and messages say what theirs is worth) or `require` (events "
            "of others without a good one do not count here until they have).",
        )
    }
    hears: ClassVar = (events.KeyPublish, events.KeyRevoke)
    schema: ClassVar = decisions.SCHEMA

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.policy = policy.of(node.config)
        self.revalued: Callable[[], None] = lambda: None
        self._news = 1
        self._seen = 0
        self._judge: Judge | None = None
        self._turning = anyio.Lock()

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.rpc.registry import declared_in
        from thrum.daemon.signing import methods

        return declared_in(methods)

    @classmethod
    def checks(cls) -> Mapping[str, Check]:
        """See `Service`."""
        from thrum.daemon.signing import check

        return {"signatures": check.signatures}

    async def start(self) -> None:
        """See `Service`."""
        every = self.node.scheduler.every
        every(EVERY_S, self._see, owner=self.name, name="note the first keys of others")
        signed = "have count what is signed"
        every(EVERY_S, self._follow, owner=self.name, name=signed, limit_s=BEGIN_S)

    def heard(self, news: Sequence[News]) -> None:
        """See `Service`."""
        self._changed()

    def missed(self) -> None:
        """See `Service`."""
        self._changed()

    def changed(self, config: Config) -> None:
        """See `Service`."""
        before, self.policy = self.policy, policy.of(config)
        if before is not self.policy:
            self.revalued()

    def health(self) -> str:
        """See `Service`."""
        return self.node.signer.trouble if self.node.signer else ""

    async def judge(self) -> Judge:
        """Who judges by the keys as they count now."""
        while self._judge is None:
            news = self._news
            made = await self._made()
            if news == self._news:
                self._judge = made
        return self._judge

    async def _made(self) -> Judge:
        decided = await self.tables.ask(decisions.read)
        signer = self.node.signer
        own = signer.own() if signer is not None else None
        return await self.node.store.ask(lambda db: Judge(_ring(db, decided, own)))

    async def decide(self, owned: Owned, decision: Decision) -> None:
        """Keeps a decision, which counts at once.

        Raises:
            ThrumError: ``storage``, the disk refuses.
        """
        await self.tables.write(lambda db: decisions.keep(db, owned, decision))
        self._changed()
        await self._heed({owned.daemon})

    async def find(
        self, question: Callable[[sqlite3.Connection], list[Signed]]
    ) -> dict[str, Finding]:
        """What signatures say of what the question finds; nothing where nobody wants to know."""
        if self.policy is Policy.OFF:
            return {}
        judge = await self.judge()
        return await self.node.store.ask(lambda db: judge.together(question(db)))

    async def mark(self, rows: Iterable[Marked]) -> None:
        """Says of each message what its signature is worth. That of a row that has no event: none.

        A message is shown whatever becomes of this.
        """
        shown = list(rows)
        if self.policy is Policy.OFF or not shown:
            return
        ids = tuple(row.message_id for row in shown)
        found = self._remembered(ids) if len(ids) <= MOST_AT_ONCE else None
        if found is None:
            found = await self.find(lambda db: said.of_messages(db, ids))
        for row in shown:
            finding = found.get(row.message_id)
            row.signature = (finding.state if finding else State.UNSIGNED).value
            row.signature_why = finding.why if finding else ""

    def _remembered(self, ids: Sequence[str]) -> dict[str, Finding] | None:
        """What was found before of all these messages; ``None`` where one has to be looked at."""
        judge = self._judge
        if judge is None:
            return None
        signed = said.of_messages(self.node.store.reader(), ids)
        return judge.together(signed) if judge.knows(signed) else None

    def _changed(self) -> None:
        self._news += 1
        self._judge = None
        self.revalued()

    async def _see(self) -> None:
        """Notes the first key of each daemon that nothing is known of yet."""
        news = self._news
        if news == self._seen:
            return
        here = self.node.identity.daemon_id
        decided = await self.tables.ask(decisions.read)
        known = {owned.daemon for owned in decided} | {here}
        published = await self.node.store.ask(said.published)
        if any(owned.daemon == here and owned not in decided for owned in published):
            # Only then, for to know our own key takes the library that signs.
            await self._keep_own(decided)
        if {owned.daemon for owned in published} - known:
            ring = (await self.judge()).ring
            first = [owned for owned in ring.first_keys() if owned.daemon not in known]
            await self.tables.write(lambda db: decisions.see(db, first))
            self._judge = None
            await self._heed({owned.daemon for owned in first})
        self._seen = news

    async def _keep_own(self, decided: Mapping[Owned, Decision]) -> None:
        """Notes our own key: what it signed counts when it is lost and another one comes.

        And the one that we had first, which counts as long as nothing is noted.
        """
        own = self.node.signer.own() if self.node.signer else None
        if own is None or own in decided:
            return
        ring = (await self.judge()).ring
        first = {Owned(own.daemon, key) for key in ring.roots.get(own.daemon, ())}

        def note(db: sqlite3.Connection) -> None:
            decisions.see(db, first & ring.trusted)
            decisions.keep(db, own, Decision(Verdict.ACCEPTED))

        await self.tables.write(note)
        await self._heed({own.daemon})

    async def _follow(self) -> None:
        """Begins or ends to require signatures, when the configuration says so."""
        is_required = self.policy is Policy.REQUIRE
        if is_required and self.node.store.gate is None:
            found = await self.node.store.ask(requiring.here)
            since = format_ns(self.node.now_ns())
            await self.tables.write(lambda db: requiring.begin(db, since, found))
            await self._begin()
        elif not is_required and self.node.store.gate is not None:
            async with self._turning:
                await self.tables.write(requiring.end)
                await self.node.store.regate(None)

    async def _begin(self) -> None:
        """Has only what is signed count from now on. All that is here is judged."""
        ahead = await self._gate()
        if ahead is None:
            return
        await self.node.store.ask(ahead.look_ahead)
        async with self._turning:
            gate = await self._gate()
            if gate is not None:
                gate.go_by(ahead)
                await self.node.store.regate(gate)
                gate.look_back()

    async def _heed(self, daemons: Collection[str]) -> None:
        """Has events of daemons count by what is decided now, where signatures are required.

        One at a time, lest one that was asked earlier comes last.
        """
        async with self._turning:
            if self.node.store.gate is None:
                return
            gate = await self._gate()
            if gate is not None:
                await self.node.store.regate(gate, daemons)

    async def _gate(self) -> SignatureGate | None:
        signer = self.node.signer
        if signer is None:
            return None
        return await self.tables.ask(lambda db: requiring.gate(db, signer.own))


def _ring(db: sqlite3.Connection, decided: Mapping[Owned, Decision], own: Owned | None) -> Ring:
    from thrum.daemon.signing.ed25519 import is_by

    return Ring.of(said.about_keys(db), decided, is_by, own)


def demand(node: Node) -> None:
    """Refuses what needs a key of this clone where none is used.

    Raises:
        ThrumError: ``conflict``.
    """
    if node.signer is None or node.service(Signing).policy is Policy.OFF:
        raise ThrumError(
            "conflict",
            "this clone signs nothing: signatures is off",
            "set `signatures` to `warn` in .thrum/config.json",
        )
