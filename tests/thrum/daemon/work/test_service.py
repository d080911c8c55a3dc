"""The thread that looks at worktrees is the service's: it says when it is gone, and ends it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import anyio
import pytest
from msgspec.structs import replace

from tests.thrum.daemon.service.clock import FakeClock
from tests.thrum.daemon.work.conftest import Checkout
from thrum import events
from thrum.daemon.callers import looker
from thrum.daemon.projection.queries import sessions
from thrum.daemon.push.service import Push
from thrum.daemon.transaction import Transaction
from thrum.daemon.work import noting, service
from thrum.daemon.work.following import FILES_S
from thrum.daemon.work.observer import Observer
from thrum.daemon.work.reading import GitWork
from thrum.daemon.work.records import Stamp
from thrum.daemon.work.service import Work
from thrum.errors import ThrumError
from thrum.events import Pair


def test_it_is_well_without_a_thread_and_with_one_that_looks(parts: Any) -> None:
    work = Work(parts)
    assert work.health() == ""

    async def run() -> None:
        assert await work.observer.look(str(parts.place.repository)) is not None
        assert work.health() == ""
        await work.stop()

    anyio.run(run)
    assert "thrum-work" not in {each.name for each in threading.enumerate()}
    assert work.health() == ""


def test_a_thread_that_ended_is_told_and_replaced(
    parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(parts)
    monkeypatch.setattr(threading, "excepthook", lambda told: None)

    def refuse(repository: Path) -> NoReturn:
        raise OSError("no git")

    work.observer = Observer(parts.place.repository, make=refuse)

    async def run() -> None:
        assert await work.observer.look(str(parts.place.repository), 0.01) is None
        thread = work.observer._thread
        assert thread is not None
        thread.join(20)
        assert work.health() == "the thread that looks at worktrees has ended"
        await work.stop()
        assert work.health() == ""

    anyio.run(run)


class Eyes(Observer):
    """Sees what it is told to."""

    found: GitWork | None = GitWork(branch="mend", worktree_path="/w")

    async def look(self, worktree: str, limit_s: float = 0) -> GitWork | None:
        return self.found


def test_what_is_worked_on_is_looked_at_without_being_asked(parts: Any) -> None:
    """And kept when it differs, or is an hour old; never of another clone's agents."""
    here, there = (Pair("worktree", f"/{name}") for name in ("w", "far"))

    def begin(transaction: Transaction) -> None:
        for name, ref in (("nux", here), ("far", there)):
            register = events.AgentRegister(agent_id=name, kind="agent", role="r", module="m")
            transaction.emit(register)
            transaction.emit(events.SessionStart(session_id=f"ses_{name}", agent_id=name))
            noting.seed(transaction, f"ses_{name}", name, ref.value)
        sql = "UPDATE sessions SET origin_daemon = 'd_far' WHERE agent_id = 'far'"
        transaction.db.execute(sql)

    parts.store.transact_blocking(begin)
    work = Work(parts)
    work.observer = Eyes(parts.place.repository)

    def seen() -> dict[str, tuple[str, str]]:
        rows = parts.store.reader().execute(
            "SELECT agent_id, branch, git_updated_at FROM agent_work_contexts"
        )
        return {name: (branch, moment) for name, branch, moment in rows}

    def age(moment: str) -> None:
        sql = "UPDATE agent_work_contexts SET git_updated_at = ? WHERE agent_id = 'nux'"
        parts.store.transact_blocking(lambda t: t.db.execute(sql, (moment,)).rowcount)

    anyio.run(work._look)
    first = seen()
    assert (first["nux"][0], first["far"]) == ("mend", ("", ""))
    anyio.run(work._look)
    assert seen() == first, "nothing changed"
    work.observer.found = GitWork(branch="other", worktree_path="/w")
    anyio.run(work._look)
    second = seen()["nux"]
    assert second[0] == "other"
    age("2026-01-01T00:00:00.000000000Z")
    anyio.run(work._look)
    assert seen()["nux"][1] > second[1]
    work.observer.found = None
    before = seen()
    anyio.run(work._look)
    assert seen() == before


@pytest.mark.parametrize("refuses", ["ask", "transact"])
def test_who_wants_something_else_goes_on_though_nothing_can_be_kept(
    parts: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, refuses: str
) -> None:
    def begin(transaction: Transaction) -> None:
        transaction.emit(events.AgentRegister(agent_id="nux", kind="agent", role="r", module="m"))
        transaction.emit(events.SessionStart(session_id="ses_nux", agent_id="nux"))
        noting.seed(transaction, "ses_nux", "nux", "/nux")

    async def full(*_: object) -> NoReturn:
        raise ThrumError("storage", "the disk is full")

    parts.store.transact_blocking(begin)
    work = Work(parts)
    work.observer = Eyes(parts.place.repository)
    with monkeypatch.context() as patch:
        patch.setattr(parts.store, refuses, full)
        anyio.run(work.look_now)
    assert "the disk is full" in caplog.text
    sql = "SELECT branch FROM agent_work_contexts"
    assert parts.store.reader().execute(sql).fetchall() == [("",)]
    anyio.run(work.look_now)
    assert parts.store.reader().execute(sql).fetchall() == [("mend",)]


