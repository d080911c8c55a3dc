"""Who lives and what is stale: before anybody is served, and by the clock."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any, Final

import anyio
import pytest
from msgspec.structs import replace

from tests.thrum.daemon.service.clock import START_NS, FakeClock
from thrum import events
from thrum.clock import format_ns
from thrum.daemon.service.scheduler import Scheduler
from thrum.daemon.transaction import Transaction
from thrum.daemon.upkeep import homeless, service
from thrum.daemon.upkeep.homeless import Homeless
from thrum.daemon.upkeep.service import (
    FORGET_S,
    HOMES_S,
    LOOK_S,
    PROGRAMS_S,
    SEEN_S,
    SWEEP_S,
    Upkeep,
)
from thrum.daemon.upkeep.sweeper import Sweeper
from thrum.identity import programs
from thrum.runtime_names import OWN_FILE

DAY_NS: Final = 24 * 3600 * 1_000_000_000


@pytest.fixture
def upkeep(parts: Any) -> Upkeep:
    """The service with a clock that the test moves."""
    parts.scheduler = Scheduler(FakeClock())
    return Upkeep(parts)


def test_what_a_crash_left_open_is_ended_before_anybody_is_served(upkeep: Upkeep) -> None:
    store = upkeep.node.store
    register = events.AgentRegister(agent_id="nux", role="dev", module="m")
    store.transact_blocking(lambda transaction: transaction.emit(register))
    for number in (1, 2):
        begin = events.SessionStart(session_id=f"ses_{number}", agent_id="nux")
        store.transact_blocking(lambda transaction, each=begin: transaction.emit(each))  # type: ignore[misc]
    anyio.run(upkeep.start)
    rows = store.reader().execute("SELECT session_id, end_reason FROM sessions ORDER BY 1")
    assert [tuple(row) for row in rows] == [("ses_1", "crash_recovered"), ("ses_2", None)]


def test_each_job_comes_in_its_own_time_and_is_done_well(
    upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = upkeep.node.scheduler.clock
    assert isinstance(clock, FakeClock)

    async def run() -> dict[float | None, int]:
        await upkeep.start()
        jobs = list(upkeep.node.scheduler.jobs)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(upkeep.node.scheduler.run)
            for job in jobs:
                job.at(0)
            await clock.advance(0)
            with anyio.fail_after(20):
                while not all(job.runs for job in jobs):
                    await anyio.sleep(0.001)
            assert upkeep.node.scheduler.trouble("upkeep") == ""
            tasks.cancel_scope.cancel()
        return {job.every_s: job.runs for job in jobs}

    # Two come once a minute.
    assert LOOK_S == SEEN_S
    assert anyio.run(run) == {SWEEP_S: 1, HOMES_S: 1, SEEN_S: 1, FORGET_S: 1}


def test_a_sweep_that_fails_is_named(upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = upkeep.node.scheduler.clock
    assert isinstance(clock, FakeClock)

    async def refuse(_: Sweeper) -> None:
        raise OSError("no processes")

    monkeypatch.setattr(Sweeper, "sweep", refuse)

    async def run() -> str:
        await upkeep.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(upkeep.node.scheduler.run)
            await clock.advance(SWEEP_S)
            tasks.cancel_scope.cancel()
        return upkeep.node.scheduler.trouble("upkeep")

    assert anyio.run(run) == "look at agents' processes: OSError: no processes"


class JumpingClock(FakeClock):
    """A wall clock that is set, beside one that is not."""

    off_ns = 0

    def now_ns(self) -> int:
        return super().now_ns() + self.off_ns


def test_a_clock_that_jumps_makes_nobody_older(upkeep: Upkeep, parts: Any) -> None:
    """Also over a restart, for how much time has passed is kept."""
    clock = JumpingClock()
    parts.setting = replace(parts.setting, clock=clock)
    seen = format_ns(START_NS)

    def age(service: Upkeep) -> int:
        return service.present(seen) - START_NS

    async def run() -> None:
        await upkeep._recall()
        clock.off_ns = 10 * DAY_NS
        assert age(upkeep) == 0
        await upkeep._note_time()
        again = Upkeep(parts)
        await again._recall()
        assert age(again) == 0
        clock.off_ns = -400 * DAY_NS
        assert age(again) == 0
        clock.seconds += 31 * 24 * 3600
        assert age(again) == 31 * DAY_NS

    anyio.run(run)


TOLD = """
INSERT INTO agent_work_contexts (session_id, agent_id, branch, git_updated_at, current_task,
  task_updated_at, intent, intent_updated_at, agent_status, status_updated_at)
