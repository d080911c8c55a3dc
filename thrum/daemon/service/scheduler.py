"""Everything periodic of the daemon: one list of jobs, one loop, one clock that is handed in.

A job runs again a pause after it ended, or when somebody set its moment. Each run has a deadline;
one that fails or hangs is cancelled, written down and shown by `health` until a run ends well. A
job never runs twice at once. Any thread may add jobs and set their moments.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import Final

import anyio
from msgspec import Struct, field

from thrum.daemon.eventloop import EventLoop
from thrum.daemon.service.clock import Clock
from thrum.daemon.service.stray import told_apart
from thrum.daemon.service.wording import in_words

logger = logging.getLogger("thrum.service")

LIMIT_S: Final = 60.0
"""Seconds that a run may take, unless the job says otherwise."""


class Job(Struct, eq=False):
    """One job.

    Attributes:
        owner: the service that has it.
        name: what it does, for people.
        function: does it.
        every_s: seconds from the end of a run to the next; None: only when its moment is set.
        limit_s: seconds that a run may take.
        due: the moment of the next run on the monotonic clock.
        trouble: how the last run failed; empty if it ended well.
        runs: how many ended, well or not.
        began: the moment at which the last run began.
    """

    scheduler: Scheduler
    owner: str
    name: str
    function: Callable[[], Awaitable[object]]
    every_s: float | None
    limit_s: float
    due: float
    trouble: str = ""
    runs: int = 0
    began: float = -math.inf
    is_running: bool = False

    def at(self, moment: float) -> None:
        """Sets the moment of the next run. Any thread."""
        with self.scheduler.lock:
            self.due = moment
        self.scheduler.look()

    def end(self) -> None:
        """Runs no more; a run that goes on ends by itself. Any thread."""
        with self.scheduler.lock:
            self.scheduler.jobs.pop(self, None)

    def wrong(self, now: float) -> str:
        """What is wrong with it: how the last run failed, or that one does not even end when it is
        told to."""
        late = self.is_running and now > self.began + self.limit_s
        return f"has not ended within {self.limit_s:g} s" if late else self.trouble


class Scheduler(Struct):
    """The jobs of one daemon."""

    clock: Clock
    jobs: dict[Job, None] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _loop: EventLoop | None = None
    _woken: anyio.Event | None = None

    def every(
        self,
        seconds: float,
        function: Callable[[], Awaitable[object]],
        *,
        owner: str,
        name: str,
        limit_s: float = LIMIT_S,
    ) -> Job:
        """Has a job run each time so many seconds have passed, the first time after as many."""
        due = self.clock.monotonic() + seconds
        return self._add(Job(self, owner, name, function, seconds, limit_s, due))

    def alarm(
        self,
        function: Callable[[], Awaitable[object]],
        *,
        owner: str,
        name: str,
        limit_s: float = LIMIT_S,
    ) -> Job:
        """Has a job run whenever the moment comes that `Job.at` sets; at first never."""
        return self._add(Job(self, owner, name, function, None, limit_s, math.inf))

    def _add(self, job: Job) -> Job:
        with self.lock:
            self.jobs[job] = None
        self.look()
        return job

    def drop(self, owner: str) -> int:
        """Ends all jobs of a service; how many that were."""
        found = self._of(owner)
        for job in found:
            job.end()
        return len(found)

    def trouble(self, owner: str) -> str:
        """What is wrong with the jobs of a service; empty when all ended well."""
        now = self.clock.monotonic()
        wrong = ((job.name, job.wrong(now)) for job in self._of(owner))
        return "; ".join(f"{name}: {text}" for name, text in wrong if text)

    def _of(self, owner: str) -> list[Job]:
        with self.lock:
            return [job for job in self.jobs if job.owner == owner]

    def look(self) -> None:
        """Has the loop look at the moments again. Any thread."""
        if self._loop is not None:
            self._loop.soon(self._wake)

    def _wake(self) -> None:
        if self._woken is not None:
            self._woken.set()

    async def run(self) -> None:
        """Runs jobs when they are due, until it is cancelled."""
        self._loop = EventLoop.here()
        async with anyio.create_task_group() as tasks:
            while True:
                self._woken = anyio.Event()
                now = self.clock.monotonic()
                begun, following = self._begin(now)
                for job in begun:
                    tasks.start_soon(self._carry_out, job)
                await self.clock.wait(self._woken, following - now)

    def _begin(self, now: float) -> tuple[list[Job], float]:
        """The jobs that are due, by their moments, as begun; and the moment of the next one."""
        with self.lock:
            idle = [job for job in self.jobs if not job.is_running]
            begun = sorted((job for job in idle if job.due <= now), key=attrgetter("due"))
            for job in begun:
                job.is_running, job.began, job.due = True, now, math.inf
            return begun, min((job.due for job in idle), default=math.inf)

    async def _carry_out(self, job: Job) -> None:
        try:
            with anyio.move_on_after(job.limit_s) as scope:
                with told_apart():
                    await job.function()
            job.trouble = f"did not end within {job.limit_s:g} s" if scope.cancelled_caught else ""
            if job.trouble:
                logger.warning("%s: %s %s", job.owner, job.name, job.trouble)
        except Exception as error:
            job.trouble = in_words(error)
            logger.exception("%s: %s failed", job.owner, job.name)
        finally:
            self._ended(job)
            self._wake()

    def _ended(self, job: Job) -> None:
        with self.lock:
            job.is_running = False
            job.runs += 1
            if job.every_s is not None:
                job.due = min(job.due, self.clock.monotonic() + job.every_s)
