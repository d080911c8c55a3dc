"""Monitors, as a service: keeps their programs running, over restarts of the daemon as well.

What costs memory or time to load (RE2, cron, processes) is loaded with the first monitor.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anyio
from anyio import to_thread

from thrum.clock import format_seconds, parse
from thrum.daemon.monitors import kept
from thrum.daemon.monitors.job import MOST, Job, Status
from thrum.daemon.monitors.reports import reports
from thrum.daemon.monitors.standing import MonitorsTold, Standing, standing
from thrum.daemon.push.service import Push
from thrum.daemon.service.contract import Service
from thrum.daemon.service.wording import in_words
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from thrum.daemon.monitors.output_log import OutputLog
    from thrum.daemon.monitors.pace import Pace
    from thrum.daemon.monitors.runner import Runner
    from thrum.daemon.node import Node
    from thrum.daemon.rpc.registry import Method
    from thrum.daemon.service.contract import Check

logger = logging.getLogger("thrum.monitors")

STOP_S: Final = 2.5
"""What all programs together have of the daemon's own end."""

MOST_NAMED: Final = 3
FOLDER: Final = "monitors"
"""Where outputs are, among the daemon's files."""


class Monitors(Service):
    """Has the programs of monitors run.

    Attributes:
        runners: those that run, by id.
    """

    name: ClassVar = "monitors"
    nouns: ClassVar = ("monitor",)
    schema: ClassVar = kept.SCHEMA
    pushes: ClassVar = (MonitorsTold,)
    stop_s: ClassVar = STOP_S + 0.5

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.runners: dict[str, Runner] = {}
        self._dead: dict[str, Job] = {}
        self._stopped: dict[str, Job] = {}
        self._tasks: TaskGroup | None = None
        self._pace: Pace | None = None
        self._turns: dict[str, anyio.Lock] = {}

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.monitors import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    @classmethod
    def checks(cls) -> Mapping[str, Check]:
        """See `Service`."""
        from thrum.daemon.monitors import check

        return {"monitors": check.dead}

    async def start(self) -> None:
        """See `Service`."""
        self.node.service(Push).feeds.state(
            self.name, lambda: MonitorsTold(monitors=self.standing())
        )

    async def run(self) -> None:
        """See `Service`."""
        self.runners, self._dead, self._stopped = {}, {}, {}
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            try:
                if self.tables.refusal is None:
                    await self._go_on()
                await anyio.sleep_forever()
            finally:
                self._tasks = None

    def health(self) -> str:
        """See `Service`."""
        found = [f"{job.name} is dead" for job in self._dead.values()]
        found += [f"{each.job.name}: {each.trouble}" for each in self._troubled()]
        more = len(found) - MOST_NAMED
        return "; ".join(found[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")

    def standing(self) -> Standing:
        """How it stands with all of them."""
        running = (each.job for each in self.runners.values())
        return standing(running, self._dead.values(), self._stopped.values())

    def _has_changed(self) -> None:
        self.node.service(Push).feeds.look(self.name)

    def _troubled(self) -> list[Runner]:
        return [each for each in self.runners.values() if each.trouble]

    async def stop(self) -> None:
        """See `Service`."""
        for runner in list(self.runners.values()):
            await runner.flush()
        await self.node.children.end(self.name, STOP_S)

    # -- what methods ask for --

    def turn(self, job_id: str) -> anyio.Lock:
        """Held by whoever begins or ends that monitor.

        Raises:
            ThrumError: ``busy``, the service is only just beginning.
        """
        if self._tasks is None:
            raise ThrumError("busy", "monitors are only just beginning", "try again")
        return self._turns.setdefault(job_id, anyio.Lock())

    def output(self, job_id: str) -> OutputLog:
        """What a monitor's program says."""
        from thrum.daemon.monitors.output_log import OutputLog

        return OutputLog(self.node.place.var / FOLDER / f"{job_id}.log")

    async def make(self, job: Job) -> Runner:
        """Keeps a new monitor and runs it; nothing is left of one that cannot run.

        Raises:
            ThrumError: ``conflict``, its name is taken; ``busy``, there are too many; ``program``,
                ``not_found`` and others of `Children.start`; as `Store.transact` and
                `Tables.write`.
        """
        runner = self._prepared(job)
        runner.check()
        await self._commence(
            runner,
            lambda: self.tables.write(lambda db: kept.add(db, job)),
            lambda: self.tables.write(lambda db: kept.remove(db, job.id)),
        )
        return runner

    async def again(self, job: Job) -> Runner:
        """Ends the monitor if it runs, and runs it anew.

        Raises:
            ThrumError: as `make`; ``timed_out``, its program does not end.
        """
        runner = self._prepared(job)
        runner.check()
        await self.end(job)
        await self._commence(
            runner,
            lambda: self._stands(job, Status.RUNNING),
            lambda: self._stands(job, Status.DEAD),
        )
        return runner

    async def stop_one(self, job: Job) -> None:
        """Ends the monitor and leaves it so.

        Raises:
            ThrumError: ``timed_out``, its program does not end; as `Store.transact` and
                `Tables.write`.
        """
        from thrum.daemon.monitors.sender import Sender

        await self._stands(job, Status.STOPPED)
        await self.end(job)
        await Sender(self.node, job).leave("stopped")

    async def remove(self, job: Job) -> None:
        """Ends the monitor and forgets it; what it reported stays.

        Raises:
            ThrumError: as `stop_one`; ``storage``, its output cannot be removed.
        """
        await self.stop_one(job)
        await self.tables.write(lambda db: kept.remove(db, job.id))
        self._dead.pop(job.id, None)
        self._stopped.pop(job.id, None)
        self._turns.pop(job.id, None)
        self._has_changed()
        try:
            await to_thread.run_sync(self.output(job.id).remove)
        except OSError as error:
            text = f"the output of {job.name} cannot be removed: {error}"
            raise ThrumError("storage", text) from error

    async def end(self, job: Job) -> None:
        """Ends the monitor's program, if it runs, and reports what is held.

        Raises:
            ThrumError: ``timed_out``, the system holds its program.
        """
        runner = self.runners.get(job.id)
        if runner is None:
            return
        if not await runner.end():
            raise ThrumError("timed_out", f"the program of {job.name} does not end, even killed")
        await runner.is_over.wait()
        self._forget(runner)

    # -- runners --

    def _prepared(self, job: Job) -> Runner:
        """What would run the monitor.

        Raises:
            ThrumError: ``invalid_params``, its pattern or schedule; ``config``, the time zone.
        """
        from thrum.daemon.monitors.pace import Pace
        from thrum.daemon.monitors.runner import Runner

        self._pace = self._pace or Pace()
        return Runner(self.node, job, self.output(job.id), self._pace, self._exited)

    def _reserve(self, runner: Runner) -> None:
        """Takes one of the places.

        Raises:
            ThrumError: ``busy``.
        """
        if len(self.runners) >= MOST:
            raise ThrumError(
                "busy",
                f"maximum concurrent monitors reached ({MOST})",
                "`thrum monitor list` shows them; stop one",
            )
        self.runners[runner.job.id] = runner

    async def _commence(
        self,
        runner: Runner,
        note: Callable[[], Awaitable[None]],
        undo: Callable[[], Awaitable[None]],
    ) -> None:
        """Has a monitor run that is noted first; where it cannot begin, what was noted is undone.

        Raises:
            ThrumError: as `make`.
        """
        self._reserve(runner)
        try:
            await note()
            try:
                await self._begin(runner)
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await undo()
                raise
        except BaseException:
            self._forget(runner)
            raise
        self._launch(runner)

    async def _begin(self, runner: Runner) -> None:
        """Registers the sender, then starts the program of what runs always."""
        await runner.sender.enter(anew=True)
        try:
            if not runner.job.schedule:
                runner.begin()
        except ThrumError:
            await runner.sender.leave("failed")
            raise

    def _launch(self, runner: Runner) -> None:
        self._dead.pop(runner.job.id, None)
        self._has_changed()
        if self._tasks is not None:
            self._tasks.start_soon(self._see_through, runner)

    def _forget(self, runner: Runner) -> None:
        if self.runners.get(runner.job.id) is runner:
            del self.runners[runner.job.id]
            self._has_changed()

    async def _see_through(self, runner: Runner) -> None:
        try:
            last_words = await runner.run()
        except Exception as error:
            # A defect of ours costs this monitor and not the others.
            logger.exception("%s is given up", runner.job.sender)
            last_words = f"[{runner.job.sender}] dead: {in_words(error)}"
        if last_words:
            try:
                await self._dies(runner, last_words)
            except ThrumError:
                logger.exception("%s is dead and could not say so", runner.job.sender)
        self._forget(runner)

    async def _dies(self, runner: Runner, last_words: str) -> None:
        """Notes that nothing runs it any more, and says so; not of one that is run anew by now.

        Raises:
            ThrumError: as `Store.transact` and `Tables.write`.
        """
        async with self.turn(runner.job.id):
            if self.runners.get(runner.job.id) is not runner:
                return
            logger.warning("%s is dead: %s", runner.job.sender, last_words.partition("\n")[0])
            self._dead[runner.job.id] = runner.job
            await self._stands(runner.job, Status.DEAD)
            await runner.end()
            await runner.sender.say(last_words)
            await runner.sender.leave("dead")
            self._forget(runner)

    async def _stands(self, job: Job, status: Status) -> None:
        now = format_seconds(self.node.now_ns())
        await self.tables.write(lambda db: kept.stands(db, job.id, status, now))
        for kind, jobs in ((Status.DEAD, self._dead), (Status.STOPPED, self._stopped)):
            if status is kind:
                jobs[job.id] = job
            else:
                jobs.pop(job.id, None)
        self._has_changed()

    async def _exited(self, job: Job, code: int) -> None:
        """Notes how a run ended; where that cannot be kept, the monitor runs on."""
        now = format_seconds(self.node.now_ns())
        try:
            await self.tables.write(lambda db: kept.exited(db, job.id, code, now))
        except ThrumError as error:
            logger.warning("how %s ended could not be noted: %s", job.sender, error)

    # -- after a start of the daemon --

    async def _go_on(self) -> None:
        """Runs what ran when the daemon ended, however it did."""
        jobs = await self.tables.ask(kept.jobs)
        folder = self.node.place.var / FOLDER
        await to_thread.run_sync(clear, folder, {job.id for job in jobs})
        self._dead = {job.id: job for job in jobs if job.status is Status.DEAD}
        self._stopped = {job.id: job for job in jobs if job.status is Status.STOPPED}
        self._has_changed()
        for job in jobs:
            if job.status is Status.RUNNING:
                await self._resume(job)

    async def _resume(self, job: Job) -> None:
        daemon_id, sender = self.node.identity.daemon_id, job.sender
        try:
            runner = self._prepared(job)
            await runner.sender.enter()
            last = await self.node.store.ask(lambda db: reports(db, sender, job.id, daemon_id, 1))
        except ThrumError:
            logger.exception("%s cannot go on", sender)
            await self._stands(job, Status.DEAD)
            return
        if last:
            runner.goes_on(parse(last[0].created_at))
        self.runners[job.id] = runner
        self._launch(runner)


def clear(folder: Path, ids: Collection[str]) -> None:
    """Removes outputs of monitors that there are not any more: a daemon was killed as it did."""
    try:
        for path in folder.glob("mon_*.log*"):
            if path.name.partition(".")[0] not in ids:
                path.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("outputs of monitors that are gone cannot be removed: %s", error)
