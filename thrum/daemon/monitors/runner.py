"""One monitor at work: its program, what that says, and what is reported of it.

Imported with the first monitor.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio

from thrum.daemon.monitors import environment, notice, redaction
from thrum.daemon.monitors.debounce import Debounce
from thrum.daemon.monitors.job import Job
from thrum.daemon.monitors.notice import Ended
from thrum.daemon.monitors.output_log import OutputLog
from thrum.daemon.monitors.pace import Pace
from thrum.daemon.monitors.pattern import Pattern
from thrum.daemon.monitors.restarts import Restarts
from thrum.daemon.monitors.sender import Sender
from thrum.daemon.monitors.ticks import Ticks
from thrum.daemon.monitors.watch import Watch
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.children.child import Child
    from thrum.daemon.node import Node

logger = logging.getLogger("thrum.monitors")

GRACE_S: Final = 5.0
"""Seconds that a program has to end once it is asked to."""

LAST_WORDS_S: Final = 2.0
"""Seconds for which one listens to what a program said last; floods of others may last longer."""

PIECE: Final = 16384
"""Bytes of output that are looked at together; of the shortest lines some thousand."""

LOOK_S: Final = 30.0
"""Seconds after which the wall clock is looked at again, for somebody may set it."""


@dataclass(eq=False)
class Runner:
    """Runs one monitor until it is asked to end, or given up.

    Attributes:
        job: what it does.
        ended: the last run; None before.
        began_ns: when the present run began; 0 between runs.
        next_run: when the next run is due by the schedule; None where there is none.
        undelivered: reports that could not be delivered since one was.
        delivery: why, or to whom they went instead; empty when all is well.
        is_over: set when it has ended.
    """

    node: Node
    job: Job
    log: OutputLog
    pace: Pace
    exited: Callable[[Job, int], Awaitable[object]]
    debounce: Debounce = field(init=False)
    ended: Ended | None = None
    began_ns: int = 0
    next_run: datetime | None = None
    undelivered: int = 0
    delivery: str = ""
    is_over: anyio.Event = field(default_factory=anyio.Event)
    _restarts: Restarts = field(default_factory=Restarts)
    _child: Child | None = None
    _ending: anyio.Event = field(default_factory=anyio.Event)
    _held: anyio.Event = field(default_factory=anyio.Event)

    def __post_init__(self) -> None:
        job, node = self.job, self.node
        self.debounce = Debounce(job.debounce_s)
        self.environment = environment.of(node.setting.environment, job.env)
        self.sender = Sender(node, job)
        redactor = redaction.Redactor(job.env.values())
        self._watch = Watch(Pattern(job.match), redactor, self.log, node.now_ns)
        self._ticks = Ticks(job.schedule, node.setting.environment.get("TZ"))

    @property
    def pid(self) -> int:
        """The program's process; 0 between runs."""
        return self._child.pid if self._child is not None and self._child.code is None else 0

    @property
    def trouble(self) -> str:
        """What is wrong with it; empty when all is well."""
        never = self.ended is not None and self.ended.code is None
        return self.delivery or (f"it {self.ended}" if never else "") or self.log.trouble

    @property
    def unrest(self) -> str:
        """That its program keeps ending, which is no trouble until it is given up."""
        short = self._restarts.short
        return f"it {self.ended}, {short} runs in a row" if short > 1 and self.ended else ""

    def goes_on(self, reported_ns: int) -> None:
        """Has the next report wait for the one before, which an earlier daemon sent then."""
        left = self.job.debounce_s - (self.node.now_ns() - reported_ns) / 1e9
        self.debounce.until = self._now() + min(max(left, 0.0), self.job.debounce_s)

    def check(self) -> None:
        """Refuses what cannot run.

        Raises:
            ThrumError: ``not_found``, the directory; ``program``.
        """
        environment.check(self.job.argv[0], self.job.cwd, self.environment)

    def begin(self) -> None:
        """Starts the program, so that who asked is told at once if it cannot be.

        Raises:
            ThrumError: as `Children.start`.
        """
        self._child = self.node.children.start_paced(
            self.job.argv,
            owner="monitors",
            cwd=Path(self.job.cwd),
            environment=self.environment,
            most=PIECE,
        )
        self.began_ns = self.node.now_ns()

    async def run(self) -> str:
        """Goes on until it is asked to end or given up; the last words of one that is given up.

        Raises:
            ThrumError: as `Tables.write`.
        """
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._report_held)
                last_words = await (
                    self._by_schedule() if self.job.schedule else self._again_and_again()
                )
                tasks.cancel_scope.cancel()
            await self.flush()
            return last_words
        finally:
            if self._child is not None and self._child.pieces is not None:
                self._child.pieces.drop()
            self.is_over.set()

    async def end(self, grace_s: float = GRACE_S) -> bool:
        """Asks it to end; whether the program did."""
        self._ending.set()
        child = self._child
        if child is None:
            return True
        has_ended = await child.stop(grace_s)
        with anyio.move_on_after(LAST_WORDS_S):
            await self.is_over.wait()
        if child.pieces is not None:
            child.pieces.drop()
        return has_ended

    async def flush(self) -> None:
        """Reports what is held."""
        await self._report(self.debounce.flush(self._now()))

    # -- runs --

    async def _again_and_again(self) -> str:
        while not self._ending.is_set():
            ended = await self._run_once()
            pause_s = self._restarts.ended(ended.lasted_s)
            if self._ending.is_set():
                break
            if pause_s is None:
                return notice.given_up(self.job, ended, self._restarts.short, self._watch.newest())
            await self.node.setting.clock.wait(self._ending, pause_s)
        return ""

    async def _by_schedule(self) -> str:
        while not self._ending.is_set():
            self.next_run = self._ticks.following(self._wall())
            if self.next_run is None:
                return notice.no_more_runs(self.job)
            if await self._comes(self.next_run):
                self.next_run = None
                await self._run_once()
        return ""

    async def _comes(self, moment: datetime) -> bool:
        """Waits for a moment; False where it is not to be waited for any more."""
        while not self._ending.is_set():
            now = self._wall()
            if now >= moment:
                return self._ticks.take(moment, now)
            if self._ticks.following(now) != moment:
                return False  # the clock was set back
            left = min((moment - now).total_seconds(), LOOK_S)
            await self.node.setting.clock.wait(self._ending, left)
        return False

    async def _run_once(self) -> Ended:
        began = self._now()
        try:
            if self._child is None:
                self.begin()
        except ThrumError as error:
            return await self._note(Ended(None, why=str(error)))
        assert self._child is not None
        child = self._child
        await self._carry_out(partial(self._watch.note, f"started as process {child.pid}"))
        await self._listen(child)
        code = await child.wait()
        self._child, self.began_ns = None, 0
        return await self._note(Ended(code, child.pid, self._now() - began))

    async def _note(self, ended: Ended) -> Ended:
        self.ended = ended
        await self._carry_out(partial(self._watch.note, str(ended)))
        await self.exited(self.job, -1 if ended.code is None else max(ended.code, -1))
        return ended

    async def _listen(self, child: Child) -> None:
        assert child.pieces is not None
        async for piece in child.pieces:
            await self._matched(await self._carry_out(partial(self._watch.take, piece)))
        await self._matched(await self._carry_out(self._watch.rest))

    async def _carry_out(self, work: Callable[[], list[str] | None]) -> list[str]:
        return await self.pace.carry_out(work) or []

    # -- reports --

    async def _matched(self, texts: list[str]) -> None:
        for text in texts:
            await self._report(self.debounce.take(text, self._now()))
            if self.debounce.due < math.inf:
                self._held.set()

    async def _report_held(self) -> None:
        """Reports what is held when its time has come."""
        while True:
            left = self.debounce.due - self._now()
            if left <= 0:
                await self.flush()
            elif left == math.inf:
                self._held = anyio.Event()
                await self._held.wait()
            else:
                await self.node.setting.clock.wait(anyio.Event(), left)

    async def _report(self, text: str) -> None:
        """Sends a report; one that cannot be stored is held until the next one is due."""
        if not text:
            return
        try:
            # It is held no more, so it must not be lost where somebody ends the monitor just now.
            with anyio.CancelScope(shield=True):
                self.delivery = await self.sender.say(text)
            self.undelivered = 0
        except ThrumError as error:
            self.undelivered += 1
            self.delivery = f"{error.message}, so it cannot report"
            self.debounce.put_back(text)
            self._held.set()
            logger.warning("%s: a report is held, since %s", self.job.sender, error)

    def _now(self) -> float:
        return self.node.setting.clock.monotonic()

    def _wall(self) -> datetime:
        return datetime.fromtimestamp(self.node.now_ns() / 1e9, UTC)
