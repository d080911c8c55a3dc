"""Knows which agents change the same file, as a service.

Nothing is computed before somebody can be told: a hook asks at a boundary of a turn, and what it
gets follows from work contexts and claims as they are then. Only what was told is kept.
"""

from __future__ import annotations

import itertools
import logging
import sqlite3
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

import anyio
import msgspec

from thrum import events
from thrum.claims import patterns
from thrum.clock import format_ns
from thrum.daemon.clashes import kept, meeting
from thrum.daemon.clashes.kept import Key
from thrum.daemon.clashes.meeting import Changed, Clash, Held
from thrum.daemon.hub import News
from thrum.daemon.notices import Looked
from thrum.daemon.projection.queries import claims as claim_queries
from thrum.daemon.projection.queries.claims import Known
from thrum.daemon.projection.queries.unfinished import Unfinished, unfinished
from thrum.daemon.service.contract import Service
from thrum.daemon.work import matching
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Connection

logger = logging.getLogger("thrum.clashes")

HOURS_NS: Final = 4 * 3600 * 1_000_000_000
"""What was seen changed and not committed before that says nothing any more."""

AGAIN_S: Final = 30.0
"""Claims and what was seen come to an end without anybody saying so."""

MOST_OTHERS: Final = 3
"""Agents of whom one boundary tells; of more the next one does."""

MOST_NAMED: Final = 5
"""Files that are named of each; the others are a number."""

FORGET_S: Final = 3600.0
KEPT_NS: Final = 7 * 24 * 3600 * 1_000_000_000
MOST_KEPT: Final = 50_000


class Met(msgspec.Struct, omit_defaults=True):
    """What an agent hears of another one that is at the same files.

    `form` is `changes` (both have changed them and committed nothing), `held` (the other one holds
    what this one has changed) or `holds` (the other way round). `files` names the first of `count`.
    """

    id: str
    agent_id: str
    form: str
    files: list[str]
    count: int


class Clashes(Service):
    """Knows what each agent is to hear of others, and has heard."""

    name: ClassVar = "clashes"
    hears: ClassVar = (
        Looked,
        events.AgentUpdate,
        events.ClaimTake,
        events.ClaimRelease,
        events.ClaimRenew,
        events.SessionEnd,
        events.AgentCleanup,
    )
    schema: ClassVar = kept.SCHEMA

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._news = 1
        self._looked_at = (0, 0.0)
        self._found: dict[str, list[Clash]] = {}
        self._told: set[Key] = set()
        self._on_the_way: dict[str, tuple[Key, ...]] = {}
        self._ids = itertools.count(1)
        self._turn = anyio.Lock()

    async def start(self) -> None:
        """See `Service`."""
        if self.tables.refusal is None:
            self._told = await self.tables.ask(kept.load)
        self.node.scheduler.every(
            FORGET_S, self._forget, owner=self.name, name="forget who was told of which clash"
        )

    def heard(self, news: Sequence[News]) -> None:
        """See `Service`."""
        self._news += 1

    def missed(self) -> None:
        """See `Service`."""
        self._news += 1

    async def handed(self, agent_id: str, connection: Connection) -> list[Met]:
        """What an agent is to hear now; until the connection ends nobody else tells it that.

        What cannot be found out is only logged: whoever asks wants mail.
        """
        if self.tables.refusal is not None:
            return []  # it could not be kept that it was told, and would be told for ever
        try:
            await self._look()
        except (ThrumError, sqlite3.Error) as error:
            logger.warning("who changes the same files is not known: %s", error)
            return []
        handed = {key for keys in self._on_the_way.values() for key in keys}
        fresh = [
            each
            for each in self._found.get(agent_id, ())
            if each.key not in self._told and each.key not in handed
        ]
        groups = itertools.groupby(fresh, lambda each: (each.form, each.other))
        met = [self._met(tuple(each)) for _, each in itertools.islice(groups, MOST_OTHERS)]

        def release() -> None:
            for each in met:
                self._on_the_way.pop(each.id, None)

        if met:
            connection.on_close.append(release)
        return met

    def _met(self, clashes: tuple[Clash, ...]) -> Met:
        found = str(next(self._ids))
        self._on_the_way[found] = tuple(each.key for each in clashes)
        files = [each.path for each in clashes[:MOST_NAMED]]
        first = clashes[0]
        return Met(found, first.other, first.form.value, files, len(clashes))

    async def given(self, agent_id: str, ids: Collection[str]) -> None:
        """Notes that an agent has heard these.

        Raises:
            ThrumError: as `Tables.write`.
        """
        keys = [key for each in ids for key in self._on_the_way.pop(each, ()) if key[0] == agent_id]
        self._told.update(keys)
        if keys:
            now_ns = self.node.now_ns()
            await self.tables.write(lambda db: kept.note(db, keys, now_ns))

    async def _look(self) -> None:
        """Has what there is to hear be what follows from what is known now."""
        async with self._turn:
            news, now = self._news, self.node.setting.clock.monotonic()
            if self._looked_at[0] == news and now < self._looked_at[1] + AGAIN_S:
                return
            since = format_ns(self.node.now_ns() - HOURS_NS)
            self._found = await self.node.store.ask(lambda db: self._ask(db, since))
            self._looked_at = news, now

    def _ask(self, db: sqlite3.Connection, since: str) -> dict[str, list[Clash]]:
        ours = self.node.identity.daemon_id
        changed = [_changed(each, ours) for each in unfinished(db, since)]
        return meeting.clashes(changed, self._held(db))

    def _held(self, db: sqlite3.Connection) -> list[Held]:
        """What is claimed by one agent alone."""
        found = claim_queries.held(db, claim_queries.present(db, self.node.now_ns()))
        return [_claimed(each) for each in found if not each.claim.shared]

    async def _forget(self) -> None:
        """Keeps what is there still, forgets what is long gone."""
        now_ns = self.node.now_ns()
        there = [each.key for some in self._found.values() for each in some]
        still = [key for key in there if key in self._told]

        def write(db: sqlite3.Connection) -> set[Key]:
            kept.note(db, still, now_ns)
            kept.forget(db, now_ns - KEPT_NS, MOST_KEPT)
            return kept.load(db)

        self._told = await self.tables.write(write)


def _claimed(found: Known) -> Held:
    what, anchor = found.what, patterns.anchor(found.what)

    def covers(path: str) -> bool:
        # Most paths are below other folders, which is known without a look at patterns.
        folded = patterns.fold(path.rstrip("/"))
        is_below = not anchor or folded == anchor or folded.startswith(f"{anchor}/")
        return is_below and patterns.covers(what, folded)

    return Held(found.claim.agent_id, covers)


def _changed(found: Unfinished, ours: str) -> Changed:
    paths = dict.fromkeys(path for name in found.names for path in matching.paths(name))
    return Changed(found.agent_id, (found.origin_daemon or ours, found.worktree), [*paths])
