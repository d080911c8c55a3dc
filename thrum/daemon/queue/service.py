"""Queued commands, as a service: each session has a lane while something waits or runs there.

A row of ``state.db`` says how it stands with a command, and only whoever changes it says so to the
requester. So what was under way when the daemon ended is known to be interrupted when it begins.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio
from msgspec.structs import replace

from thrum.clock import format_ns
from thrum.daemon.queue import kept, notice
from thrum.daemon.queue.command import ACTIVE, LIVE, Command, State
from thrum.daemon.queue.kept import Notice
from thrum.daemon.queue.pauses import Pauses
from thrum.daemon.saying import send_once
from thrum.daemon.service.contract import Service
from thrum.daemon.tmux import panes
from thrum.daemon.tmux.service import Tmux
from thrum.daemon.tmux.target import Target
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from thrum.daemon.node import Node
    from thrum.daemon.queue.contract import Taker
    from thrum.daemon.queue.lane import Lane
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.tmux.panes import Pane

logger = logging.getLogger("thrum.queue")

SYSTEM: Final = "system"
"""Who says how commands end, and in which session."""

TYPED: Final = "tmux-send"
"""The requester of what was only sent; nobody waits to be told of it."""

_DAY_NS: Final = 24 * 3600 * 1_000_000_000
KEPT_NS: Final = 7 * _DAY_NS
"""How long it is known how a command ended."""

SPEAK_S: Final = 30.0
TROUBLE_S: Final = 0.5
"""Seconds before a session in which something went wrong goes on; then longer and longer."""


class Queue(Service):
    """Has commands typed, one after another in each session."""

    name: ClassVar = "queue"
    nouns: ClassVar = ("tmux",)
    schema: ClassVar = kept.SCHEMA

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._lanes: dict[str, Lane] = {}
        self._waits: dict[str, set[anyio.Event]] = {}
        self._tasks: TaskGroup | None = None
        self._speaking = anyio.Lock()

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.queue import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    @property
    def tmux(self) -> Tmux:
        """Where sessions are."""
        return self.node.service(Tmux)

    async def start(self) -> None:
        """See `Service`."""
        if self._killed not in self.tmux.when_ended:
            self.tmux.when_ended.append(self._killed)
        every = self.node.scheduler.every
        every(SPEAK_S, self.speak, owner=self.name, name="say how commands ended")

    async def run(self) -> None:
        """See `Service`."""
        self._lanes = {}
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            try:
                if self.tables.refusal is None:
                    await self._go_on()
                await anyio.sleep_forever()
            finally:
                self._tasks = None

    # -- what methods ask for --

    async def submit(self, command: Command) -> int:
        """Puts a command at the end of its session's queue; its place there.

        Raises:
            ThrumError: ``busy``, too many wait, or the service is only just beginning; as
                `Tables.write`.
        """
        if self._tasks is None:
            raise ThrumError("busy", "the queue is only just beginning", "try again")
        old = format_ns(self.node.now_ns() - KEPT_NS)

        def decide(db: Any) -> int:
            kept.forget(db, old)
            return kept.add(db, command)

        place = await self.tables.write(decide)
        self._work(command.session)
        return place

    async def until_ended(self, command_id: str, seconds: float) -> Command:
        """The command once it has ended, or as it is when the time is over.

        Raises:
            ThrumError: ``not_found``; as `Tables.ask`.
        """
        ended = anyio.Event()
        self._waits.setdefault(command_id, set()).add(ended)
        try:
            # Listen first, look then.
            found = await self.command(command_id)
            if found.state not in LIVE:
                return found
            with anyio.move_on_after(seconds):
                await ended.wait()
            return await self.command(command_id)
        finally:
            self._waits[command_id].discard(ended)
            if not self._waits[command_id]:
                del self._waits[command_id]

    async def command(self, command_id: str) -> Command:
        """The command of that id.

        Raises:
            ThrumError: ``not_found``; as `Tables.ask`.
        """
        return await self.tables.ask(lambda db: kept.command(db, command_id))

    async def live(self, session: str) -> list[Command]:
        """Those of a session that have not ended, in the order of their turns.

        Raises:
            ThrumError: as `Tables.ask`.
        """
        return await self.tables.ask(lambda db: kept.live(db, session))

    async def latest(self, session: str) -> Command | None:
        """See `kept.latest`.

        Raises:
            ThrumError: as `Tables.ask`.
        """
        return await self.tables.ask(lambda db: kept.latest(db, session))

    def waits_for(self, session: str) -> str:
        """Why the next command of a session is not typed yet; empty if none waits."""
        lane = self._lanes.get(session)
        return lane.why if lane is not None else ""

    async def cancel(self, command_id: str, *, interrupts: bool) -> tuple[Command, str]:
        """Ends a command; one that has ended stays as it is.

        Args:
            command_id: which.
            interrupts: whether the key is pressed that interrupts it, if it runs.

        Returns:
            The command, and why that key was not pressed though it should be.

        Raises:
            ThrumError: ``not_found``; as `Tables.write`.
        """
        while (found := await self.command(command_id)).state in LIVE:
            lane = self._lanes.get(found.session)
            output = await lane.output(command_id) if lane else None
            now = format_ns(self.node.now_ns())
            after = replace(found, state=State.CANCELED, completed_at=now, output=output)
            states = ACTIVE if found.state in ACTIVE else (found.state,)
            if not await self.ends(after, states, "canceled."):
                continue
            presses = interrupts and found.state in ACTIVE
            against = await lane.drop(command_id, interrupts=presses) if lane else ""
            return after, against
        return found, ""

    # -- what lanes ask for --

    async def taker(self, pane: Pane, command: Command) -> tuple[Taker | None, str]:
        """Whoever takes the command in a pane, or why nobody does.

        What was meant for an agent is nothing for the shell that its runtime left behind.
        """
        from thrum.daemon.queue import runtime, shell
        from thrum.daemon.tmux import reaching, watcher
        from thrum.daemon.tmux.launching import SHELL
        from thrum.runtimes.screens import table

        server, typist = self.tmux.server, self.tmux.typist
        identity = await reaching.resident(self.tmux, pane.session)
        launched = str(identity.raw.get("runtime") or "") if identity is not None else ""
        if shell.is_there(pane):
            if launched not in {"", SHELL}:
                return None, f"{launched} has ended in {pane.target}, where a shell is now"
            return shell.Shell(server, typist, pane, self.tmux.prompts.of(pane)), ""
        name = watcher.runtime_of(identity, pane) if identity is not None else ""
        if launched == SHELL or not table.is_known(name):
            return None, f"{pane.command} runs in {pane.target}"
        return runtime.Runtime(server, typist, pane, name, command, self.tmux.ages), ""

    def remember(self, taker: Taker) -> None:
        """Keeps the prompt that a command left behind, which is known to be empty."""
        from thrum.daemon.queue.shell import Shell

        if isinstance(taker, Shell):
            self.tmux.prompts.keep(taker.pane, taker.known)

    async def is_late(self, command: Command) -> None:
        """Notes, and says, that a command takes longer than its time.

        Raises:
            ThrumError: as `Tables.write`.
        """
        late = replace(command, state=State.LATE)
        said = notice.late(late, format_ns(self.node.now_ns())) if command.notifies else None
        if await self.tables.write(lambda db: kept.late(db, command.id, said)):
            await self.speak()

    async def ends(
        self, after: Command, states: Sequence[State], said: str, *, always: bool = False
    ) -> bool:
        """Notes, and says, how a command ended; whether it did so now.

        Args:
            after: the command as it ended.
            states: the states that it may have been in.
            said: what is said of it.
            always: whether it is said to whoever did not want to be told.

        Raises:
            ThrumError: as `Tables.write`.
        """
        tells = (always or after.notifies) and after.requester != TYPED
        told = notice.of(_fit_to_share(after), said, after.completed_at) if tells else None
        done = await self.tables.write(lambda db: kept.ended(db, after, states, told))
        if done:
            for each in self._waits.get(after.id, ()):
                each.set()
            if told is not None:
                await self.speak()
        return done

    async def interrupt(
        self,
        command: Command,
        said: str,
        *,
        states: Sequence[State] = LIVE,
        always: bool = False,
    ) -> None:
        """Ends a command, however it stands among these states, as `ends`.

        Raises:
            ThrumError: as `Tables.write`.
        """
        # Who made it late or had it typed meanwhile changed the row.
        now = await self.command(command.id)
        at = format_ns(self.node.now_ns())
        after = replace(now, state=State.INTERRUPTED, completed_at=at)
        await self.ends(after, states, said, always=always)

    async def speak(self) -> None:
        """Says what is yet to be said, each thing once.

        Raises:
            ThrumError: as `Tables.write` and `Store.transact`.
        """
        async with self._speaking:
            for each in await self.tables.ask(kept.notices):
                await self._say(each)
                await self.tables.write(lambda db, key=each.key: kept.told(db, key))  # type: ignore[misc]

    async def _say(self, said: Notice) -> None:
        message_id = self.node.ids.make("msg")
        await self.node.store.transact(
            lambda transaction: send_once(
                transaction,
                message_id,
                author=SYSTEM,
                session_id=SYSTEM,
                key=said.key,
                within_ns=KEPT_NS,
                to=[said.to],
                text=said.body,
            )
        )

    # -- by itself --

    async def _go_on(self) -> None:
        """Ends what was under way when the daemon ended, and goes on with what waited, or was typed
        and not ended."""
        await self._settle("", notice.RESTARTED)
        for each in await self.live(""):
            self._work(each.session)
        await self.speak()

    async def _stands(self, command: Command) -> bool:
        """Whether a command was typed and not ended, so that its turn comes again."""
        try:
            there = await self.tmux.server.panes(fresh=True)
            pane = panes.meant(there, Target(command.session))
            taker = (await self.taker(pane, command))[0] if pane is not None else None
            is_typed = taker is not None and await taker.is_typed()
        except ThrumError as error:
            logger.warning("it is not seen whether %s was typed: %s", command.id, error)
            return False
        return is_typed and await self.tables.write(lambda db: kept.stands(db, command.id))

    async def _killed(self, session: str) -> None:
        """What follows from the end of a session that somebody ended."""
        if self.tables.refusal is not None:
            return
        for each in await self.live(session):
            await self.interrupt(each, notice.killed(session))
        lane = self._lanes.get(session)
        if lane is not None:
            await lane.drop()

    def _work(self, session: str) -> None:
        """Has the session's lane go on, or begin."""
        from thrum.daemon.queue.lane import Lane

        if self._tasks is not None and session not in self._lanes:
            self._lanes[session] = lane = Lane(self, session)
            self._tasks.start_soon(self._run, session, lane)

    async def _run(self, session: str, lane: Lane) -> None:
        """Has a lane go on until nothing waits in its session; what goes wrong there stops no
        other one."""
        pauses = Pauses(TROUBLE_S, SPEAK_S)
        while self._lanes.setdefault(session, lane) is lane:
            try:
                await self._settle(session, notice.LOST)
                await lane.run()
                # Whoever comes from now on begins another one; what came before is seen.
                del self._lanes[session]
                if not await self._is_waiting(session):
                    return
            except Exception as error:
                is_said = isinstance(error, ThrumError)
                logger.error("the queue of %s: %s", session, error, exc_info=not is_said)
                lane.why = str(error) if is_said else "something went wrong, which the log tells"
                await pauses.pause()

    async def _settle(self, session: str, said: str) -> None:
        """Ends what is under way in a session, or in any, although no lane looks after it."""
        for each in await self.live(session):
            if each.state in ACTIVE and not await self._stands(each):
                await self.interrupt(each, said, states=ACTIVE, always=True)

    async def _is_waiting(self, session: str) -> bool:
        return any(each.state is State.QUEUED for each in await self.live(session))


def _fit_to_share(command: Command) -> Command:
    """A command as others may read of it: its output without secrets."""
    if not command.output:
        return command
    from thrum.daemon.monitors.redaction import Redactor

    return replace(command, output=Redactor().text(command.output))
