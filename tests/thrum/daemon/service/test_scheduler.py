"""Jobs: when they run, what becomes of those that fail or hang, and who may say so from where."""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable

import anyio
import pytest
from anyio import to_thread
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import examples
from tests.thrum.daemon.service.clock import FakeClock, settle
from thrum.daemon.service.scheduler import Job, Scheduler

Course = Callable[[FakeClock, Scheduler], Awaitable[None]]


def scheduled(course: Course) -> None:
    """Runs what a test does while a scheduler runs by a clock that the test moves."""

    async def run() -> None:
        clock = FakeClock()
        scheduler = Scheduler(clock)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(scheduler.run)
            await settle()
            await course(clock, scheduler)
            tasks.cancel_scope.cancel()

    anyio.run(run)


class Noted:
    """A job's function that notes when it began.

    Args:
        clock: by which.
        lasts_s: how long each run takes.
    """

    def __init__(self, clock: FakeClock, lasts_s: float = 0.0) -> None:
        self.clock, self.lasts_s = clock, lasts_s
        self.began: list[float] = []
        self.at_once = self.most_at_once = 0

    async def __call__(self) -> None:
        self.began.append(self.clock.monotonic())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.lasts_s:
            await self.clock.sleep(self.lasts_s)
        self.at_once -= 1


async def until(holds: Callable[[], bool]) -> None:
    """Waits for what takes time on the machine's clock."""
    with anyio.fail_after(20):
        while not holds():
            await anyio.sleep(0.001)


def test_hours_of_a_periodic_job_run_at_once() -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        noted = Noted(clock)
        job = scheduler.every(10, noted, owner="o", name="n")
        await clock.advance(9.9)
        assert noted.began == []
        await clock.advance(3 * 3600 - 9.9)
        assert len(noted.began) == job.runs == 1080
        assert noted.began == pytest.approx([10 * (n + 1) for n in range(1080)])

    scheduled(course)


@settings(max_examples=examples(20))
@given(st.lists(st.tuples(st.integers(1, 300), st.integers(0, 300)), min_size=1, max_size=5))
def test_each_job_keeps_its_pause_whatever_the_others_do(jobs: list[tuple[int, int]]) -> None:
    """A pause begins when a run ends."""

    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        noted = [Noted(clock, lasts) for _, lasts in jobs]
        for (pause, _), each in zip(jobs, noted, strict=True):
            scheduler.every(pause, each, owner="o", name="n", limit_s=3600)
        await clock.advance(1000)
        for (pause, lasts), each in zip(jobs, noted, strict=True):
            assert each.began == list(range(pause, 1001, pause + lasts))
            assert each.most_at_once <= 1

    scheduled(course)


def test_what_was_there_before_the_loop_is_run_by_it() -> None:
    clock = FakeClock()
    scheduler, noted = Scheduler(clock), Noted(clock)
    scheduler.every(5, noted, owner="o", name="n")
    scheduler.alarm(noted, owner="o", name="n").at(2)

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(scheduler.run)
            await clock.advance(6)
            tasks.cancel_scope.cancel()

    anyio.run(run)
    assert noted.began == [2, 5]


def test_an_alarm_runs_when_its_moment_comes_and_once() -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        noted = Noted(clock)
        alarm = scheduler.alarm(noted, owner="o", name="n")
        await clock.advance(3600)
        assert noted.began == []
        alarm.at(5000)
        await clock.advance(100)
        alarm.at(4000)  # sooner
        await clock.advance(200)
        alarm.at(6000)  # later again
        await clock.advance(1400)
        assert noted.began == []
        await clock.advance(3600)
        assert noted.began == [6000]
        alarm.at(1)  # past
        await settle()
        assert noted.began == [6000, clock.monotonic()]

    scheduled(course)


def test_a_periodic_job_can_be_had_sooner() -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        noted = Noted(clock)
        job = scheduler.every(100, noted, owner="o", name="n")
        job.at(7)
        await clock.advance(200)
        assert noted.began == [7, 107]

    scheduled(course)


def test_any_thread_may_add_a_job_and_set_a_moment() -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        noted = Noted(clock)
        made: list[Job] = []

        def elsewhere() -> None:
            made.append(scheduler.every(3, noted, owner="o", name="n"))
            made.append(scheduler.alarm(noted, owner="o", name="n"))
            made[1].at(1)

        await to_thread.run_sync(elsewhere)
        await clock.advance(3)
        assert noted.began == [1, 3]
        await to_thread.run_sync(made[1].at, 4)
        await to_thread.run_sync(made[0].end)
        await clock.advance(100)
        assert noted.began == [1, 3, 4]

    scheduled(course)


def test_many_threads_at_once_lose_nothing() -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        noted = Noted(clock)
        alarms = [scheduler.alarm(noted, owner="o", name="n") for _ in range(4)]
        over = threading.Event()

        def adding() -> None:
            while not over.is_set():
                scheduler.every(3600, noted, owner="added", name="n").end()
                over.wait(0.0001)

        def ringing(alarm: Job) -> None:
            for _ in range(200):
                alarm.at(0)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(to_thread.run_sync, adding)
            async with anyio.create_task_group() as ringers:
                for alarm in alarms:
                    ringers.start_soon(to_thread.run_sync, ringing, alarm)
            for alarm in alarms:
                before = alarm.runs
                await to_thread.run_sync(alarm.at, 0)
                await until(lambda alarm=alarm, before=before: alarm.runs > before)  # type: ignore[misc]
            for _ in range(200):
                scheduler.trouble("added")
                scheduler.drop("nobody")
            over.set()

    scheduled(course)


