"""The one owner of all processes that the daemon's services start.

What a process is made with is imported with the first one: most daemons start none, and each module
that is loaded before the first answer is waited for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import anyio
from msgspec import Struct, field

from thrum.clock import NowNs
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from thrum.daemon.children.birth import Newborn, Order
    from thrum.daemon.children.child import About, Child, Speech
    from thrum.daemon.children.output import Lines, Pieces
    from thrum.daemon.children.pipes import Take
    from thrum.daemon.children.warden import Warden

GRACE_S: Final = 2.0
"""Seconds that a process has to end once it is asked to."""

MOST: Final = 256
MOST_OF_ONE: Final = 128
MOST_BYTES: Final = 1 << 20
MOST_LINE: Final = 1 << 16
MOST_LINES: Final = 1000
CLOSE_LIMIT_S: Final = 3.0
_WARDEN_SHARE: Final = 0.25

logger = logging.getLogger("thrum.children")


class Finished(Struct, frozen=True):
    """How a program ended.

    Attributes:
        code: its exit status, negative if a signal ended it.
        out: what it said, the beginning of it if `was_cut`.
        err: its errors, likewise.
        was_cut: whether it said more than was kept, in either.
        timed_out: whether its deadline ended it.
    """

    code: int
    out: bytes
    err: bytes
    was_cut: bool
    timed_out: bool


class Children(Struct):
    """Starts processes, bounds them, ends them. On the event loop only, and while it is entered.

    Each child leads a session and a group of its own, stands where it is told, has the environment
    that it is given and no more, reads ``/dev/null`` unless it is given something, and holds no
    other descriptor. No shell is asked. When the daemon is killed, the warden ends them.

    Args:
        now_ns: the clock of `running`.
        most: processes at once.
        most_of_one: processes of one owner at once.
    """

    now_ns: NowNs
    most: int = MOST
    most_of_one: int = MOST_OF_ONE
    _running: list[Child] = field(default_factory=list)
    _tasks: TaskGroup | None = None
    _warden: Warden | None = None
    _is_open: bool = False

    async def __aenter__(self) -> Self:
        self._tasks = await anyio.create_task_group().__aenter__()
        self._is_open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        tasks = self._tasks
        with anyio.CancelScope(shield=True):
            await self.close(CLOSE_LIMIT_S)
        assert tasks is not None
        tasks.cancel_scope.cancel()
        return await tasks.__aexit__(kind, error, trace)

    async def run(
        self,
        argv: Sequence[str],
        *,
        owner: str,
        cwd: Path,
        environment: Mapping[str, str],
        limit_s: float,
        stdin: bytes = b"",
        most_bytes: int = MOST_BYTES,
        grace_s: float = GRACE_S,
    ) -> Finished:
        """Runs a program to its end, or to its deadline.

        Args:
            argv: the program, found by the environment's PATH, and its arguments.
            owner: the service that asks for it.
            cwd: where it stands.
            environment: all that it is given of one.
            limit_s: its deadline.
            stdin: what it can read.
            most_bytes: how much is kept of what it says, and of its errors; the rest is read too.
            grace_s: what it has to end after its deadline, or when the caller is cancelled.

        Raises:
            ThrumError: as `start`; ``timed_out`` if it does not even end when it is killed.
        """
        from thrum.daemon.children.birth import Order
        from thrum.daemon.children.output import Beginning

        out, err = Beginning(most_bytes), Beginning(most_bytes)
        order = Order(argv, cwd, environment, stdin, apart=True)
        child = self._start(order, owner, [out.take, err.take])
        try:
            with anyio.move_on_after(limit_s):
                await child.wait()
            timed_out = child.code is None
        finally:
            if child.code is None:
                with anyio.CancelScope(shield=True):
                    await child.stop(grace_s)
        if child.code is None:
            raise ThrumError("timed_out", f"{argv[0]!r} does not end, even when killed")
        was_cut = out.was_cut or err.was_cut
        return Finished(child.code, out.said(), err.said(), was_cut, timed_out)

    def start(
        self,
        argv: Sequence[str],
        *,
        owner: str,
        cwd: Path,
        environment: Mapping[str, str],
        most_line: int = MOST_LINE,
        most_lines: int = MOST_LINES,
    ) -> Child:
        """Starts a program that runs on; its `lines` are what it says, its errors among them.

        Args:
            argv: the program, found by the environment's PATH, and its arguments.
            owner: the service that asks for it.
            cwd: where it stands.
            environment: all that it is given of one.
            most_line: bytes of a line that are kept.
            most_lines: lines that wait for the reader; the oldest are dropped and counted.

        Raises:
            ThrumError: ``busy`` at a bound; ``shutting_down``; ``program`` if it is missing or
                cannot be run; ``not_found`` for a directory that is gone; ``invalid_params`` or
                ``too_large`` for arguments that no process can have; ``system`` otherwise.
        """
        from thrum.daemon.children.birth import Order
        from thrum.daemon.children.output import Lines

        lines = Lines(most_line, most_lines)
        return self._start(Order(argv, cwd, environment), owner, [lines.take], lines=lines)

    def start_paced(
        self,
        argv: Sequence[str],
        *,
        owner: str,
        cwd: Path,
        environment: Mapping[str, str],
        most: int,
    ) -> Child:
        """Starts a program that runs on and is held up where it says more than its reader reads.

        Args:
            argv: the program, found by the environment's PATH, and its arguments.
            owner: the service that asks for it.
            cwd: where it stands.
            environment: all that it is given of one.
            most: bytes that the reader of its `pieces` gets at once.

        Raises:
            ThrumError: as `start`.
        """
        from thrum.daemon.children.birth import Order
        from thrum.daemon.children.output import Pieces

        pieces = Pieces(most)
        return self._start(Order(argv, cwd, environment), owner, [pieces.take], pieces=pieces)

    def converse(
        self,
        argv: Sequence[str],
        *,
        owner: str,
        cwd: Path,
        environment: Mapping[str, str],
        take: Take,
        ended: Callable[[], None],
        most_bytes: int = MOST_BYTES,
    ) -> Child:
        """Starts a program that one talks with: what is put into its outbox it reads.

        Args:
            argv: the program, found by the environment's PATH, and its arguments.
            owner: the service that asks for it.
            cwd: where it stands.
            environment: all that it is given of one.
            take: is given what it says, and its errors, as it comes; it must not fail.
            ended: is called when it has ended.
            most_bytes: how much may wait in the outbox.

        Raises:
            ThrumError: as `start`.
        """
        from thrum.daemon.children.birth import Order
        from thrum.daemon.children.child import Speech
        from thrum.daemon.children.pipes import Outbox

        order = Order(argv, cwd, environment, is_spoken_to=True)
        return self._start(order, owner, [take], speech=Speech(Outbox(most_bytes), ended))

    async def end(self, owner: str, grace_s: float = GRACE_S) -> bool:
        """Ends all processes of one owner, together; whether all have ended."""
        return await _stop(
            [child for child in self._running if child.about.owner == owner], grace_s
        )

    async def close(self, limit_s: float) -> bool:
        """Ends all processes within the limit and starts none after; whether all have ended."""
        if not self._is_open:
            return not self._running
        self._is_open = False
        warden, self._warden = self._warden, None
        with anyio.move_on_after(limit_s * (1 - _WARDEN_SHARE)):
            await _stop(list(self._running), limit_s / 2)
        left = list(self._running)
        for child in left:
            logger.warning("%s of %s does not end", child.about.argv0, child.about.owner)
            child.scope.cancel()
        if warden is not None:
            await warden.close(limit_s * _WARDEN_SHARE)
        return not left

    def running(self) -> list[About]:
        """The processes that run, the oldest first."""
        return [child.about for child in self._running]

    @property
    def warden_pid(self) -> int | None:
        """The number of the warden's process, if one runs."""
        return self._warden.pid if self._warden else None

    def _start(
        self,
        order: Order,
        owner: str,
        takes: list[Take],
        *,
        lines: Lines | None = None,
        pieces: Pieces | None = None,
        speech: Speech | None = None,
    ) -> Child:
        from thrum.daemon.children.birth import bear
        from thrum.daemon.children.child import About, Child
        from thrum.daemon.children.warden import Warden

        if not self._is_open or self._tasks is None:
            raise ThrumError("shutting_down", "the daemon starts no processes any more")
        self._check_room(owner)
        if self._warden is None:
            self._warden = Warden(self._tasks)
        newborn = bear(order, self._warden)
        child = Child(
            about=About(owner, order.argv[0], newborn.process.pid, self.now_ns()),
            lines=lines,
            pieces=pieces,
            _newborn=newborn,
            _sinks=_sinks(newborn, takes),
            _stdin=order.stdin,
            _before_reaping=self._warden.remove,
            speech=speech,
        )
        self._running.append(child)
        self._tasks.start_soon(self._see_through, child)
        return child

    def _check_room(self, owner: str) -> None:
        """Refuses one process too many.

        Raises:
            ThrumError: ``busy``.
        """
        count = sum(child.about.owner == owner for child in self._running)
        if count >= self.most_of_one or len(self._running) >= self.most:
            raise ThrumError(
                "busy",
                f"too many processes run: {count} of {owner}, {len(self._running)} in all",
                details={"owner": owner},
            )

    async def _see_through(self, child: Child) -> None:
        try:
            await child.tend()
        except Exception:
            # A defect of ours costs this child and not the daemon; the warden still has its group.
            logger.exception("%s of %s is given up", child.about.argv0, child.about.owner)
        finally:
            self._running.remove(child)


def _sinks(newborn: Newborn, takes: list[Take]) -> list[tuple[int, Take]]:
    """Which pipe goes where."""
    handles = [newborn.out, *([newborn.err] if newborn.err is not None else [])]
    return list(zip(handles, takes, strict=True))


async def _stop(children: list[Child], grace_s: float) -> bool:
    """Ends them side by side; whether all have ended."""
    async with anyio.create_task_group() as tasks:
        for child in children:
            tasks.start_soon(child.stop, grace_s)
    return all(child.code is not None for child in children)
