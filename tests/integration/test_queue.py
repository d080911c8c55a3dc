"""Queued commands of a real daemon and a real tmux: whatever is killed, each ends once and truly.

Each command writes its number into a file as it begins and as it ends. So it is seen which of them
were typed, how often, and whether what is said of them is so.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import World, eventually
from thrum import paths
from thrum.client import Client
from thrum.errors import ThrumError

Tmux = Callable[..., str]
FLAGS = ("--name", "erin", "--role", "tester", "--module", "api")
FINAL = {"completed", "canceled", "interrupted"}


@pytest.fixture
def home(world: World, tmux: Tmux, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The worktree of erin, who has a session; this process stands at lead's."""
    world.remote()
    main = world.clone("main")
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=main)
    world.settle(main, "lead", "--role", "coordinator", shares=False)
    world.git("worktree", "add", "-q", "../api", cwd=main)
    world.thrum(main, "tmux", "create", "api", "--cwd", "../api", *FLAGS)
    monkeypatch.chdir(main)
    return world.root / "api"


def ask(main: Path, method: str, **params: object) -> Any:
    with Client(paths.at(main).socket, 60, 60) as client:
        return client.call(method, {"caller_agent_id": "lead", **params})


class Killing:
    """Commands, and what is killed meanwhile."""

    def __init__(self, world: World, tmux: Tmux, home: Path, seed: int) -> None:
        self.world, self.tmux, self.home = world, tmux, home
        self.main = world.root / "main"
        self.chance = random.Random(seed)
        self.ids: list[str] = []

    def queue(self) -> None:
        number = len(self.ids)
        pause = self.chance.choice(["", "sleep 0.05; ", "sleep 0.3; "])
        text = f"echo b{number} >> log; {pause}echo e{number} >> log; echo said {number}"
        asked = {"session": "api", "text": text, "requester": "lead"}
        self.ids.append(ask(self.main, "tmux.queue", **asked)["command_id"])

    def kill(self, what: str) -> None:
        if what == "daemon":
            self.world.kill(self.main)
            self.world.thrum(self.main, "daemon", "start")
            return
        field = "#{pid}" if what == "tmux" else "#{pane_pid}"
        with contextlib.suppress(AssertionError, ValueError, ProcessLookupError):
            os.kill(int(self.tmux("display-message", "-p", "-t", "=api:", field)), signal.SIGKILL)

    def run(self, rounds: int, longest_s: float = 0.6) -> None:
        for number in range(rounds):
            for _ in range(self.chance.randint(1, 3)):
                self.queue()
            time.sleep(self.chance.uniform(0, longest_s))
            self.kill(("daemon", "tmux", "shell")[number % 3])
            if self.chance.random() < 0.3:
                self.cancel(self.chance.choice(self.ids[-3:]))
        for each in self.ids:
            self._ended(each)
        # What comes after all that goes as ever, once it is seen that what was killed has ended.
        eventually(self._goes_on)

    def _goes_on(self) -> bool:
        self.queue()
        return bool(self._ended(self.ids[-1])["state"] == "completed")

    def cancel(self, command_id: str) -> None:
        asked = {"command_id": command_id, "interrupt": self.chance.random() < 0.5}
        ask(self.main, "tmux.cancel", **asked)

    def check(self) -> dict[str, int]:
        """How many ended how; fails where that is not so, or not said once."""
        states = [self._ended(each) for each in self.ids]
        log = (self.home / "log").read_text().split()
        for number, found in enumerate(states):
            begun, ended = log.count(f"b{number}"), log.count(f"e{number}")
            assert begun <= 1, f"{number} was typed {begun} times"
            assert ended <= begun
            if found["state"] == "completed":
                assert ended == 1 or found.get("exit_status"), (number, found)
            if found["state"] == "completed" and ended:
                assert found["output"] == f"said {number}", found
        assert states[-1]["state"] == "completed"
        self.check_notices([found["state"] for found in states])
        return {each: sum(found["state"] == each for found in states) for each in sorted(FINAL)}

    def check_notices(self, states: list[str]) -> None:
        """Of each is said once how it ended."""
        for each, state in zip(self.ids, states, strict=True):
            eventually(lambda each=each: len(self._said(each)) >= 1)  # type: ignore[misc]
            (said,) = self._said(each)
            assert said.split()[2].strip(".") == state, said

    def _ended(self, command_id: str) -> dict[str, Any]:
        asked = {"command_id": command_id, "timeout_ms": 50_000}
        found: dict[str, Any] = ask(self.main, "tmux.queue-wait", **asked)
        assert found["state"] in FINAL, (found, ask(self.main, "tmux.queue-status", session="api"))
        return found

    def _said(self, command_id: str) -> list[str]:
        begin = f"Command {command_id} "
        return [each for each in self._bodies() if each.startswith(begin)]

    def _bodies(self) -> Iterator[str]:
        page, pages = 1, 1
        while page <= pages:
            listed = ask(self.main, "message.list", page=page, page_size=100, for_agent="lead")
            yield from (each["body"]["content"] for each in listed["messages"])
            page, pages = page + 1, listed["total_pages"]


@pytest.mark.long
def test_whatever_is_killed_each_ends_once(world: World, tmux: Tmux, home: Path) -> None:
    killing = Killing(world, tmux, home, 1)
    killing.run(6)
    print(killing.check())


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_kills_at_thirty_moments_of_each(world: World, tmux: Tmux, home: Path) -> None:
    killing = Killing(world, tmux, home, 2)
    killing.run(90)
    print(killing.check())


def test_a_hurried_person(world: World, tmux: Tmux, home: Path) -> None:
    main = world.root / "main"
    done = world.thrum(main, "tmux", "queue", "api", "--wait", "--", "ls", "-d", "/")
    assert (done.code, done.out) == (0, "/\n")
    failed = world.thrum(main, "tmux", "queue", "api", "false", "--wait", check=False)
    assert (failed.code, "exit status 1" in failed.err) == (1, True)
    queued = world.thrum(main, "tmux", "queue", "api", "sleep 600", "--json").json
    eventually(lambda: "sleep 600" in world.thrum(main, "tmux", "queue-status", "api").out)
    eventually(lambda: tmux("capture-pane", "-p", "-t", "=api:").rstrip().endswith("sleep 600"))
    late = world.thrum(
        main, "tmux", "queue", "api", "true", "--wait", "--timeout", "1", check=False
    )
    assert late.code == 1
    assert world.thrum(main, "tmux", "cancel", queued["command_id"], "--interrupt").code == 0
    eventually(lambda: "Nothing" in world.thrum(main, "tmux", "queue-status", "api").out)
    assert "canceled" in world.thrum(main, "inbox").out
    with pytest.raises(ThrumError):
        ask(main, "tmux.queue", session="api", text="a\nb", requester="lead")