VALUES (?1, 'nux', 'b', ?2, 't', ?2, 'i', ?2, 's', ?2)
"""


def told(parts: Any, over: bool) -> None:
    """What is known of the work in a session, all of it told at the start of the clock."""
    began = format_ns(START_NS)

    def write(transaction: Transaction) -> None:
        transaction.emit(events.SessionStart(session_id="ses_1", agent_id="nux"))
        transaction.db.execute("DELETE FROM agent_work_contexts")
        transaction.db.execute(TOLD, ("ses_1", began))
        if over:
            transaction.db.execute("UPDATE sessions SET ended_at = ?", (began,))

    parts.store.transact_blocking(write)


def known(parts: Any) -> str:
    """Of what something is known still."""
    rows = parts.store.reader().execute(
        "SELECT branch || current_task || intent || agent_status FROM agent_work_contexts"
    )
    return "".join(text for (text,) in rows)


@pytest.mark.parametrize("jump", [30, 400, -30], ids=str)
@pytest.mark.parametrize("over", [False, True])
def test_a_clock_that_jumps_makes_no_work_stale(
    upkeep: Upkeep, parts: Any, jump: int, over: bool
) -> None:
    clock = JumpingClock()
    parts.setting = replace(parts.setting, clock=clock)
    told(parts, over)

    async def after(days: float) -> str:
        clock.seconds += days * 24 * 3600
        await upkeep._forget()
        return known(parts)

    async def run() -> list[str]:
        await upkeep._recall()
        clock.off_ns = jump * DAY_NS
        return [await after(days) for days in (0, 0.5, 1, 5, 1)]

    said = "" if over else "tis"
    assert anyio.run(run) == ["btis", "btis", "tis", "tis", said]


@pytest.mark.parametrize("how", ["silent", "refused", "locked"])
def test_a_worktree_that_cannot_be_looked_at_holds_up_no_start(
    node: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Another that is surely gone ends its session all the same."""
    for name in ("nux", "furiosa"):
        node.agent(name)
    away = node.homes["nux"]
    if how == "locked":
        git = ["git", "-C", str(node.repository), "worktree", "lock", str(away)]
        subprocess.run(git, check=True)
    for home in node.homes.values():
        if home.name in node.homes and home.name != "nobody":
            shutil.rmtree(home)
    answers, is_missing = threading.Event(), homeless._is_missing

    def look(path: Path) -> bool:
        if path.is_relative_to(away) and how != "locked":
            assert answers.wait(0 if how == "refused" else 60) or how == "refused"
            raise PermissionError(path)
        return is_missing(path)

    monkeypatch.setattr(homeless, "_is_missing", look)
    try:
        anyio.run(Upkeep(node.parts).start)
    finally:
        answers.set()
    rows = node.store.reader().execute("SELECT agent_id FROM sessions WHERE ended_at IS NOT NULL")
    assert rows.fetchall() == [("furiosa",)]


def test_the_persons_own_runtimes_are_known_as_their_file_says_by_now(
    node: Any, tmp_path: Path
) -> None:
    parts, clock = node.parts, FakeClock()
    parts.scheduler = Scheduler(clock)
    parts.setting = replace(parts.setting, environment={"HOME": str(tmp_path)})
    file = tmp_path / OWN_FILE
    file.parent.mkdir()

    async def run() -> list[dict[str, str]]:
        found = []
        await Upkeep(parts).start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(parts.scheduler.run)
            for command in ("my-tool", "another", ""):
                file.write_text(json.dumps({"custom_runtimes": {"mine": {"command": command}}}))
                runs = {job: job.runs for job in parts.scheduler.jobs if "runtimes" in job.name}
                await clock.advance(PROGRAMS_S)
                with anyio.fail_after(20):
                    while any(job.runs == before for job, before in runs.items()):
                        await anyio.sleep(0.01)
                found.append(dict(programs.own().names))
            tasks.cancel_scope.cancel()
        return found

    try:
        assert anyio.run(run) == [{"my-tool": "mine"}, {"another": "mine"}, {}]
    finally:
        programs.heed(programs.Programs)


def test_a_disk_of_many_silent_worktrees_holds_up_a_start_for_so_long_at_most(
    upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: Homeless) -> set[str]:
        await anyio.sleep_forever()
        raise AssertionError("it never comes here")

    monkeypatch.setattr(service, "AT_START_S", 0.01)
    monkeypatch.setattr(Homeless, "gone", never)
    anyio.run(upkeep.start)
    assert len(upkeep.node.scheduler.jobs) == 6
