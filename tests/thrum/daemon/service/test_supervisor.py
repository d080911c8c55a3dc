"""Services that crash, hang, leak and are slow: the others go on, and it is said."""

from __future__ import annotations

import subprocess
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, ClassVar

import anyio
import pytest
from anyio.abc import TaskGroup

from tests.thrum.daemon.service.clock import FakeClock, settle
from thrum.config import Config, Key
from thrum.daemon.hub import SLOW_S, Hub, News
from thrum.daemon.service import supervisor as module
from thrum.daemon.service.contract import Service
from thrum.daemon.service.scheduler import Scheduler
from thrum.daemon.service.supervisor import Report, Standing, Supervisor


class Wind:
    """Something to hear of."""


class World:
    """What services of a test stand upon.

    Attributes:
        events: what happened, in its order.
        children: child processes by owner.
    """

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.hub = Hub(self.clock.monotonic)
        self.scheduler = Scheduler(self.clock)
        self.events: list[str] = []
        self.children: dict[str, list[subprocess.Popen[bytes]]] = {}
        self.supervisor: Supervisor
        self.late: list[str] = []

    async def end_children(self, owner: str) -> None:
        """Ends them as the daemon does."""
        for child in self.children.pop(owner, []):
            child.kill()
            child.wait()

    def report(self, name: str) -> Report:
        """How it stands with a service."""
        return next(each for each in self.supervisor.report() if each.name == name)

    async def _start(self, tasks: TaskGroup, started: anyio.Event) -> None:
        await self.supervisor.start(tasks)
        started.set()

    def live(self, course: Callable[[], Awaitable[None]], *kinds: type[Service]) -> None:
        """Runs what a test does while services of these classes live."""

        async def run() -> None:
            made = [kind(self) for kind in kinds]  # type: ignore[arg-type]
            self.supervisor = Supervisor(
                made, self.hub, self.scheduler, self.end_children, self.clock
            )
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.scheduler.run)
                started = anyio.Event()
                tasks.start_soon(self._start, tasks, started)
                await settle()
                while not started.is_set():
                    await self.clock.advance(1)
                await course()
                self.late = await self.supervisor.stop(4.5)
                tasks.cancel_scope.cancel()

        anyio.run(run)


@pytest.fixture
def world() -> Iterator[World]:
    """Nothing runs yet."""
    made = World()
    yield made
    for child in [each for left in made.children.values() for each in left]:
        child.kill()
        child.wait()


class Good(Service):
    """Works."""

    name: ClassVar = "good"
    node: Any

    async def start(self) -> None:
        self.node.events.append(f"{self.name} starts")

    async def stop(self) -> None:
        self.node.events.append(f"{self.name} stops")


class Other(Good):
    """Works, too."""

    name: ClassVar = "other"


def test_services_begin_in_their_order_and_stop_in_the_opposite_one(world: World) -> None:
    async def course() -> None:
        assert [each.standing for each in world.supervisor.report()] == [Standing.RUNNING] * 2
        assert all(each.is_well and each.since for each in world.supervisor.report())

    world.live(course, Good, Other)
    assert world.events == ["good starts", "other starts", "other stops", "good stops"]
    assert [each.standing for each in world.supervisor.report()] == [Standing.STOPPED] * 2
    assert world.late == []


def failing(error: Any, *, where: str, after_s: float = 0, times: int = 999) -> Any:
    """A service that fails in one place, noting when it was begun.

    Args:
        error: what is raised, or what makes it.
        where: the function that raises it.
        after_s: how long a run lasts until then.
        times: how often it fails; then it works.
    """
    left = [error] * times

    def fail(here: str) -> None:
        if here == where and left:
            raise left.pop()() if callable(error) else left.pop()

    class Failing(Good):
        name: ClassVar = "bad"
        hears: ClassVar = (Wind,)
        began: ClassVar[list[float]] = []

        async def start(self) -> None:
            self.began.append(self.node.clock.monotonic())
            fail("start")

        async def run(self) -> None:
            if after_s:
                await self.node.clock.sleep(after_s)
            fail("run")
            await anyio.sleep_forever()

        async def stop(self) -> None:
            fail("stop")
            self.node.events.append("bad stops")

        def heard(self, news: Sequence[News]) -> None:
            fail("heard")

        def health(self) -> str:
            fail("health")
            return ""

    return Failing


