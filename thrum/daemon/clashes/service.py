"""Knows which agents change the same file, as a service.

Nothing is computed before somebody can be told: a hook asks at a boundary of a turn, and what it
gets follows from work contexts and claims as they are then. Only what was told is kept.
"""

from __future__ import annotations

import itertools
import logging
import math
import re
import sqlite3
import unicodedata
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final

import anyio
import msgspec
from anyio import to_thread

from thrum import events
from thrum.claims import patterns
from thrum.claims.patterns import What
from thrum.clock import format_ns
from thrum.daemon.clashes import kept, meeting
from thrum.daemon.clashes.kept import Key
from thrum.daemon.clashes.meeting import Changed, Clash, Held, Meetings
from thrum.daemon.hub import News
from thrum.daemon.notices import Looked
from thrum.daemon.projection.queries import claims as claim_queries
from thrum.daemon.projection.queries.claims import Known
from thrum.daemon.projection.queries.unfinished import LATELY_NS, Unfinished, unfinished
from thrum.daemon.service.contract import Service
from thrum.daemon.work import matching
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Connection

logger = logging.getLogger("thrum.clashes")

AGAIN_S: Final = 30.0
"""Claims and what was seen come to an end without anybody saying so."""

SHARE: Final = 20
"""Of so many seconds one may go into finding out, however often something changes."""

MOST_ASKED: Final = 65_536
"""Claims and paths of which is known whether one covers the other."""

_WILD: Final = re.compile(r"[*?\]]")

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
        self._seen = 0
        self._looked_at = -math.inf
        self._monotonic = node.setting.clock.monotonic
        self._rests_until = -math.inf
        self._meetings = Meetings((), ())
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
            found = await self._look(agent_id)
        except (ThrumError, sqlite3.Error) as error:
            logger.warning("who changes the same files is not known: %s", error)
            return []
        handed = {key for keys in self._on_the_way.values() for key in keys}
        fresh = [each for each in found if each.key not in self._told and each.key not in handed]
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

    async def _look(self, agent_id: str) -> list[Clash]:
        """What an agent is to hear by what is known now, or was some moments ago."""
        async with self._turn:
            news, began = self._news, self._monotonic()
            is_news = self._seen != news and self._is_time(began)
            if is_news or began >= self._looked_at + AGAIN_S:
                since = format_ns(self.node.now_ns() - LATELY_NS)
                self._meetings = await self.node.store.ask(lambda db: self._ask(db, since))
                self._found.clear()
                self._seen, self._looked_at = news, began
            if agent_id not in self._found:
                self._found[agent_id] = await to_thread.run_sync(self._meetings.of, agent_id)
                ended = self._monotonic()
                self._rests_until = ended + SHARE * (ended - began)
            return self._found[agent_id]

    def _is_time(self, now: float) -> bool:
        """Whether enough time went by since somebody found out."""
        return now >= self._rests_until

    def _ask(self, db: sqlite3.Connection, since: str) -> Meetings:
        ours = self.node.identity.daemon_id
        return Meetings(
            [_changed(each, ours) for each in unfinished(db, since)],
            [_claimed(each) for each in self._held(db) if not each.claim.shared],
        )

    def _held(self, db: sqlite3.Connection) -> list[Known]:
        return claim_queries.held(db, claim_queries.present(db, self.node.now_ns()))

    async def _forget(self) -> None:
        """Keeps what is there still, forgets what is long gone."""
        now_ns = self.node.now_ns()
        there: set[Key] = set()
        for agent_id in {key[0] for key in self._told}:
            there |= {each.key for each in await self._look(agent_id)}
        still = there & self._told

        def write(db: sqlite3.Connection) -> set[Key]:
            kept.note(db, still, now_ns)
            kept.forget(db, now_ns - KEPT_NS, MOST_KEPT)
            return kept.load(db)

        self._told = await self.tables.write(write)


def _claimed(found: Known) -> Held:
    what, anchor = found.what, patterns.anchor(found.what)
    tail = _tail(found.claim.what)

    def covers(folded: str) -> bool:
        # Most paths are below other folders or end otherwise, which is known without patterns.
        is_below = not anchor or folded == anchor or folded.startswith(f"{anchor}/")
        return is_below and folded.endswith(tail) and _covers(what, folded)

    return Held(found.claim.agent_id, covers)


@lru_cache(maxsize=MOST_ASKED)
def _covers(what: What, folded: str) -> bool:
    """As `patterns.covers`; the same files are asked about again and again."""
    return patterns.covers(what, folded)


def _tail(text: str) -> str:
    """With what every path ends that a glob covers, as it is compared; empty if nobody can tell."""
    if not patterns.is_glob(text):
        return ""
    tail = _WILD.split(text)[-1].lstrip("/")
    is_plain = "\\" not in tail and not unicodedata.combining(tail[:1] or " ")
    return patterns.fold(tail) if is_plain else ""


def _changed(found: Unfinished, ours: str) -> Changed:
    paths = list(matching.paths_of(found.names))
    return meeting.changed(found.agent_id, (found.origin_daemon or ours, found.worktree), paths)
