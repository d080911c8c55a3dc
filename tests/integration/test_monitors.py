"""Monitors of a real daemon: nothing of them is left behind, lost or in anybody's way.

What a monitor runs sleeps for a number of seconds that only it sleeps, so that everything it left
is found by that.
"""

from __future__ import annotations

import os
import random
import re
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.conftest import World, eventually
from tests.sleepers import fresh_mark, marked
from thrum import paths
from thrum.client import Client
from thrum.daemon.monitors.restarts import MOST as MOST_RUNS
from thrum.errors import ThrumError
from thrum.identity import process

FAMILY = "sleep {0} & sleep {0} & echo E; sleep {0}; wait"
"""A program with others in its group."""


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with a daemon, and lead, who is in charge; this process stands in it."""
    world.remote()
    where = world.node("one", "lead", "--role", "coordinator", shares=False)
    monkeypatch.chdir(where)
    return where


@pytest.fixture
def mark() -> Iterator[str]:
    """A number of seconds; whatever still sleeps it at the end is ended."""
    made = fresh_mark()
    yield made
    for pid in marked(made):
        os.kill(pid, signal.SIGKILL)


def ask(where: Path, method: str, **params: object) -> object:
    """What the daemon answers to lead."""
    with Client(paths.at(where).socket, 60, 60) as client:
        return client.call(method, {"caller_agent_id": "lead", **params})


def start(where: Path, name: str, *argv: str, **params: object) -> None:
    asked = {"name": name, "argv": list(argv), "match": "E", "target": "@lead", **params}
    ask(where, "monitor.start", cwd=str(where), **asked)


def pids(where: Path) -> dict[str, int]:
    """The process of each monitor that runs one."""
    rows = ask(where, "monitor.list")
    assert isinstance(rows, list)
    return {row["name"]: row["pid"] for row in rows if row.get("pid")}


def run_whole(where: Path, names: set[str], mark: str) -> bool:
    """Whether each monitor has its program, with what that started, and there is nothing else."""
    found = pids(where)
    groups = {os.getpgid(pid) for pid in marked(mark) if _is_there(pid)}
    return found.keys() == names and groups == set(found.values())


def _is_there(pid: int) -> bool:
    return process.look(pid) is not None


def killed(world: World, where: Path, mark: str, rounds: int) -> None:
    """Daemon and programs are killed at random moments, in turn."""
    names = {"a", "b", "c"}
    for name in names:
        start(where, name, "sh", "-c", FAMILY.format(mark))
    eventually(partial(run_whole, where, names, mark))
    chance = random.Random(rounds)
    for number in range(rounds):
        time.sleep(chance.uniform(0, 0.5))
        if number % 2:
            victim = chance.choice(sorted(pids(where).values()))
            os.kill(victim, signal.SIGKILL)
        else:
            world.kill(where)
            eventually(lambda: not marked(mark))
            world.thrum(where, "daemon", "start")
            # Now and then it is killed again while it only begins with its programs.
            if chance.random() < 0.5:
                time.sleep(chance.uniform(0, 0.05))
                world.kill(where)
                eventually(lambda: not marked(mark))
                world.thrum(where, "daemon", "start")
        eventually(partial(run_whole, where, names, mark), limit=120)
    for name, verb in (("a", "stop"), ("b", "remove")):
        ask(where, f"monitor.{verb}", id=name)
    eventually(partial(run_whole, where, {"c"}, mark))
    world.thrum(where, "daemon", "stop")
    eventually(lambda: not marked(mark))
    world.thrum(where, "daemon", "start")
    eventually(partial(run_whole, where, {"c"}, mark))
    print(f"{rounds} kills, and no program was left or missing")


@pytest.mark.long
def test_kills_leave_nothing_and_lose_nothing(world: World, desk: Path, mark: str) -> None:
    killed(world, desk, mark, 4)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_kills_at_thirty_moments_each(world: World, desk: Path, mark: str) -> None:
    killed(world, desk, mark, 60)


class Struck:
    """Programs of monitors that are killed while the daemon lives, each so and so.

    Args:
        where: whose daemon.
        mark: what they sleep.
        seed: of chance.
    """

    def __init__(self, where: Path, mark: str, seed: int) -> None:
        self.where, self.mark = where, mark
        self.chance = random.Random(seed)
        self.deaths: dict[str, int] = {}

    def begin(self, name: str) -> None:
        self.deaths[name] = 0
        start(self.where, name, "sh", "-c", f"echo E; {FAMILY.format(self.mark)}")

    def row(self, name: str) -> dict[str, Any]:
        rows: Any = ask(self.where, "monitor.list", include_all=True)
        return next(row for row in rows if row["name"] == name)

    def family(self, name: str) -> list[int]:
        """The processes of a monitor's program, the first of them first."""
        leader = self.row(name).get("pid", 0)
        return sorted(
            (each for each in marked(self.mark) if group_of(each) == leader),
            key=lambda pid: pid != leader,
        )

    def is_whole(self, name: str) -> bool:
        return len(self.family(name)) == WHOLE

    def strike(self, name: str) -> None:
        """Kills a program that runs: itself, all of its group, or only another one of that."""
        time.sleep(self.chance.uniform(0, 0.5))
        leader, *others = self.family(name)
        if others and self.chance.random() < 0.3:
            os.kill(self.chance.choice(others), signal.SIGKILL)  # the program minds it not
            assert self.row(name)["pid"] == leader
        (os.kill if self.chance.random() < 0.5 else os.killpg)(leader, signal.SIGKILL)
        self.deaths[name] += 1
        eventually(lambda: self.row(name).get("pid", 0) != leader)
        assert leader not in map(group_of, marked(self.mark))

    def said(self, name: str) -> list[str]:
        """What its output holds, and what is noted there of its runs."""
        found: Any = ask(self.where, "monitor.output", id=name, limit=0)
        return [line.partition(" ")[2] for line in found["lines"]]

    def reports(self, name: str) -> list[str]:
        """What it reported, the oldest first."""
        found: Any = ask(self.where, "monitor.logs", id=name, limit=0)
        return [each["content"] for each in reversed(found)]

    def check(self, name: str, runs: int) -> None:
        """Each run and each match is told of once; nothing of the program is left."""
        said = self.said(name)
        assert sum(line.startswith("-- started as process") for line in said) == runs
        ended = [line for line in said if "was ended by signal" in line]
        assert sum("by signal 9 " in line for line in ended) == self.deaths[name]
        told = [text for text in self.reports(name) if "restart budget" not in text]
        assert sum(map(matches, told)) == said.count("E") <= 2 * runs
        assert self.row(name).get("pid", 0) == 0
        eventually(lambda: not marked(self.mark))