ERRORS = pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("no disk"), "OSError: no disk"),
        (TimeoutError("silent"), "TimeoutError: silent"),
        (ExceptionGroup("", [ExceptionGroup("", [KeyError("x")])]), "KeyError: 'x'"),
        (ExceptionGroup("two", [OSError(), KeyError()]), "ExceptionGroup: two (2 sub-exceptions)"),
        (lambda: anyio.get_cancelled_exc_class()(), "Stray: what it waited for was cancelled"),
    ],
)


@ERRORS
@pytest.mark.parametrize(("where", "what"), [("run", "crashed"), ("start", "did not start")])
def test_a_crash_is_said_and_takes_nobody_along(
    world: World, error: Any, words: str, where: str, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def course() -> None:
        told = world.report("bad")
        assert (told.standing, told.crashes, told.is_well) == (Standing.BROKEN, 1, False)
        assert told.why == f"it {what}: {words}"
        assert world.report("good").is_well
        assert world.report("other").is_well

    world.live(course, Good, failing(error, where=where), Other)
    assert world.late == []
    assert world.events == [
        "good starts",
        "other starts",
        "other stops",
        "bad stops",
        "good stops",
    ]
    assert f"service bad: it {what}: {words}" in caplog.text


@pytest.mark.parametrize("where", ["run", "start"])
def test_pauses_double_up_to_a_minute(world: World, where: str) -> None:
    bad = failing(OSError("no"), where=where)

    async def course() -> None:
        await world.clock.advance(300)
        pauses = [later - sooner for sooner, later in zip(bad.began, bad.began[1:], strict=False)]
        assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert world.report("bad").crashes == len(bad.began) == 10

    world.live(course, bad)


@pytest.mark.parametrize(("lasts", "pause"), [(59, 8), (60, 1)])
def test_after_a_steady_minute_the_pauses_begin_anew(
    world: World, lasts: float, pause: float
) -> None:
    bad = failing(OSError("no"), where="run", after_s=lasts)

    async def course() -> None:
        await world.clock.advance(lasts * 4 + 1 + 2 + 4 + 8)
        sooner, later = bad.began[3:5]
        assert later - sooner == lasts + pause

    world.live(course, bad)


def test_one_that_recovers_is_well_again_and_its_crashes_stay_counted(world: World) -> None:
    async def course() -> None:
        await world.clock.advance(1 + 2)
        told = world.report("bad")
        assert (told.standing, told.why, told.crashes) == (Standing.RUNNING, "", 2)
        assert told.is_well

    world.live(course, failing(OSError("no"), where="run", times=2))


class HangsAtStart(Good):
    """Does not get ready."""

    name: ClassVar = "bad"

    async def start(self) -> None:
        await anyio.sleep_forever()


def test_a_start_that_lasts_does_not_hold_up_the_others_for_long(world: World) -> None:
    async def course() -> None:
        assert world.clock.monotonic() == pytest.approx(module.PATIENCE_S)
        assert world.report("other").is_well
        told = world.report("bad")
        assert (told.standing, told.is_well) == (Standing.STARTING, False)

    world.live(course, HangsAtStart, Other)
    assert world.events == ["other starts", "other stops", "bad stops"]
    assert world.late == []


def test_a_start_that_hangs_is_ended_and_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "START_LIMIT_S", 0.05)

    async def course() -> None:
        for crashes in (1, 2):
            with anyio.fail_after(20):
                while world.report("bad").standing is not Standing.BROKEN:
                    await anyio.sleep(0.001)
            told = world.report("bad")
            assert told.why == "it did not start: within 0.05 s"
            assert told.crashes == crashes
            await world.clock.advance(crashes)

    world.live(course, HangsAtStart, Other)


