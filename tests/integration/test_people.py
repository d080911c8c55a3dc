"""A person at a real terminal, beside an agent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import World
from tests.integration.terminal import Terminal

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def shop(world: World) -> Path:
    """The repository of Ada, who has an agent in a worktree beside it."""
    where = world.root / "shop"
    world.git("init", "-q", str(where), cwd=world.root)
    world.git("config", "user.name", "Ada Lovelace", cwd=where)
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=where)
    world.git("worktree", "add", "-q", "--detach", str(world.root / "nux"), cwd=where)
    world.thrum(where, "init", "--non-interactive")
    world.thrum(where, "daemon", "start")
    words = ("quickstart", "nux", "--role", "driver", "--module", "war")
    world.thrum(world.root / "nux", *words)
    return where


def test_what_is_done_by_hand_is_done_as_a_person(
    world: World, tmux: Callable[..., str], shop: Path
) -> None:
    home = world.root / "nux"
    # Without a terminal nobody is a person.
    assert "anonymous_caller" in world.thrum(shop, "user", "register", "--json", check=False).err
    terminal = Terminal(tmux, shop)
    for line, shown in (
        ("user register", "You are now user:ada-lovelace"),
        ("send 'by hand' --to @nux", "to @nux"),
        (f"--repo {home} send 'for nux' --as nux --to @nux", "Sent"),
    ):
        terminal.thrum(line)
        assert terminal.code() == 0, terminal.screen()
        assert shown in terminal.screen()
    # In the agent's worktree one is the agent, unless one says who one is.
    terminal.press("-l", f"cd {home}")
    terminal.press("Enter")
    for before, who in (("", "nux"), ("THRUM_NAME=user:ada-lovelace", "user:ada-lovelace")):
        terminal.thrum("whoami --field agent_id", before)
        assert terminal.code() == 0
        assert f"\n{who}\n" in terminal.screen()
    inbox = json.loads(world.thrum(home, "inbox", "--json").out)
    rows = [(each["agent_id"], each.get("authored_by")) for each in inbox["messages"]]
    assert ("user:ada-lovelace", None) in rows