class Crowd(Eyes):
    """Counts who waits."""

    waiting = most = 0
    seen: ClassVar[list[str]] = []

    async def look(self, worktree: str, limit_s: float = 0) -> GitWork | None:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await anyio.lowlevel.checkpoint()
        self.waiting -= 1
        self.seen.append(worktree)
        return self.found


@pytest.mark.parametrize("count", [1, 3, 4, 10])
def test_however_many_there_are_few_wait_and_none_is_left_out(
    parts: Any, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(service, "AT_A_TIME", 3)
    monkeypatch.setattr(Crowd, "seen", [])

    def begin(transaction: Transaction) -> None:
        for name in (f"nux_{number}" for number in range(count)):
            register = events.AgentRegister(agent_id=name, kind="agent", role="r", module="m")
            transaction.emit(register)
            transaction.emit(events.SessionStart(session_id=f"ses_{name}", agent_id=name))
            noting.seed(transaction, f"ses_{name}", name, f"/{name}")

    parts.store.transact_blocking(begin)
    work = Work(parts)
    work.observer = crowd = Crowd(parts.place.repository)
    anyio.run(work._look)
    assert sorted(crowd.seen) == sorted(f"/nux_{number}" for number in range(count))
    assert crowd.most <= 3
    branches = parts.store.reader().execute("SELECT branch FROM agent_work_contexts").fetchall()
    assert branches == [("mend",)] * count


def test_worktrees_that_do_not_answer_hold_up_nobody_who_calls(
    parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though every thread that may ask for them is held."""
    monkeypatch.setattr(looker, "MOST", 2)
    work, answers = Work(parts), threading.Event()
    asked: list[str] = []

    def hang(worktree: str) -> Stamp:
        asked.append(worktree)
        answers.wait(20)
        return ()

    work._following._stamp = hang

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work._following.moved, ["/a", "/b", "/c", "/d"])
            while len(asked) < 2:
                await anyio.sleep(0.005)
            assert await parts.resolver.looker.ask("/here", lambda: 7) == 7
            answers.set()
        await work.stop()

    anyio.run(run)
    parts.resolver.looker.close()


@dataclass
class Pages:
    """How many pages are open, as the service asks."""

    count: int = 0


def test_while_a_page_is_open_commits_are_seen_at_once_and_files_soon(
    parts: Any, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is the test's: of the walk over all files only the one that is due happens."""
    clock, pages = FakeClock(), Pages()
    parts.setting = replace(parts.setting, clock=clock)
    monkeypatch.setattr(parts.service(Push), "feeds", pages)
    checkout.commit("first", a__py="one\n")

    def begin(transaction: Transaction) -> None:
        register = events.AgentRegister(agent_id="nux", kind="agent", role="r", module="m")
        transaction.emit(register)
        transaction.emit(events.SessionStart(session_id="ses_nux", agent_id="nux"))
        noting.seed(transaction, "ses_nux", "nux", str(checkout.root))

    parts.store.transact_blocking(begin)
    work = Work(parts)
    work.observer = Observer(checkout.root)

    def seen() -> tuple[str, list[str]]:
        (found,) = sessions.working(parts.store.reader())
        return found.context.branch, found.context.uncommitted_files or []

    async def run() -> None:
        await work._follow()
        assert seen() == ("", []), "nobody watches"
        pages.count = 1
        await work._follow()
        assert seen() == ("main", [])
        checkout.write("b.py")
        await work._follow()
        assert seen() == ("main", []), "the next walk is not due"
        clock.seconds += FILES_S
        await work._follow()
        assert seen() == ("main", ["b.py"])
        checkout.git("checkout", "-q", "-b", "mend")
        await work._follow()
        assert seen() == ("mend", ["b.py"])
        checkout.git("add", "b.py")
        checkout.git("commit", "-q", "-m", "second")
        await work._follow()
        assert seen() == ("mend", [])
        await work.stop()

    anyio.run(run)
    parts.resolver.looker.close()


class Told:
    """An alarm whose moment is only noted."""

    moment = -1.0

    def at(self, moment: float) -> None:
        self.moment = moment


def test_who_may_have_changed_something_is_looked_at_soon_but_not_all_the_time(
    parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    parts.setting = replace(parts.setting, clock=clock)
    work = Work(parts)
    alarm = work._soon = Told()  # type: ignore[assignment]
    looked: list[set[str]] = []

    async def here() -> list[Any]:
        return []

    async def look(_here: Any) -> None:
        looked.append({*work._paces})

    monkeypatch.setattr(work, "_here", here)
    monkeypatch.setattr(work, "_look_at", look)
    work.stir("nux")
    assert alarm.moment == clock.monotonic()
    anyio.run(work._look_at_stirred)
    work.stir("nux")
    later = alarm.moment
    assert later == clock.monotonic() + service.STIRRED_S
    work.stir("furiosa")
    assert alarm.moment == clock.monotonic()
    anyio.run(work._look_at_stirred)
    assert (work._stirred, alarm.moment) == ({"nux"}, later)