class Done(Good):
    """Has nothing to do but a job."""

    name: ClassVar = "done"

    async def start(self) -> None:
        self.broken = True
        self.node.scheduler.every(10, self._job, owner=self.name, name="look")

    async def _job(self) -> None:
        if self.broken:
            raise OSError("no disk")

    async def run(self) -> None:
        return


def test_who_is_done_is_well_as_long_as_its_jobs_are(world: World) -> None:
    async def course() -> None:
        assert (world.report("done").standing, world.report("done").is_well) == (
            Standing.DONE,
            True,
        )
        await world.clock.advance(10)
        assert world.report("done").why == "look: OSError: no disk"
        assert not world.report("done").is_well
        world.supervisor.services[0].broken = False  # type: ignore[attr-defined]
        await world.clock.advance(10)
        assert world.report("done").is_well

    world.live(course, Done)
    assert world.events == ["done stops"]


def test_what_a_service_says_of_itself_is_said(world: World) -> None:
    class Ill(Good):
        def health(self) -> str:
            return "a program is missing"

    async def course() -> None:
        told = world.report("good")
        assert (told.standing, told.why) == (Standing.RUNNING, "a program is missing")
        assert not told.is_well

    world.live(course, Ill)


def test_one_that_cannot_say_how_it_is_is_not_well(world: World) -> None:
    async def course() -> None:
        told = world.report("bad")
        assert told.why == "it cannot say how it is: OSError: no"
        assert world.report("other").is_well

    world.live(course, failing(OSError("no"), where="health"), Other)


def test_one_that_fails_to_hear_is_named_until_it_hears(world: World) -> None:
    async def course() -> None:
        world.hub.tell([(Wind(), True)])
        await settle()
        assert world.report("bad").why == "it failed to hear of a batch: OSError: no"
        world.hub.tell([(Wind(), True)])
        await settle()
        assert world.report("bad").is_well

    world.live(course, failing(OSError("no"), where="heard", times=1))


def test_one_that_hears_slowly_is_named(world: World) -> None:
    class Slow(Good):
        hears: ClassVar = (Wind,)

        def heard(self, news: Sequence[News]) -> None:
            self.node.clock.seconds += SLOW_S * 2

    async def course() -> None:
        world.hub.tell([(Wind(), True)])
        await settle()
        assert "held up everybody" in world.report("good").why

    world.live(course, Slow)


class Leaky(Good):
    """Leaves everything behind when it crashes."""

    name: ClassVar = "leaky"
    hears: ClassVar = (Wind,)
    calls: ClassVar[list[str]]

    async def start(self) -> None:
        node = self.node
        node.hub.on((Wind,), lambda news: self.calls.append("listener"), owner=self.name)
        node.scheduler.every(10, self._job, owner=self.name, name="job")
        child = subprocess.Popen(["sleep", "3600"])
        node.children.setdefault(self.name, []).append(child)
        self.calls.append("start")

    async def _job(self) -> None:
        self.calls.append("job")

    async def run(self) -> None:
        await self.node.clock.sleep(100)
        raise OSError("no")

    def heard(self, news: Sequence[News]) -> None:
        self.calls.append("heard")


def test_what_a_crashed_service_left_behind_is_taken_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(Leaky, "calls", calls, raising=False)

    async def course() -> None:
        (child,) = world.children["leaky"]
        await world.clock.advance(100)
        assert world.report("leaky").standing is Standing.BROKEN
        assert child.returncode is not None
        assert (world.hub.count("leaky"), world.children, world.scheduler.jobs) == (0, {}, {})
        calls.clear()
        world.hub.tell([(Wind(), True)])
        await world.clock.advance(0.5)
        assert calls == []
        await world.clock.advance(50)
        world.hub.tell([(Wind(), True)])
        await settle()
        # Of everything there is one again.
        assert calls == ["start", *["job"] * 4, "heard", "listener"]
        assert len(world.children["leaky"]) == 1

    world.live(course, Leaky, Good)
    assert (world.hub.count("leaky"), world.children, world.scheduler.jobs) == (0, {}, {})
    assert world.late == []


