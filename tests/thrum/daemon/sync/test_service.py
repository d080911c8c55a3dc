"""The exchange as a service: what wakes it, what it hears, and what becomes of its thread."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
from msgspec.structs import replace

from tests.thrum.daemon.service.clock import FakeClock
from thrum import config, events
from thrum.config import Config
from thrum.daemon import services
from thrum.daemon.push.service import Push
from thrum.daemon.service.scheduler import Scheduler
from thrum.daemon.settings import Settings
from thrum.daemon.sync.service import SyncService, intervals
from thrum.daemon.work.service import Work
from thrum.errors import ThrumError

REGISTER = events.AgentRegister(agent_id="ann", role="dev", module="m")


@pytest.fixture
def sync(parts: Any) -> SyncService:
    """The real service, of a repository without a remote, by a clock that the test moves."""
    clock = FakeClock()
    parts.setting = replace(parts.setting, clock=clock)
    parts.scheduler = Scheduler(clock)
    parts.config = config.load(parts.place.config, {}, services.keys())
    parts.compose((Settings, Push, Work, SyncService))
    made: SyncService = parts.service(SyncService)
    return made


def lived(sync: SyncService, course: Callable[[], Awaitable[None]]) -> None:
    """Runs what a test does between its start and its stop."""

    async def run() -> None:
        await sync.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sync.node.scheduler.run)
            await until(lambda: bool(sync.loop.status().next_try_at or sync.has_ended))
            await course()
            await sync.stop()
            tasks.cancel_scope.cancel()

    anyio.run(run)
    assert sync.has_ended


async def until(holds: Callable[[], bool]) -> None:
    """Waits for what the thread does."""
    with anyio.fail_after(30):
        while not holds():
            await anyio.sleep(0.001)


def tip(sync: SyncService) -> str:
    """The branch's commit."""
    return sync.loop.status().tip


def test_the_clock_of_the_daemon_wakes_it(sync: SyncService) -> None:
    async def course() -> None:
        (alarm,) = sync.node.scheduler.jobs
        assert alarm.owner == "sync"
        clock = sync.node.scheduler.clock
        assert isinstance(clock, FakeClock)
        await until(lambda: alarm.due < math.inf)
        # Nobody tells of it; it is carried out when the next cycle is due.
        await sync.node.store.transact(lambda transaction: transaction.emit(REGISTER))
        was, left = tip(sync), alarm.due - clock.monotonic()
        await clock.advance(left - 1)
        assert (alarm.runs, tip(sync)) == (0, was)
        await clock.advance(1)
        await until(lambda: tip(sync) != was)
        assert alarm.runs == 1
        await until(lambda: alarm.due < math.inf)

    lived(sync, course)


@pytest.mark.parametrize(("is_local", "expected"), [(True, 1), (False, 0)])
def test_only_what_was_made_here_is_carried_out(
    sync: SyncService, is_local: bool, expected: int
) -> None:
    triggered: list[bool] = []
    sync.loop.trigger = lambda: triggered.append(True)  # type: ignore[method-assign]
    sync.heard([(REGISTER, is_local), (REGISTER, False)])
    assert len(triggered) == expected


def test_what_was_missed_may_have_been_made_here(sync: SyncService) -> None:
    triggered: list[bool] = []
    sync.loop.trigger = lambda: triggered.append(True)  # type: ignore[method-assign]
    sync.missed()
    assert triggered == [True]


def test_a_write_is_committed_soon_and_the_last_ones_at_the_end(sync: SyncService) -> None:
    node = sync.node
    tips: list[str] = []

    async def course() -> None:
        listener = node.hub.on(sync.hears, sync.heard, owner=sync.name)
        tips.append(tip(sync))
        clock = node.scheduler.clock
        assert isinstance(clock, FakeClock)
        await node.store.transact(lambda transaction: transaction.emit(REGISTER))
        (alarm,) = node.scheduler.jobs
        await until(lambda: alarm.due - clock.monotonic() < 1)
        await clock.advance(1)
        await until(lambda: tip(sync) != tips[0])
        listener.end()
        group = events.GroupCreate(group_id="grp_1", name="g")
        await node.store.transact(lambda transaction: transaction.emit(group))

    lived(sync, course)
    assert not sync.node.store.log.has_waiting


def test_a_thread_that_ends_is_a_crash_and_a_new_one_begins(
    sync: SyncService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda told: None)
    catch_up = sync.loop.catch_up

    def leave() -> None:
        raise SystemExit

    async def course() -> None:
        with pytest.raises(RuntimeError, match="the thread that owns the branch has ended"):
            await sync.run()
        assert sync.loop._thread is not None
        sync.loop._thread.join(20)
        assert sync.health() == "the thread that owns the branch has ended"
        sync.loop.catch_up = catch_up
        sync.node.scheduler.drop(sync.name)
        await sync.start()
        await until(lambda: bool(sync.loop.status().next_try_at))
        assert sync.health() == ""

    sync.loop.catch_up = leave
    lived(sync, course)


def test_its_settings_count_at_once(sync: SyncService) -> None:
    told: list[tuple[float, float]] = []

    def every(interval_s: float, quick_s: float = 0) -> None:
        told.append((interval_s, quick_s))

    sync.loop.every = every  # type: ignore[method-assign]
    path = sync.node.config.path
    path.write_text(json.dumps({"daemon": {"sync_interval": 9, "sync": {"remote": "up"}}}))
    sync.changed(config.load(path, {}, services.keys()))
    assert told == [(9.0, 3.0)]


@pytest.mark.parametrize(
    ("slow", "quick", "expected"),
    [(60, 3, (60, 3)), (1, 1, (1, 1)), (0, 0, (60, 0)), (5, -1, (5, 0))],
)
def test_no_cycle_follows_another_without_a_pause(
    sync: SyncService, slow: int, quick: int, expected: tuple[float, float]
) -> None:
    known = Config(sync.node.config.path, keys=services.keys())
    known.set("daemon.sync_interval", slow)
    known.set("daemon.sync_quick_interval", quick)
    assert intervals(known) == expected


def test_what_is_off_limits_is_asked_of_the_files_as_they_are_now(sync: SyncService) -> None:
    assert sync._refused()[0] is False
    sync.node.config.path.write_text(json.dumps({"daemon": {"local_only": True}}))
    refused, why = sync._refused()
    assert refused
    assert "daemon.local_only" in why


def test_sharing_is_written_where_it_counts_at_once(sync: SyncService) -> None:
    settings = sync.node.config
    settings.path.write_text('{"local_only": true, "mine": 1}')
    sync.node.service(Settings).read()
    for is_on in (True, False, True):
        sync.share(is_on)
        assert settings.local_only is not is_on
        tree = json.loads(settings.path.read_text())
        assert tree == {"mine": 1, "daemon": {"local_only": not is_on}} | {
            key: value for key, value in tree.items() if key == "identity"
        }


@pytest.mark.parametrize("by", ["environment", "yaml"])
def test_what_counts_for_more_is_named(sync: SyncService, by: str) -> None:
    settings = sync.node.config
    if by == "yaml":
        settings.path.with_suffix(".yaml").write_text("daemon:\n  local_only: true\n")
    else:
        settings.environment = {"THRUM_LOCAL": "1"}
    with pytest.raises(ThrumError) as refusal:
        sync.share(True)
    assert refusal.value.kind == "conflict"
    assert "THRUM_LOCAL_ONLY" in (refusal.value.hint or "")
    assert "config.yaml" in (refusal.value.hint or "")