def test_jobs_that_are_late_run_in_the_order_of_their_moments() -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        order: list[int] = []

        def noting(number: int) -> Callable[[], Awaitable[None]]:
            async def note() -> None:
                order.append(number)

            return note

        for number in (30, 10, 20):
            scheduler.alarm(noting(number), owner="o", name="n").at(number)
        await settle()
        clock.seconds = 3600  # the machine slept
        scheduler.look()
        await settle()
        assert order == [10, 20, 30]

    scheduled(course)


def test_a_job_never_runs_twice_at_once() -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        noted = Noted(clock, lasts_s=10)
        job = scheduler.every(5, noted, owner="o", name="n")
        await clock.advance(6)
        for _ in range(3):
            job.at(0)
            await clock.advance(1)
        assert noted.began == [5]
        await clock.advance(7)
        assert noted.began == [5, 15]  # what was asked for meanwhile comes right after
        await clock.advance(15)
        assert noted.began == [5, 15, 30]
        assert noted.most_at_once == 1

    scheduled(course)


def test_a_job_that_hangs_holds_up_nobody_and_is_named_until_a_run_ends_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        hangs, ended = True, []

        async def work() -> None:
            try:
                if hangs:
                    await anyio.sleep_forever()
            finally:
                ended.append(clock.monotonic())

        noted = Noted(clock)
        scheduler.every(1, noted, owner="other", name="n")
        job = scheduler.every(10, work, owner="o", name="look", limit_s=0.05)
        await clock.advance(15)
        await until(lambda: job.runs == 1)
        assert len(noted.began) == 15
        assert scheduler.trouble("o") == "look: did not end within 0.05 s"
        assert scheduler.trouble("other") == ""
        hangs = False
        await clock.advance(11)
        assert len(ended) == job.runs == 2
        assert scheduler.trouble("o") == ""

    with caplog.at_level(logging.WARNING):
        scheduled(course)
    assert "o: look did not end within 0.05 s" in caplog.text


def test_a_job_that_cannot_even_be_cancelled_is_named_while_it_lasts() -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        release = anyio.Event()

        async def work() -> None:
            with anyio.CancelScope(shield=True):
                await release.wait()

        scheduler.every(10, work, owner="o", name="look", limit_s=60)
        told = []
        for seconds in (69, 2):
            await clock.advance(seconds)
            told.append(scheduler.trouble("o"))
        release.set()
        await settle()
        assert told == ["", "look: has not ended within 60 s"]
        assert scheduler.trouble("o") == ""

    scheduled(course)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("no\nmore"), "ValueError: no"),
        (TimeoutError("the remote is silent"), "TimeoutError: the remote is silent"),
        (ExceptionGroup("group", [OSError("no disk")]), "OSError: no disk"),
        (KeyError(), "KeyError"),
    ],
)
def test_a_job_that_fails_runs_again_and_is_named_until_then(
    error: Exception, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        failures = [error, error]

        async def work() -> None:
            if failures:
                raise failures.pop()

        job = scheduler.every(10, work, owner="o", name="look")
        for runs in (1, 2):
            await clock.advance(10)
            assert job.runs == runs
            assert scheduler.trouble("o") == f"look: {words}"
        await clock.advance(10)
        assert scheduler.trouble("o") == ""

    scheduled(course)
    assert caplog.text.count("o: look failed") == 2


def test_a_job_whose_own_task_was_cancelled_takes_nobody_along(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        async def work() -> None:
            raise anyio.get_cancelled_exc_class()

        noted = Noted(clock)
        scheduler.every(1, noted, owner="other", name="n")
        scheduler.every(10, work, owner="o", name="look")
        await clock.advance(60)
        assert scheduler.trouble("o") == "look: Stray: what it waited for was cancelled"
        assert len(noted.began) == 60

    scheduled(course)


def test_a_job_may_end_itself() -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        async def work() -> None:
            job.end()

        job = scheduler.every(10, work, owner="o", name="n")
        await clock.advance(3600)
        assert job.runs == 1
        job.end()
        job.at(0)
        await clock.advance(1)
        assert job.runs == 1

    scheduled(course)


def test_what_is_dropped_while_it_runs_ends_that_run_and_begins_no_other() -> None:
    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        dropped, other = Noted(clock, lasts_s=30), Noted(clock)
        job = scheduler.every(10, dropped, owner="o", name="n")
        scheduler.alarm(dropped, owner="o", name="never")
        scheduler.every(10, other, owner="other", name="n")
        await clock.advance(15)
        assert scheduler.drop("o") == 2
        assert scheduler.drop("o") == 0
        job.at(20)
        await clock.advance(85)
        assert (dropped.began, dropped.at_once) == ([10], 0)
        assert len(other.began) == 10

    scheduled(course)


def test_the_end_of_the_loop_ends_what_runs() -> None:
    ended = []

    async def course(clock: FakeClock, scheduler: Scheduler) -> None:
        async def work() -> None:
            try:
                await anyio.sleep_forever()
            finally:
                ended.append(True)

        scheduler.every(1, work, owner="o", name="n")
        await clock.advance(2)

    scheduled(course)
    assert ended == [True]