def test_children_that_cannot_be_ended_are_no_end_of_the_service(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(owner: str) -> None:
        raise OSError("no such process group")

    world.end_children = refuse  # type: ignore[method-assign]

    async def course() -> None:
        await world.clock.advance(1)
        assert world.report("bad").is_well

    world.live(course, failing(OSError("no"), where="run", times=1))
    assert "child processes of bad could not be ended" in caplog.text


@pytest.mark.parametrize("where", ["stop", "run", "children"])
def test_one_that_does_not_stop_is_named_and_the_others_stop(
    world: World, where: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "REST_S", 0.05)
    release = anyio.Event()

    class Hangs(Good):
        name: ClassVar = "bad"
        stop_s: ClassVar = 0.05

        async def run(self) -> None:
            try:
                await anyio.sleep_forever()
            finally:
                if where == "run":
                    with anyio.CancelScope(shield=True):
                        await release.wait()

        async def stop(self) -> None:
            self.node.events.append("bad stops")
            if where == "stop":
                await anyio.sleep_forever()

    async def hang(owner: str) -> None:
        if owner == "bad":
            await anyio.sleep_forever()

    if where == "children":
        world.end_children = hang  # type: ignore[method-assign]

    class First(Good):
        async def stop(self) -> None:
            await super().stop()
            release.set()

    async def course() -> None:
        assert world.report("bad").is_well

    world.live(course, First, Hangs, Other)
    assert world.late == ["bad"]
    assert world.events[-3:] == ["other stops", "bad stops", "good stops"]
    assert world.report("bad").standing is Standing.STOPPING
    assert world.report("good").standing is Standing.STOPPED
    assert "service bad does not stop within 0.05 s" in caplog.text


@ERRORS
def test_one_that_fails_to_stop_has_stopped_and_the_others_stop(
    world: World, error: Any, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def course() -> None:
        assert world.report("bad").is_well

    world.live(course, Good, failing(error, where="stop"), Other)
    assert world.late == []
    assert world.events[-2:] == ["other stops", "good stops"]
    assert "service bad failed while it stopped" in caplog.text
    assert world.report("bad").standing is Standing.STOPPED


def test_where_the_time_of_all_is_over_each_still_gets_its_turn(world: World) -> None:
    class Greedy(Good):
        name: ClassVar = "greedy"

        async def stop(self) -> None:
            await super().stop()
            self.node.clock.seconds += 5

    class Late(Good):
        async def stop(self) -> None:
            await super().stop()
            await anyio.sleep_forever()

    async def course() -> None:
        await settle()

    world.live(course, Late, Other, Greedy)
    assert world.events[-3:] == ["greedy stops", "other stops", "good stops"]
    assert world.late == ["good"]


def test_what_never_began_is_not_stopped(world: World) -> None:
    async def run() -> list[str]:
        made = [Good(world), Other(world)]  # type: ignore[arg-type]
        kept = Supervisor(made, world.hub, world.scheduler, world.end_children, world.clock)
        assert [each.standing for each in kept.report()] == [Standing.WAITING] * 2
        return await kept.stop(4.5)

    assert anyio.run(run) == []
    assert world.events == []


def test_services_hear_of_their_keys_and_of_those_they_follow(
    world: World, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []

    class Configured(Good):
        def changed(self, config: Config) -> None:
            told.append(self.name)

    class Owns(Configured):
        name: ClassVar = "owns"
        keys: ClassVar = {"a.b": Key(int, 1, "A key.")}

    class Refuses(Owns):
        name: ClassVar = "refuses"

        def changed(self, config: Config) -> None:
            raise OSError("no")

    class Follows(Configured):
        name: ClassVar = "follows"
        follows: ClassVar = frozenset({"c"})

    async def course() -> None:
        config = Config(tmp_path)
        for names, who in (("c", ["follows"]), ("a.b", ["owns"]), ("d", [])):
            told.clear()
            world.supervisor.changed(config, frozenset({names}))
            assert told == who
        told.clear()
        world.supervisor.changed(config, frozenset({"a.b", "c"}))
        assert told == ["owns", "follows"]

    world.live(course, Refuses, Owns, Follows, Good)
    assert caplog.text.count("refuses does not take the new settings") == 2
