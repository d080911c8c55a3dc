"""Tells agents of mail by their line, where nothing else has brought it for a while, as a service.

What delivery knows comes first: who is woken, is in a turn or asks for leave gets its mail there.
What is left is told of once, for all of it, when the agent's line is seen to be free; the sender
learns that it was offered by the pane. Where the line is not free nothing is tried again before
something happens: the pane goes quiet again, or the agent does something else. Whoever was told and
has not looked is told once more after a while (`again`), by the same rules.
"""

from __future__ import annotations

import logging
import math
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

import anyio
from anyio import to_thread

from thrum import events, held
from thrum.clock import format_ns
from thrum.config import Config, Key
from thrum.daemon.delivery.service import Delivery, note_seen
from thrum.daemon.hub import News
from thrum.daemon.loops.service import Loops
from thrum.daemon.notices import Changed, PaneQuiet
from thrum.daemon.nudges import again, readiness, spool, words
from thrum.daemon.nudges.backlog import Backlog
from thrum.daemon.nudges.readiness import Doubts
from thrum.daemon.nudges.spool import Spooled
from thrum.daemon.projection.queries import arrivals, unread
from thrum.daemon.projection.queries.messages import authors
from thrum.daemon.projection.queries.rows import offers
from thrum.daemon.service.contract import Service
from thrum.daemon.tmux import binding, guard, reaching
from thrum.daemon.tmux.service import Tmux
from thrum.daemon.tmux.watcher import runtime_of
from thrum.daemon.waiting.service import Waiting
from thrum.errors import ThrumError
from thrum.runtimes.screens import table
from thrum.runtimes.screens.screen import Kind

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.service.scheduler import Job
    from thrum.daemon.tmux.panes import Pane
    from thrum.identity.files import Identity

ENABLED_KEY: Final = "nudge.enabled"
AFTER_KEY: Final = "nudge.after_seconds"
QUIET_KEY: Final = "nudge.chrome_quiet_seconds"
DEADLINE_KEY: Final = "nudge.dispatch_deadline_seconds"
SWEEP_S: Final = 3600.0
AGAIN_S: Final = 60.0
"""Seconds between two looks for those who are to be told once more."""

LOST_S: Final = 35.0
"""Seconds after which a word that was typed and is seen nowhere is typed again: a program that only
begins may lose its keys, and nothing moves in its pane then."""

GATHER_S: Final = 0.25
"""Seconds between two looks for whom messages are: what comes meanwhile is looked at together, so
that whoever sends a thousand need not wait for a thousand looks."""

MOST_NEWS: Final = 5_000
"""Messages whose recipients are looked for at once; of more everybody's mail is looked at."""

_NOBODY: Final = frozenset({Kind.SHELL, Kind.UNKNOWN})
AT_ONCE: Final = 8
"""Agents that are told at the same time: most of it is waiting."""

logger = logging.getLogger("thrum.nudges")


