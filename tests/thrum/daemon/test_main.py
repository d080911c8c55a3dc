"""A whole daemon in a process of its own, with services that do all that services should not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.daemon.conftest import Caller
from thrum import paths
from thrum.daemon import control, main, services

PROGRAM = """
import os, sys, time
from pathlib import Path
import anyio
from thrum import events, paths
from thrum.daemon import lifecycle, log, main
from thrum.daemon.node import Setting
from thrum.daemon.service.clock import SystemClock
from thrum.daemon.service.contract import Service
from thrum.daemon.services import SERVICES
from thrum.ids import Ids

class Crashes(Service):
    name = "crashes"
    async def run(self):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.fail)
    async def fail(self):
        raise OSError("no disk")

class Raises(Service):
    name = "raises"
    async def start(self):
        raise ValueError("no program")

class HangsAtStart(Service):
    name = "hangs"
    async def start(self):
        await anyio.sleep_forever()

class Mute(Service):
    name = "mute"
    def health(self):
        raise KeyError("health")

class Deaf(Service):
    name = "deaf"
    hears = (events.AgentRegister,)
    def heard(self, news):
        raise OSError("not listening")

class Slow(Service):
    name = "slow"
    hears = (events.AgentRegister,)
    def heard(self, news):
        time.sleep(0.15)

class Jobs(Service):
    name = "jobs"
    async def start(self):
        every = self.node.scheduler.every
        every(0.01, self.fail, owner=self.name, name="failing job")
        every(0.01, anyio.sleep_forever, owner=self.name, name="hanging job", limit_s=0.05)
    async def fail(self):
        raise OSError("no disk")

class Leaks(Service):
    name = "leaks"
    begun = 0
    async def start(self):
        Leaks.begun += 1
        self.node.hub.on((events.AgentRegister,), lambda news: None, owner=self.name)
        self.node.scheduler.every(3600, anyio.sleep_forever, owner=self.name, name="left")
        self.node.children.start(
            ["sleep", "3600"], owner=self.name, cwd=self.node.place.var, environment=os.environ
        )
    async def run(self):
        if Leaks.begun < 3:
            raise OSError("leaking")
        await anyio.sleep_forever()
    def health(self):
        jobs = sum(job.owner == self.name for job in self.node.scheduler.jobs)
        children = sum(each.owner == self.name for each in self.node.children.running())
        return f"{self.node.hub.count(self.name)} listeners, {jobs} jobs, {children} children"

class Stays(Service):
    name = "stays"
    async def stop(self):
        await anyio.sleep_forever()

class Immortal(Service):
    name = "immortal"
    async def run(self):
        with anyio.CancelScope(shield=True):
            await anyio.sleep_forever()

class Last(Service):
    name = "last"
    async def stop(self):
        (self.node.place.var / "stopped").touch()

bad = [globals()[name] for name in sys.argv[2:]]
place = paths.find(Path(sys.argv[1]).resolve(), {})
setting = Setting(place, os.environ, SystemClock(), Ids(time.time_ns))
with lifecycle.only_daemon(place), lifecycle.pid_file(place, time.time_ns()):
    with log.written(place.log, "info"):
        # They begin before and after those of the daemon; the first one stops last.
        node, made = main.compose(setting, (Last, *SERVICES, *bad))
        try:
            anyio.run(main.serve, node, made)
        finally:
            main.close(node)
"""

Start = Callable[..., "Daemon"]


class Daemon:
    """A daemon that runs as a process.

    Args:
        clone: its repository, in which the agents nux and max live.
        services: services of the program that misbehave.
    """

    def __init__(self, clone: Path, *services: str) -> None:
        self.place = paths.at(clone)
        home = clone.parent / "home"
        home.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(clone), *services],
            env={**os.environ, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"},
            cwd=Path(__file__).parents[3],
        )

    def health(self) -> dict[str, Any]:
        """What it says of itself; empty while it does not answer."""
        assert self.process.poll() is None, self.log()
        return control.health(self.place, 20) or {}

    def stands(self) -> dict[str, tuple[str, str]]:
        """How it stands with each service that is not well, and why."""
        return {
            each["name"]: (each["state"], each.get("why", ""))
            for each in self.health().get("services", ())
            if each["state"] != "running" or "why" in each
        }

    def log(self) -> str:
        """What it wrote down."""
        return self.place.log.read_text() if self.place.log.exists() else ""

    def end(self) -> int:
        """Has it end; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture
def start(repository: Path, wait_until: Callable[..., None]) -> Iterator[Start]:
    """Starts daemons of the repository, and waits until they answer."""
    started: list[Daemon] = []
    git = ["git", "-C", str(repository), "-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    (repository / ".thrum").mkdir()
    (repository / ".thrum" / "config.json").write_text("{}")

    def start(*services: str) -> Daemon:
        started.append(Daemon(repository, *services))
        wait_until(started[-1].health, 60)
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


@pytest.fixture
def speak(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Has the agents nux and max exchange a message, from their own worktrees."""
    callers: list[Caller] = []

    def register(name: str) -> None:
        home = repository.parent / name
        git = ["git", "-C", str(repository), "worktree", "add", "-q", "--detach", str(home)]
        subprocess.run(git, check=True)
        monkeypatch.chdir(home)
        callers[-1].call("agent.register", name=name, role="tester", module="m")
        refs = [{"type": "worktree", "value": str(home)}]
        callers[-1].call("session.start", agent_id=name, refs=refs)

    def exchange() -> None:
        callers.append(Caller(paths.at(repository).socket))
        for name in ("nux", "max"):
            if not (repository.parent / name).exists():
                register(name)
        monkeypatch.chdir(repository.parent / "nux")
        said = f"hello {len(callers)}"
        callers[-1].call("message.send", content=said, to="max")
        monkeypatch.chdir(repository.parent / "max")
        listed = callers[-1].call("message.list", for_agent="max")
        assert listed["messages"][0]["body"]["content"] == said

    yield exchange
    for caller in callers:
        caller.close()


def test_what_speaks_http_is_not_loaded_before_anybody_connects() -> None:
    program = (
        "import sys; from thrum.daemon import main;"
        "print([each for each in ('h11', 'wsproto') if each in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert said.stdout == "[]\n", said.stderr


def test_a_daemon_whose_services_are_well_says_so(start: Start, speak: Callable[[], None]) -> None:
    daemon = start()
    speak()
    health = daemon.health()
    assert (health["status"], health.get("problems", [])) == ("ok", [])
    names = [each["name"] for each in health["services"]]
    assert names == ["last", *(each.name for each in services.SERVICES)]
    assert daemon.end() == 0
    assert not control.is_held(daemon.place)
    assert not daemon.place.socket.exists()
    assert (daemon.place.var / "stopped").exists()


def test_it_serves_on_whatever_its_services_do(
    start: Start, speak: Callable[[], None], wait_until: Callable[..., None]
) -> None:
    bad = ("Crashes", "Raises", "Mute", "Deaf", "Slow", "Jobs", "Stays")
    daemon = start(*bad)
    speak()
    wanted = {
        "crashes": ("broken", "it crashed: OSError: no disk"),
        "raises": ("broken", "it did not start: ValueError: no program"),
        "mute": ("running", "it cannot say how it is: KeyError: 'health'"),
        "deaf": ("running", "it failed to hear of a batch: OSError: not listening"),
        "jobs": (
            "running",
            "failing job: OSError: no disk; hanging job: did not end within 0.05 s",
        ),
    }
    wait_until(lambda: wanted.items() <= daemon.stands().items(), 60)
    found = daemon.stands()
    assert found.keys() == {*wanted, "slow"}
    assert "held up everybody" in found["slow"][1]
    health = daemon.health()
    assert health["status"] == "degraded"
    assert "service raises: it did not start: ValueError: no program" in health["problems"]
    assert len(health["problems"]) == 6
    speak()
    crashes = {each["name"]: each.get("crashes", 0) for each in daemon.health()["services"]}
    assert crashes["crashes"] > 0 < crashes["raises"]
    assert sum(crashes.values()) == crashes["crashes"] + crashes["raises"]
    assert daemon.end() == 0
    assert (daemon.place.var / "stopped").exists()
    assert "service stays does not stop within 1 s" in daemon.log()
    assert "service crashes is begun again in 1 s" in daemon.log()


def test_a_start_that_hangs_is_not_waited_for(start: Start, speak: Callable[[], None]) -> None:
    daemon = start("HangsAtStart", "Mute")
    assert daemon.stands()["hangs"] == ("starting", "")
    assert "service hangs: starting" in daemon.health()["problems"]
    speak()
    assert daemon.end() == 0
    assert (daemon.place.var / "stopped").exists()


def test_what_crashes_leave_does_not_pile_up(start: Start, wait_until: Callable[..., None]) -> None:
    daemon = start("Leaks")
    left = ("running", "1 listeners, 1 jobs, 1 children")
    wait_until(lambda: daemon.stands().get("leaks") == left, 60)
    crashes = [each["crashes"] for each in daemon.health()["services"] if each["name"] == "leaks"]
    assert crashes == [2]
    assert daemon.end() == 0


def test_a_daemon_that_cannot_end_leaves_and_loses_nothing(
    start: Start, speak: Callable[[], None], repository: Path
) -> None:
    daemon = start("Immortal")
    speak()
    assert daemon.end() == 1
    assert "the daemon did not end within 5 s and leaves at once" in daemon.log()
    assert "service immortal does not stop within 0.5 s" in daemon.log()
    assert (daemon.place.var / "stopped").exists()
    start()
    speak()
    journal_or_branch = control.health(paths.at(repository), 20)
    assert journal_or_branch is not None
    assert journal_or_branch["status"] == "ok"


@pytest.mark.parametrize("config", ['{"daemon": 7}', "{", '{"daemon": {"log_level": 7}}'])
def test_what_it_cannot_start_with_is_told_in_one_line(
    repository: Path, config: str, capfd: pytest.CaptureFixture[str]
) -> None:
    place = paths.at(repository)
    place.shared.mkdir(exist_ok=True)
    place.config.write_text(config)
    before = signal.getsignal(signal.SIGHUP)
    try:
        status = main.main(["--repo", str(repository)], dict(os.environ))
    finally:
        signal.signal(signal.SIGHUP, before)
    assert status == 1
    told = capfd.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith("thrum daemon: ")
    assert not control.is_held(place)


@pytest.mark.parametrize("words", [[], ["--repo"], ["--repo", ".", "--remote"], ["--local"]])
def test_words_that_nobody_starts_it_with(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGHUP)
    try:
        assert main.main(words, {}) == 2
    finally:
        signal.signal(signal.SIGHUP, before)
    assert capsys.readouterr().err.startswith("usage: python -m thrum.daemon --repo PATH")