WHOLE = 4
"""Processes of a family, with the program itself."""


def group_of(pid: int) -> int:
    """The group of a process; 0 of one that is gone."""
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def matches(report: str) -> int:
    """Of how many matches a report tells."""
    more = re.search(r"\(\+([\d,]+) more match", report)
    return 1 + (int(more[1].replace(",", "")) if more else 0)


def test_a_program_that_is_killed_runs_again_and_nothing_is_told_twice(
    desk: Path, mark: str
) -> None:
    struck = Struck(desk, mark, 1)
    struck.begin("a")
    eventually(lambda: struck.is_whole("a"))
    struck.strike("a")
    eventually(lambda: struck.is_whole("a"))
    ask(desk, "monitor.stop", id="a")
    struck.check("a", 2)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_programs_are_killed_until_they_are_given_up(world: World, desk: Path, mark: str) -> None:
    struck = Struck(desk, mark, 2)
    names = ["a", "b", "c"]
    for name in names:
        struck.begin(name)

    def is_dead(name: str) -> bool:
        return bool(struck.row(name)["status"] == "dead")

    while not all(map(is_dead, names)):
        for name in names:
            if struck.row(name).get("pid"):
                struck.strike(name)
        time.sleep(0.1)
    for name in names:
        assert struck.deaths[name] == MOST_RUNS + 1, struck.said(name)
        struck.check(name, MOST_RUNS + 1)
    world.kill(desk)
    world.thrum(desk, "daemon", "start")
    assert list(map(is_dead, names)) == [True] * 3
    ask(desk, "monitor.restart", id="a")
    eventually(lambda: struck.is_whole("a"))
    struck.strike("a")  # nothing counts any more of what was before
    eventually(lambda: struck.is_whole("a"))
    for name in names:
        given_up = [each for each in struck.reports(name) if "restart budget" in each]
        assert len(given_up) == 1, given_up
    print(f"{sum(struck.deaths.values())} programs were killed")


