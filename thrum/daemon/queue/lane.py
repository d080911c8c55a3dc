"""One session's queue at work: each command is typed when it may be, and seen through."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import anyio
from msgspec.structs import replace

from thrum.clock import format_ns
from thrum.daemon.queue import kept, notice
from thrum.daemon.queue.command import ACTIVE, Command, State
from thrum.daemon.queue.contract import Done, Ended, Taker, demand
from thrum.daemon.queue.pauses import Pauses
from thrum.daemon.tmux import panes
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.target import Target
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.queue.service import Queue

logger = logging.getLogger("thrum.queue")

_FIRST_S: Final = 0.02
_LONGEST_S: Final = 0.5


class Lane:
    """The commands of one session, one after another. On the event loop only.

    Args:
        queue: whose it is.
        session: where.

    Attributes:
        command: the one that is its turn; None between two.
        why: why that one is not typed yet.
    """

    def __init__(self, queue: Queue, session: str) -> None:
        self._queue = queue
        self._session = session
        self.command: Command | None = None
        self.why = ""
        self._pane: Pane | None = None
        self._taker: Taker | None = None
        self._scope = anyio.CancelScope()
        self._over = anyio.Event()
        self._typing = anyio.Lock()
        self._interrupts = False
        self._against = ""

    async def run(self) -> None:
        """Goes on until no command is left.

        Raises:
            ThrumError: the tables cannot be used.
        """
        tables, session = self._queue.tables, self._session
        while (found := await tables.ask(lambda db: kept.first(db, session))) is not None:
            self.command, self._over = found, anyio.Event()
            try:
                with anyio.CancelScope() as self._scope:
                    await self._carry_out(found)
                if self._interrupts:
                    self._against = await self._interrupt()
            finally:
                self._over.set()
                self.command, self._pane, self._taker = None, None, None
                self.why, self._interrupts = "", False

    async def drop(self, command_id: str = "", *, interrupts: bool = False) -> str:
        """Looks no more after that command, or whichever it is; it has ended otherwise.

        Args:
            command_id: which; empty for any.
            interrupts: whether the key is pressed that interrupts it. That is done after it was
                typed, if it is being typed just now, and before another one is.

        Returns:
            Why that key was not pressed; empty if it was, or there is nothing to be interrupted.
        """
        if self.command is None or command_id not in {"", self.command.id}:
            return ""
        self._interrupts, self._against, over = interrupts, "", self._over
        # Whatever is typed by half would stand in the way of all that comes.
        async with self._typing:
            if self._over is over:
                self._scope.cancel()
        await over.wait()
        return self._against

    async def output(self, command_id: str) -> str | None:
        """What that command said so far; None if it is not its turn, or nobody can tell."""
        if self.command is None or self.command.id != command_id or self._taker is None:
            return None
        try:
            return await self._taker.output()
        except ThrumError as error:
            logger.warning("what %s said is not known: %s", command_id, error)
            return None

    async def _interrupt(self) -> str:
        """Presses the key that interrupts what runs; why it could not be pressed."""
        if self._taker is None or self._pane is None:
            return ""
        await self._taker.begun()
        key = self._taker.interrupting
        try:
            await self._queue.tmux.typist.type(self._pane, "", keys=(key,))
        except ThrumError as error:
            return error.message
        return ""

    async def _carry_out(self, command: Command) -> None:
        try:
            self._taker = taker = await self._ready(command)
            at = self._now()
            if await self._queue.tables.write(lambda db: kept.sent(db, command.id, at)):
                await self._type(taker, replace(command, state=State.SENT, sent_at=at))
        except Ended:
            # Whoever ends it by command says so first.
            async with self._queue.tmux.turn:
                is_there = any(not each.is_dead for each in await self._there())
                said = (notice.left if is_there else notice.gone)(self._session)
                await self._queue.interrupt(command, said)

    async def _ready(self, command: Command) -> Taker:
        """Whoever takes the command, once it may be typed.

        Raises:
            Ended: the session is gone.
        """
        pauses = Pauses(_FIRST_S, _LONGEST_S)
        while True:
            try:
                self._pane = await self._found()
                taker, why = await self._queue.taker(self._pane, command)
                # Said all along: whoever asks meanwhile hears what was seen last.
                self.why = await taker.against() if taker is not None else why
                if taker is not None and not self.why:
                    return taker
            except ThrumError as error:
                self.why = error.message
            await pauses.pause()

    async def _there(self) -> list[Pane]:
        """The panes of the session; none where tmux does not say."""
        try:
            found = await self._queue.tmux.server.panes(fresh=True)
        except ThrumError as error:
            logger.warning("%s: %s", self._session, error)
            return []
        return panes.in_session(found, self._session)

    async def _found(self) -> Pane:
        there = await self._queue.tmux.server.panes(fresh=True)
        found = panes.meant(there, Target(self._session))
        if found is None or found.is_dead:
            raise Ended
        return found

    async def _type(self, taker: Taker, command: Command) -> None:
        try:
            async with self._typing:
                await taker.type(command.text)
        except ThrumError as error:
            if error.kind == "conflict":
                # Something came in between, and nothing was typed: its turn comes again.
                await self._queue.tables.write(lambda db: kept.unsent(db, command.id))
                return
            await self._demand()
            said = f"interrupted — it is not known whether it was typed: {error.message}"
            await self._ends(replace(command, state=State.INTERRUPTED), said)
            return
        await self._see_through(taker, command)

    async def _see_through(self, taker: Taker, command: Command) -> None:
        done: Done | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._becomes_late, command)
            done = await self._end(taker)
            tasks.cancel_scope.cancel()
        if done is None:
            raise Ended
        self._queue.remember(taker)
        after = replace(command, state=State.COMPLETED)
        after = replace(after, output=done.output, exit_status=done.exit_status)
        await self._ends(after, "completed.")

    async def _end(self, taker: Taker) -> Done | None:
        """How it ended; None if what ran there is gone."""
        pauses = Pauses(_FIRST_S, _LONGEST_S)
        while True:
            try:
                return await taker.end()
            except Ended:
                return None
            except ThrumError as error:
                logger.warning("%s is looked after again: %s", self._session, error)
            await pauses.pause()
            try:
                await self._demand()
            except Ended:
                return None

    async def _demand(self) -> None:
        """Raises `Ended` if what ran in the pane does not any more."""
        if self._pane is None:
            raise Ended
        try:
            await demand(self._queue.tmux.server, self._pane)
        except ThrumError as error:
            logger.warning("%s: %s", self._session, error)

    async def _becomes_late(self, command: Command) -> None:
        await anyio.sleep(command.timeout_ms / 1000)
        await self._queue.is_late(command)

    async def _ends(self, after: Command, said: str) -> None:
        # Whoever cancels meanwhile finds it ended, or has it ended before.
        with anyio.CancelScope(shield=True):
            await self._queue.ends(replace(after, completed_at=self._now()), ACTIVE, said)

    def _now(self) -> str:
        return format_ns(self._queue.node.now_ns())
