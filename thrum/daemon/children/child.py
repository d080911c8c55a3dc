"""One process that the daemon started, from its first moment until it is reaped."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import anyio

from thrum.daemon.children import group, pipes
from thrum.daemon.children.children import GRACE_S
from thrum.daemon.children.output import Lines, Pieces
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.children.birth import Newborn

KILL_LIMIT_S: Final = 5.0
"""How long one waits for the end of a process that was killed: the system may hold it."""

_PAUSE_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class About:
    """Who a child is.

    Attributes:
        owner: the service that started it.
        argv0: its program, as it was named.
        pid: its number, and its group's.
        since_ns: when it was started.
    """

    owner: str
    argv0: str
    pid: int
    since_ns: int


@dataclass(frozen=True, slots=True)
class Speech:
    """What a child is told while it runs.

    Attributes:
        outbox: takes what it is told.
        ended: called when nobody listens any more.
    """

    outbox: pipes.Outbox
    ended: Callable[[], None]


@dataclass(eq=False)
class Child:
    """A process that runs, or did.

    Whoever it started and left in its group ends with it: at once when it ends by itself, after
    the same grace when it is asked to. What goes into a session of its own, as servers do, is not
    of the group.

    Attributes:
        about: who it is.
        lines: what it says, and its errors, if it was started for that.
        pieces: the same for a child that waits for its reader.
        speech: what it is told while it runs, if it was started for that.
        code: its exit status once it has ended, negative if a signal ended it.
        scope: what `tend` runs in; only cancelled when it has to be given up.
    """

    about: About
    lines: Lines | None
    pieces: Pieces | None
    _newborn: Newborn
    _sinks: list[tuple[int, pipes.Take]]
    _stdin: bytes
    _before_reaping: Callable[[int], None]
    speech: Speech | None = None
    code: int | None = None
    scope: anyio.CancelScope = field(default_factory=lambda: anyio.CancelScope(shield=True))
    _over: anyio.Event = field(default_factory=anyio.Event)
    _asked: anyio.Event = field(default_factory=anyio.Event)
    _patience: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    _killed: bool = False

    @property
    def pid(self) -> int:
        """Its number."""
        return self.about.pid

    async def wait(self) -> int:
        """Waits for its end; the exit status, negative if a signal ended it.

        Raises:
            ThrumError: ``timed_out``, it was killed and given up, because the system holds it.
        """
        await self._over.wait()
        if self.code is None:
            raise ThrumError("timed_out", f"{self.about.argv0!r} does not end, even when killed")
        return self.code

    async def stop(self, grace_s: float = GRACE_S) -> bool:
        """Asks the group to end and kills it after the grace; whether the child has ended.

        It goes on if the caller is cancelled. Who asks again can only shorten the grace.
        """
        end = anyio.current_time() + grace_s
        self._patience.deadline = min(self._patience.deadline, end)
        self._asked.set()
        with anyio.move_on_after(grace_s + KILL_LIMIT_S):
            await self._over.wait()
        return self.code is not None

    async def tend(self) -> None:
        """Sees it through; runs as a task beside whoever waits for the child."""
        handles = {handle for handle, _ in self._sinks}
        room = self.pieces.has_room if self.pieces else None
        try:
            with self.scope:
                async with anyio.create_task_group() as tasks:
                    for handle, take in self._sinks:
                        tasks.start_soon(pipes.drain, handle, take, room)
                    tasks.start_soon(self._feed)
                    tasks.start_soon(self._end_when_asked)
                    await group.ended(self.pid)
                    await self._others_end()
                    tasks.cancel_scope.cancel()
                self._reap()
        finally:
            if self.code is None:
                group.tell(self.pid, signal.SIGKILL)
            for handle in handles:
                os.close(handle)
            for said in (self.lines, self.pieces):
                if said is not None:
                    said.finish()
            self._over.set()
            if self.speech is not None:
                self.speech.ended()

    async def _feed(self) -> None:
        if self._newborn.into is not None:
            try:
                await pipes.feed(self._newborn.into, self._stdin)
                if self.speech is not None:
                    await self.speech.outbox.send(self._newborn.into)
            finally:
                os.close(self._newborn.into)

    async def _end_when_asked(self) -> None:
        await self._asked.wait()
        group.tell(self.pid, signal.SIGTERM)
        with self._patience:
            await anyio.sleep(math.inf)
        group.tell(self.pid, signal.SIGKILL)
        self._killed = True

    async def _others_end(self) -> None:
        """After a request to end, lets the others have the rest of the grace."""
        while self._asked.is_set() and not self._killed and group.has_others(self.pid):
            await anyio.sleep(_PAUSE_S)

    def _reap(self) -> None:
        """Ends the group for good; its number belongs to nobody after this."""
        group.tell(self.pid, signal.SIGKILL)
        for handle, take in self._sinks:
            pipes.read_rest(handle, take)
        self._before_reaping(self.pid)
        self.code = self._newborn.process.wait()