class Nudges(Service):
    """Has mail that waits told of in panes."""

    name: ClassVar = "nudges"
    keys: ClassVar[Mapping[str, Key]] = {
        ENABLED_KEY: Key(
            bool,
            True,
            "Whether word of mail is typed into an agent's session of tmux where nothing else"
            " brings it, and once more where it lies unread for a quarter of an hour.",
        ),
        AFTER_KEY: Key(
            int, 30, "Seconds that hooks and whatever wakes a session have before that.", least=1
        ),
        QUIET_KEY: Key(
            int,
            10,
            "Seconds of quiet in the pane before something is typed there; negative for none.",
        ),
        DEADLINE_KEY: Key(
            int,
            60,
            "Seconds after which that is not waited for any more; negative: it never is."
            " The line has to be free all the same.",
        ),
    }
    hears: ClassVar = (events.MessageCreate, Changed, PaneQuiet)
    schema: ClassVar = again.SCHEMA

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._woken = anyio.Event()
        self._news: list[events.MessageCreate] = []
        self._gathered = math.inf
        self._taken = -math.inf
        self._is_behind = True
        self._looking: Job | None = None
        self._backlog = Backlog(30.0)
        self._seen: dict[str, PaneQuiet] = {}
        self._quiet: set[str] = set()
        self._limiter = anyio.CapacityLimiter(AT_ONCE)
        self.changed(node.config)

    def changed(self, config: Config) -> None:
        """See `Service`."""
        self._is_on = bool(config.get(ENABLED_KEY))
        self._backlog.after_s = float(config.get(AFTER_KEY))
        self._quiet_s = float(config.get(QUIET_KEY))
        self._deadline_s = float(config.get(DEADLINE_KEY))
        if self._looking is not None:
            self._looking.at(self._now)

    async def start(self) -> None:
        """See `Service`."""
        scheduler = self.node.scheduler
        self._looking = scheduler.alarm(self._look, owner=self.name, name="look at all mail")
        scheduler.every(SWEEP_S, self._sweep, owner=self.name, name="sweep files of read messages")
        scheduler.every(
            AGAIN_S, self.look_again, owner=self.name, name="look at mail that nobody looked at"
        )

    def heard(self, news: Sequence[News]) -> None:
        """See `Service`."""
        wakes = False
        for each, _ in news:
            if isinstance(each, events.MessageCreate):
                if not self._news:
                    wakes, self._gathered = True, max(self._now, self._taken + GATHER_S)
                self._news.append(each)
                continue
            wakes = True
            if isinstance(each, PaneQuiet):
                self._seen[each.agent] = each
                self._quiet.add(each.agent)
                self._backlog.stir(each.agent, self._now)
            elif isinstance(each, Changed):
                self._backlog.stir(each.agent_id, self._now)
        if len(self._news) > MOST_NEWS:
            self._news.clear()
            wakes = self._is_behind = True
        if wakes:
            self._woken.set()

    def missed(self) -> None:
        """See `Service`."""
        self._is_behind = True
        self._woken.set()

    async def run(self) -> None:
        """See `Service`."""
        self._is_behind = True  # whatever came while it did not run
        await self._sweep()
        while True:
            self._woken = anyio.Event()
            await self._take()
            async with anyio.create_task_group() as tasks:
                for agent_id in self._backlog.due(self._now):
                    tasks.start_soon(self._in_turn, agent_id)
            until = min(self._backlog.next, self._gathered)
            await self.node.setting.clock.wait(self._woken, until - self._now)

    async def _look(self) -> None:
        """Has all mail looked at."""
        self.missed()

    def reaches(self, agent_id: str) -> bool:
        """Whether an agent is told of its mail by its pane, sooner or later: it is there, and what
        runs in it is known."""
        seen = self._seen.get(agent_id)
        if not self._is_on or seen is None or seen.screen.kind in _NOBODY:
            return False
        sittings = self.node.service(Delivery).sittings(agent_id)
        may_begin = all(each.may_begin_turn() for each in sittings[-1:])
        is_known = table.of(seen.runtime).has_line
        return is_known and may_begin and self.node.service(Tmux).watcher.sees(seen.pane_id)

    @property
    def _now(self) -> float:
        return self.node.setting.clock.monotonic()

    # -- what came --

    async def _take(self) -> None:
        """Takes in what came for agents who are at home here."""
        news = self._gathered_news()
        quiet, self._quiet = self._quiet, set()
        is_behind, self._is_behind = self._is_behind, False
        if not (news or quiet or is_behind):
            return
        everybody = [each for each in await self.node.callers.filed() if each.is_native]
        bound = {each.name for each in binding.bound(everybody)}
        if news:
            reached = await self._reached(news, {each.name for each in everybody})
            await self._spool(news, reached)
            for message_id, agent_id in reached:
                if agent_id in bound:
                    self._backlog.add(agent_id, [message_id], self._now)
        # What came before an agent had a session is mail as well.
        for agent_id in bound if is_behind else bound & quiet:
            lies = await self.node.store.ask(
                lambda db, agent_id=agent_id: unread.unread(db, agent_id)  # type: ignore[misc]
            )
            unseen = [each for each, is_seen in lies.items() if not is_seen]
            self._backlog.add(agent_id, unseen, self._now)
            self._backlog.stir(agent_id, self._now)

    def _gathered_news(self) -> list[events.MessageCreate]:
        """The messages that came, unless some were looked at just now."""
        if self._gathered > self._now:
            return []
        self._gathered, self._taken = math.inf, self._now
        news, self._news = self._news, []
        return news

    async def _reached(
        self, news: Sequence[events.MessageCreate], agents: Collection[str]
    ) -> list[tuple[str, str]]:
        """Which of the messages lie with which of the agents."""
        ids = [each.message_id for each in news]
        found = await self.node.store.ask(lambda db: arrivals.reached(db, ids, agents))
        return sorted(found)

    async def _spool(
        self, news: Sequence[events.MessageCreate], reached: Sequence[tuple[str, str]]
    ) -> None:
        """Writes the files that hooks of older programs read."""
        senders = {each.message_id: each.agent_id for each in news}
        mine = [
            Spooled(agent_id, message_id, senders[message_id])
            for message_id, agent_id in reached
            if agent_id != senders[message_id]
        ]
        now = format_ns(self.node.now_ns())
        try:
            await to_thread.run_sync(spool.put, self.node.place.shared, mine, now)
        except OSError as error:
            logger.warning("messages are not spooled for older hooks: %s", error)

    async def _sweep(self) -> None:
        """Takes away the files of messages that were read."""

        def left(db: sqlite3.Connection) -> int:
            def lie(agent_id: str, message_ids: Collection[str]) -> Collection[str]:
                return unread.among(db, agent_id, message_ids)

            return spool.sweep(self.node.place.shared, lie, self.node.now_ns() / 1e9)

        try:
            await self.node.store.ask(left)
        except OSError as error:
            logger.warning("what is spooled for older hooks is not swept: %s", error)

    # -- what is told once more --

    async def look_again(self) -> None:
        """Has everybody be told of mail once more who is to be.

        Raises:
            ThrumError: as `Tables.ask` and `Tables.write`.
        """
        if not self._is_on or self.tables.refusal is not None:
            return
        everybody = await self.node.callers.filed()
        bound = {each.name for each in binding.bound(everybody) if each.is_native}
        for agent_id in await self.tables.ask(again.agents):
            await self._forget(agent_id)
        for agent_id in bound:
            if due := await self._due_again(agent_id):
                self._backlog.add(agent_id, due, self._now - self._backlog.after_s)
                self._woken.set()

    async def _forget(self, agent_id: str) -> None:
        """Forgets of what an agent was told once more, and what it has read by now."""
        told = await self.tables.ask(lambda db: again.told(db, agent_id))
        lies = await self.node.store.ask(lambda db: unread.among(db, agent_id, told))
        if read := told.keys() - lies.keys():
            await self.tables.write(lambda db: again.take_back(db, agent_id, read))

    async def _due_again(self, agent_id: str) -> list[str]:
        """The mail of which an agent is to be told once more, the oldest first.

        Raises:
            ThrumError: as `Tables.ask`.
        """
        if self.tables.refusal is not None:
            return []
        told = await self.tables.ask(lambda db: again.told(db, agent_id))
        lies = await self.node.store.ask(lambda db: unread.seen(db, agent_id, again.MOST))
        due = again.due(lies, told, self.node.now_ns())
        if not due:
            return []
        # What stood before its model needs no word, whoever was first to tell of it.
        ways = await self.node.store.ask(lambda db: offers(db, due))
        given = await self.node.service(Delivery).given(agent_id)
        return [
            each for each in due if ways.get((each, agent_id)) == held.PANE and each not in given
        ]

    # -- what is told --

    async def _in_turn(self, agent_id: str) -> None:
        async with self._limiter:
            await self._consider(agent_id)

    async def _consider(self, agent_id: str) -> None:
        """Tells an agent of its mail, or says when to look again."""
        self._backlog.wait(agent_id, math.inf)  # unless something says otherwise
        wanted = await self._wanted(agent_id)
        is_again = not wanted
        if is_again:
            wanted = self._unkept(agent_id, await self._due_again(agent_id))
        self._backlog.keep(agent_id, wanted)
        if not wanted or not self._is_on:
            return
        try:
            found = await reaching.home_of(self.node.service(Tmux), agent_id, fresh=True)
            if found is None:
                return
            until = await self._until(agent_id, found[1])
            if until > self._now:
                self._backlog.wait(agent_id, until)
            elif is_again:
                await self._tell_again(*found, wanted)
            else:
                await self._tell(*found, wanted)
        except ThrumError as error:
            # Whatever is against it, the pane goes quiet again once it has changed.
            logger.info("%s is not told of mail: %s", agent_id, error)

    async def _wanted(self, agent_id: str) -> list[str]:
        """The mail of which an agent is to be told, the oldest first."""
        loops = self.node.service(Loops)
        await loops.catch_up()
        lies = await self.node.store.ask(lambda db: unread.unread(db, agent_id))
        return self._unkept(agent_id, [each for each, is_seen in lies.items() if not is_seen])

    def _unkept(self, agent_id: str, message_ids: Sequence[str]) -> list[str]:
        """Those that nothing keeps from the agent for now, and that do not come by themselves."""
        kept = self.node.service(Loops).kept_from(agent_id, message_ids)
        brought = readiness.brought(self.node.service(Delivery).sittings(agent_id))
        return [each for each in message_ids if each not in kept and each not in brought]

    async def _until(self, agent_id: str, pane: Pane) -> float:
        """Until when nothing is typed; infinite until something happens.

        Raises:
            ThrumError: as `Typist.look`.
        """
        delivery = self.node.service(Delivery)
        tmux = self.node.service(Tmux)
        facts = await tmux.typist.look(pane)
        doubts = Doubts(
            sittings=delivery.sittings(agent_id),
            is_woken=bool(delivery.wakers.seats(agent_id)),
            is_listening=self.node.service(Waiting).listens(agent_id),
            hands_off_s=guard.hands_off_s(facts),
            quiet_for=tmux.ages.of(pane.id, pane.active_s),
            waited=self._now - self._backlog.oldest(agent_id) - self._backlog.after_s,
        )
        return self._now + readiness.pause(doubts, self._now, self._quiet_s, self._deadline_s)

    async def _tell(self, identity: Identity, pane: Pane, wanted: Sequence[str]) -> None:
        """Types one word for all of it; then its senders learn it.

        Raises:
            ThrumError: as `Typist.say`.
        """
        if await self._say(identity, pane, wanted):
            agent_id = identity.name
            self._backlog.keep(agent_id, ())
            await self.node.store.transact(lambda t: note_seen(t, agent_id, wanted, held.PANE))

    async def _tell_again(self, identity: Identity, pane: Pane, wanted: Sequence[str]) -> None:
        """Types one word for all of it, of which the agent was told before.

        It is noted before, so that a daemon that ends in between, however it ends, does not say it
        twice.

        Raises:
            ThrumError: as `Typist.say` and `Tables.write`.
        """
        agent_id, now = identity.name, format_ns(self.node.now_ns())
        await self.tables.write(lambda db: again.note(db, agent_id, wanted, now))
        try:
            is_said = await self._say(identity, pane, wanted)
        except ThrumError:
            await self._not_again(agent_id, wanted)
            raise
        if is_said:
            self._backlog.keep(agent_id, ())
        else:
            await self._not_again(agent_id, wanted)

    async def _not_again(self, agent_id: str, message_ids: Sequence[str]) -> None:
        await self.tables.write(lambda db: again.take_back(db, agent_id, message_ids))

    async def _say(self, identity: Identity, pane: Pane, wanted: Sequence[str]) -> bool:
        """Types one word for messages; whether its line was ended.

        Raises:
            ThrumError: as `Typist.say`.
        """
        from thrum.daemon.tmux import gate

        tmux, agent_id = self.node.service(Tmux), identity.name
        text = words.nudge(await self.node.store.ask(lambda db: authors(db, wanted)))
        runtime = runtime_of(identity, pane)
        sitting = next(iter(reversed(self.node.service(Delivery).sittings(agent_id))), None)
        was_roused = sitting.is_roused if sitting else False
        if sitting:
            sitting.is_roused = True  # the turn that begins now is no person's
        is_said = False
        try:
            is_said = await tmux.typist.say(
                pane, text, may=gate.free(runtime), stands=gate.holding(runtime, words.is_nudge)
            )
        finally:
            if sitting and not is_said:
                sitting.is_roused = was_roused
            unseen_s = tmux.typist.unseen_s(pane)
            if unseen_s > 0:
                # Nothing need move in the pane before the next word may be typed.
                self._backlog.wait(agent_id, self._now + unseen_s)
        if not is_said:
            self._backlog.wait(agent_id, self._now + LOST_S)
        return is_said
