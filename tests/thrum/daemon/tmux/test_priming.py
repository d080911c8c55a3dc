"""A runtime that no hook told anything is asked to prime itself, and nothing else ever is."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.daemon.conftest import Node, eventually
from tests.thrum.daemon.tmux import tui
from tests.tmux import NEEDED, Tmux
from thrum.daemon.tmux import launch, launching, priming

pytestmark = NEEDED
Launch = Callable[..., dict[str, Any]]


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """What the runtime was told, a line each."""
    return tmp_path / "what was said"


@pytest.fixture
def begin(
    village: Node, tmux: Tmux, said: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Launches something with a screen, and waits until it is known how that went."""
    monkeypatch.setattr(launch, "QUIET_S", 2.0)

    def begin(*also: str, runtime: str = "claude", patience: int = 0) -> dict[str, Any]:
        command = shlex.join([sys.executable, tui.__file__, str(said), *also])
        (tmux.home / ".thrum").mkdir()
        about = {"custom_runtimes": {runtime: {"command": command}}}
        (tmux.home / ".thrum" / "runtimes.json").write_text(json.dumps(about))
        get = village.parts.config.get
        kept = {launching.WATCHDOG_KEY: patience}
        monkeypatch.setattr(village.parts.config, "get", lambda key: kept.get(key, get(key)))
        home = village.worktree("w")
        who = {"agent_name": "erin", "role": "tester", "module": "api"}
        village.call("alice", "tmux.create", name="api", cwd=str(home), **who)
        village.homes["erin"] = home
        caller = village.stand("alice")
        caller.socket.settimeout(100)
        params = {"name": "api", "runtime": runtime, "wait_ms": 90_000}
        return dict(caller.call("tmux.launch", **params))

    return begin


def row(village: Node) -> dict[str, Any]:
    return dict(village.call("alice", "tmux.status")["sessions"][0])


def test_it_is_asked_once_where_it_waits(begin: Launch, said: Path, village: Node) -> None:
    found = begin()
    assert found["launch"] == "ready"
    assert "asked to run `thrum prime`" in row(village)["reason"]
    assert said.read_text() == f"{priming.WORDS}\n"


def test_it_is_not_asked_before_its_hook_had_the_time(
    begin: Launch, said: Path, village: Node
) -> None:
    assert begin(patience=50) == {"session": "api", "runtime": "claude", "launch": "ready"}
    village.call("erin", "delivery.ask", runtime="claude", session="s", boundary="start")
    assert not said.exists()


def test_one_whose_hooks_tell_it_nothing_is_asked_all_the_same(
    begin: Launch, said: Path, village: Node, tmux: Tmux
) -> None:
    assert begin("asks", "qwen", runtime="qwen", patience=50)["launch"] == "failed"
    village.call("erin", "delivery.ask", runtime="qwen", session="s", boundary="start")
    tmux.do("send-keys", "-t", "=api:", "y")
    eventually(said.exists, 60)
    eventually(lambda: "no hook tells it" in row(village).get("reason", ""), 60)
    assert said.read_text() == f"{priming.WORDS}\n"


def test_what_stands_there_late_is_sent_all_the_same(
    begin: Launch, said: Path, village: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a program that draws its line long before it reads a key."""
    begin("late")
    eventually(lambda: "not se" in row(village).get("reason", ""), 60)
    monkeypatch.setattr(launch, "LONGEST_S", 0.0)
    said.with_suffix(".go").touch()
    eventually(said.exists, 60)
    assert said.read_text() == f"{priming.WORDS}\n"


def test_it_is_never_asked_where_nobody_wants_that(begin: Launch, said: Path) -> None:
    assert begin(patience=-1)["launch"] == "ready"
    assert not said.exists()


def test_nothing_is_typed_at_a_question(
    begin: Launch, said: Path, village: Node, tmux: Tmux
) -> None:
    found = begin("asks")
    assert found["launch"] == "failed"
    assert "trusted" in found["reason"]
    assert not said.exists()
    # A person answers, and then it is asked.
    tmux.do("send-keys", "-t", "=api:", "y")
    eventually(said.exists, 60)
    eventually(lambda: row(village)["launch"] == "ready", 60)
    assert said.read_text() == f"{priming.WORDS}\n"


def test_one_that_draws_nothing_of_its_own_yet_is_not_up(begin: Launch) -> None:
    assert "trusted" in begin("slow", "asks")["reason"]


def test_nothing_is_typed_at_a_screen_that_nobody_knows(begin: Launch, said: Path) -> None:
    found = begin(runtime="mine")
    assert found["launch"] == "ready"
    assert "nobody can tell" in found["reason"]
    assert not said.exists()


def test_nothing_is_added_to_what_a_person_types(
    begin: Launch, said: Path, village: Node, tmux: Tmux
) -> None:
    begin(patience=4)
    tmux.do("send-keys", "-t", "=api:", "-l", "my own words")
    eventually(lambda: "something stands" in row(village).get("reason", ""), 60)
    assert "my own words" in tmux.shown("api")
    assert priming.WORDS not in tmux.shown("api")
    assert not said.exists()
