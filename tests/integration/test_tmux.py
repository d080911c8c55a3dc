"""An agent's life in tmux, by the commands that a person types, with everything real."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.integration.conftest import World, eventually
from tests.integration.terminal import Terminal
from thrum.identity import files

Tmux = Callable[..., str]
FLAGS = ("--name", "erin", "--role", "tester", "--module", "api")


@pytest.fixture
def home(world: World, tmux: Tmux) -> Path:
    """A worktree that is nobody's, of a repository with a daemon; a person has a tmux, too."""
    world.remote()
    main = world.clone("main")
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=main)
    world.settle(main, "lead", "--role", "coordinator", shares=False)
    world.git("worktree", "add", "-q", "../api", cwd=main)
    runtimes = {"custom_runtimes": {"player": {"command": "cat 'the script'"}}}
    folder = Path(world.environment["HOME"]) / ".thrum"
    folder.mkdir(exist_ok=True)
    (folder / "runtimes.json").write_text(json.dumps(runtimes))
    (world.root / "api" / "the script").write_text("the runtime began\n")
    return world.root / "api"


def states(world: World) -> dict[str, str]:
    """The sessions, and how it stands with them."""
    said = world.thrum(world.root / "main", "tmux", "list", "--json").json
    return {each["name"]: each["state"] for each in said["sessions"] or []}


def test_the_life_of_an_agent(world: World, tmux: Tmux, home: Path) -> None:
    main = world.root / "main"
    tmux("new-session", "-d", "-s", "a", "cat")
    world.thrum(main, "tmux", "create", "api", "--cwd", "../api", *FLAGS)
    world.thrum(main, "tmux", "launch", "api", "--runtime", "player")
    eventually(lambda: "runtime began" in world.thrum(main, "tmux", "capture", "api").out)
    assert states(world) == {"api": "alive"}
    team = world.thrum(main, "team", "--json").json["members"]
    assert {"erin": "alive"}.items() <= {e["agent_id"]: e.get("tmux_state") for e in team}.items()
    whoami = shlex.join([sys.executable, "-m", "thrum", "whoami", "--field", "agent_id"])
    # What ran there has ended, and what is said to an agent is nothing for a shell.
    world.thrum(main, "tmux", "launch", "api", "--runtime", "shell")
    world.thrum(main, "tmux", "queue", "api", "--wait", f"{whoami} > said")
    eventually(lambda: (home / "said").exists() and (home / "said").read_text() == "erin\n")

    # It outlives the daemon, and the next one finds it; then it does not outlive tmux.
    world.kill(main)
    world.thrum(main, "daemon", "start")
    assert states(world) == {"api": "alive"}
    daemon = psutil.Process(world.pid(main))
    eventually(lambda: ["-C" in each.cmdline() for each in daemon.children()].count(True) == 1)
    eventually(lambda: tmux("list-clients", "-F", "#{client_control_mode}").split() == ["1"])
    before = sorted(each.pid for each in daemon.children())
    states(world)
    assert sorted(each.pid for each in daemon.children()) == before
    tmux("kill-server")
    eventually(lambda: states(world) == {"api": "dead"})
    world.thrum(main, "tmux", "launch", "api", "--runtime", "shell")
    assert states(world) == {"api": "alive"}

    world.thrum(home, "tmux", "kill", "api")
    assert states(world) == {}
    assert not files.read_all(files.folder(home))[0].tmux_session


def test_a_person_begins_where_it_stands(world: World, tmux: Tmux, home: Path) -> None:
    terminal = Terminal(tmux, home)
    terminal.thrum("tmux start --runtime player")
    eventually(lambda: "api" in tmux("list-sessions", "-F", "#{session_name}").split())
    eventually(lambda: "runtime began" in tmux("capture-pane", "-p", "-t", "=api:"))