HOSTILE = """
import itertools, os, sys
out = sys.stdout.buffer
for kind in itertools.cycle((b"x" * 1_000_000, b"\\0" * 100_000, os.urandom(100_000),
                             b"\\x1b]0;" + b"y" * 100_000, b"z\\n" * 100_000, b"\\x1b[31mE E\\n")):
    out.write(kind + b"\\n")
"""


@pytest.mark.long
def test_a_hundred_at_once_among_them_floods(world: World, desk: Path, mark: str) -> None:
    daemon = psutil.Process(world.pid(desk))
    floods = 5
    start(desk, "first", "sleep", mark)
    before = daemon.memory_info().rss
    for number in range(floods):
        start(desk, f"flood{number}", sys.executable, "-c", f"# {mark}\n{HOSTILE}")
    for number in range(99 - floods):
        start(desk, f"quiet{number}", "sleep", mark)
    with pytest.raises(ThrumError) as refused:
        start(desk, "more", "sleep", mark)
    assert refused.value.kind == "busy"
    logs = [f".thrum/var/monitors/{row['id']}.log.1" for row in rows_of(desk, "flood")]
    eventually(lambda: all((desk / log).exists() for log in logs), limit=200)
    assert len(pids(desk)) == 100
    assert daemon.memory_info().rss - before < 64 << 20
    assert ask(desk, "health")["status"] == "ok"  # type: ignore[index]
    reports = ask(desk, "monitor.logs", id="flood0")
    assert isinstance(reports, list)
    assert 1 <= len(reports) <= 10, "what matches over and over is said now and then"
    world.thrum(desk, "daemon", "stop")
    eventually(lambda: not marked(mark))


def rows_of(where: Path, name: str) -> list[dict[str, str]]:
    rows = ask(where, "monitor.list")
    assert isinstance(rows, list)
    return [row for row in rows if row["name"].startswith(name)]


def test_a_hurried_person(world: World, desk: Path) -> None:
    log = desk / "app.log"
    log.write_text("")
    words = ("--name", "errs", "--match", "ERROR|panic", "--to", "@lead", "--debounce", "30s")
    began = world.thrum(desk, "monitor", "start", *words, "--", "tail", "-F", "app.log")
    assert began.out.startswith("Started monitor errs (mon_")
    eventually(
        lambda: "started as process" in world.thrum(desk, "monitor", "logs", "errs", "--output").out
    )
    with log.open("a") as file:
        file.write("fine\nERROR password=swordfish99 $(touch x)\n")
    eventually(lambda: "ERROR" in world.thrum(desk, "inbox").out)
    assert "ERROR password=<redacted> $(touch x)" in world.thrum(desk, "inbox").out
    assert "errs running @lead" in world.thrum(desk, "monitor", "list").out
    assert "monitor:errs" not in world.thrum(desk, "team").out
    clumsy = world.thrum(desk, "monitor", "start", *words, "--", "nosuchprogram", check=False)
    assert (clumsy.code, "'nosuchprogram' is not found" in clumsy.err) == (1, True)
    twice = world.thrum(desk, "monitor", "start", *words, "--", "true", check=False)
    assert "monitor name already in use" in twice.err
    assert world.thrum(desk, "monitor", "stop", "errs").out == "✓ Monitor errs stopped\n"
    assert world.thrum(desk, "monitor", "remove", "errs").code == 0
    assert world.thrum(desk, "monitor", "list", "--all").out == "No monitors.\n"
