"""Monitors in a daemon: kept, run again after its end, and told of when they are dead."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.daemon.conftest import eventually
from tests.thrum.daemon.monitors.conftest import LONG_S, job
from thrum.daemon.monitors import kept
from thrum.daemon.monitors.job import MOST, Status
from thrum.daemon.monitors.notice import Ended
from thrum.daemon.monitors.service import Monitors
from thrum.errors import ThrumError

STAYS = ["sh", "-c", "echo E; exec sleep 600"]


def service(office: Any) -> Monitors:
    found: Monitors = office.parts.service(Monitors)
    return found


def on_loop(office: Any, work: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(work, office.loop).result(LONG_S)


def start(office: Any, name: str = "errs", **changes: Any) -> Any:
    params = {
        "name": name,
        "argv": STAYS,
        "match": "E",
        "target": "@lead",
        "cwd": str(office.repository),
        **changes,
    }
    return office.call("nux", "monitor.start", **params)


def rows(office: Any) -> dict[str, Status]:
    found = service(office).tables.ask_now(kept.jobs)
    return {each.name: each.status for each in found}


async def _again(monitors: Monitors) -> None:
    """As a daemon does that was killed and begins again."""
    await monitors.node.children.end(monitors.name, 1)
    await monitors._go_on()


def test_what_ran_runs_again_and_nothing_else(office: Any) -> None:
    for name in ("a", "b", "c"):
        start(office, name)
    office.call("nux", "monitor.stop", id="b")
    monitors = service(office)
    pid = monitors.runners[_id(office, "a")].pid
    monitors.runners.clear()
    on_loop(office, _again(monitors))
    assert {each.job.name for each in monitors.runners.values()} == {"a", "c"}
    eventually(lambda: all(each.pid for each in monitors.runners.values()))
    assert pid not in {each.pid for each in monitors.runners.values()}
    assert rows(office) == {"a": Status.RUNNING, "b": Status.STOPPED, "c": Status.RUNNING}


def _id(office: Any, name: str) -> str:
    found: str = office.call("nux", "monitor.show", id=name)["id"]
    return found


def test_after_a_restart_a_window_goes_on(office: Any) -> None:
    start(office)
    eventually(lambda: office.inbox("lead") == ["E"])
    monitors = service(office)
    monitors.runners.clear()
    on_loop(office, _again(monitors))
    (runner,) = monitors.runners.values()
    eventually(lambda: runner.debounce.due < float("inf"))
    assert office.inbox("lead") == ["E"]


def test_one_that_cannot_go_on_is_dead_and_takes_no_other_along(office: Any) -> None:
    monitors = service(office)
    here = str(office.repository)
    bad = job("bad", match="(", cwd=here)
    good = job("good", argv=tuple(STAYS), cwd=here)
    for each in (bad, good):
        monitors.tables.write_now(lambda db, each=each: kept.add(db, each))  # type: ignore[misc]
    on_loop(office, _again(monitors))
    assert rows(office) == {"bad": Status.DEAD, "good": Status.RUNNING}
    assert "bad is dead" in monitors.health()


def test_one_that_is_given_up_says_so(office: Any) -> None:
    start(office)
    monitors = service(office)
    (runner,) = monitors.runners.values()
    on_loop(office, monitors._dies(runner, "last words"))
    eventually(lambda: "last words" in office.inbox("lead"))
    assert rows(office) == {"errs": Status.DEAD}
    assert monitors.health() == "errs is dead"
    assert office.call("nux", "monitor.list") == []
    (row,) = office.call("nux", "monitor.list", include_all=True)
    assert row["status"] == "dead"
    eventually(lambda: not monitors.runners)
    office.call("nux", "monitor.restart", id="errs")
    assert (monitors.health(), rows(office)) == ("", {"errs": Status.RUNNING})


def test_one_that_is_run_anew_while_it_dies_lives(office: Any) -> None:
    start(office)
    monitors = service(office)
    (old,) = monitors.runners.values()

    async def both() -> None:
        async with monitors.turn(old.job.id):
            dying = asyncio.create_task(monitors._dies(old, "last words"))
            await asyncio.sleep(0)
            await monitors.again(old.job)
        await dying

    on_loop(office, both())
    assert (rows(office), monitors.health()) == ({"errs": Status.RUNNING}, "")
    assert "last words" not in office.inbox("lead")


def test_outputs_that_nobody_has_any_more_go(office: Any) -> None:
    start(office)
    monitors = service(office)
    mine, other = monitors.output(_id(office, "errs")).path, monitors.output("mon_gone").path
    eventually(mine.exists)
    for path in (other, other.with_name("mon_gone.log.1"), other.with_name("notes.txt")):
        path.write_text("x")
    monitors.runners.clear()
    on_loop(office, _again(monitors))
    assert sorted(each.name for each in mine.parent.iterdir()) == sorted([mine.name, "notes.txt"])


def test_a_defect_costs_one_monitor(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    start(office, "other")
    start(office)
    monitors = service(office)
    runner = monitors.runners[_id(office, "errs")]

    async def broken(*_: object) -> list[str]:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(runner, "_carry_out", broken)
    os.kill(runner.pid, signal.SIGKILL)
    eventually(lambda: rows(office)["errs"] is Status.DEAD)
    assert rows(office)["other"] is Status.RUNNING
    eventually(lambda: any("dead" in text for text in office.inbox("lead")))


def test_trouble_is_told_and_bounded(office: Any) -> None:
    for number in range(5):
        start(office, f"m{number}")
    monitors = service(office)
    assert monitors.health() == ""
    for each in monitors.runners.values():
        each.ended = Ended(None, why="no such file")
    assert monitors.health().count("could not be started") == 3
    assert monitors.health().endswith("and 2 more")


def test_a_hundred_and_no_more(office: Any) -> None:
    monitors = service(office)
    for number in range(MOST):
        monitors.runners[f"mon_{number}"] = None  # type: ignore[assignment]
    try:
        assert office.refused("nux", "monitor.start", **_params(office)) == "busy"
    finally:
        monitors.runners.clear()
    assert rows(office) == {}, "nothing is left of one that did not run"


def _params(office: Any) -> dict[str, Any]:
    here = str(office.repository)
    return {"name": "x", "argv": STAYS, "match": "", "target": "@lead", "cwd": here}


@pytest.mark.parametrize("broken", ["begin", "enter"])
def test_nothing_is_left_of_one_that_cannot_begin(
    office: Any, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    from thrum.daemon.monitors.runner import Runner
    from thrum.daemon.monitors.sender import Sender

    def begin(self: object) -> None:
        raise ThrumError("system", "no more processes")

    async def enter(self: object, *, anew: bool = False) -> None:
        raise ThrumError("storage", "the disk is full")

    if broken == "begin":
        monkeypatch.setattr(Runner, "begin", begin)
    else:
        monkeypatch.setattr(Sender, "enter", enter)
    kind = {"begin": "system", "enter": "storage"}[broken]
    assert office.refused("nux", "monitor.start", **_params(office)) == kind
    assert (rows(office), service(office).runners) == ({}, {})


def test_before_it_begins_one_is_told_to_try_again(parts: Any) -> None:
    with pytest.raises(ThrumError) as refused:
        parts.service(Monitors).turn("mon_x")
    assert refused.value.kind == "busy"


def test_nothing_heavy_is_loaded_without_a_monitor(tmp_path: Path) -> None:
    import subprocess
    import sys

    script = (
        "import sys, thrum.daemon.main, thrum.daemon.services\n"
        "print([m for m in ('re2', 'cronsim', 'zoneinfo', 'thrum.daemon.monitors.runner')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
