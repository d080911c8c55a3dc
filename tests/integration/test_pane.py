"""An agent in a pane of a real tmux."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import World, eventually

Tmux = Callable[..., str]


@pytest.fixture
def claude(world: World) -> str:
    """A shell by the name of an agent program."""
    link = world.root / "programs" / "claude"
    link.parent.mkdir()
    link.symlink_to("/bin/sh")
    return str(link)


def typed(tmux: Tmux, session: str, done: Path, *words: str) -> None:
    """Has the program in a session run thrum, and waits for its end."""
    line = shlex.join([sys.executable, "-m", "thrum", *words])
    tmux("send-keys", "-t", f"={session}:", f"{line}; touch {shlex.quote(str(done))}", "Enter")
    eventually(done.exists, 60)


def test_an_agent_is_known_by_its_pane_while_the_pane_is_there(
    world: World, tmux: Tmux, claude: str
) -> None:
    world.remote()
    home = world.clone("nux")
    world.thrum(home, "init", "--non-interactive")

    def pane() -> str:
        identity = json.loads((home / ".thrum/identities/nux.json").read_text())
        return str(identity.get("tmux_session", ""))

    begin = ("quickstart", "nux", "--role", "tester", "--module", "x")
    tmux("new-session", "-d", "-s", "elsewhere", "-c", str(home), claude)
    typed(tmux, "elsewhere", world.root / "one", *begin)
    assert pane() == "", "what is meant for the agent would be typed into another's pane"
    tmux("kill-session", "-t", "=elsewhere")
    tmux("new-session", "-d", "-s", "nux", "-c", str(home), claude)
    typed(tmux, "nux", world.root / "two", *begin)
    assert pane() == "nux:0.0"

    def alive() -> bool:
        return bool(world.thrum(home, "whoami", "--json").json["tmux_alive"])

    assert alive()
    tmux("new-session", "-d", "-s", "nux2", "-c", str(home), claude)
    tmux("kill-session", "-t", "=nux")
    assert not alive(), "a session whose name only begins so is another one"
