"""Real sessions ask for leave, and a supervisor elsewhere answers, once, by the hook."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clients.desk import THRUM, Desk
from tests.clients.leave import DIALOGS, guard, touches
from tests.clients.model import Say
from tests.clients.programs import Program, of
from tests.clients.screen import Screen, screen
from tests.integration.waking import eventually

pytestmark = pytest.mark.clients

LINES: Final = {
    "claude": ("claude",),
    "codex": ("codex", "--no-daemon", "--dangerously-bypass-hook-trust", "-a", "on-request"),
    "qwen": ("qwen",),
    "opencode": ("opencode",),
}

IDLE: Final = ("for agents", "Type your message", "Ask anything")
"""What stands on the screen of one that waits for a person's word."""


def by_boss(desk: Desk, *argv: str) -> str:
    return desk.run("env", "-C", str(desk.repo.parent / "boss"), str(THRUM), *argv)


def waiting(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(by_boss(desk, "prompts", "--json"))["prompts"]
    return found


def attends(desk: Desk) -> Path:
    """Has the daemon look for tmux in the desk's home, and hires boss; where tmux listens."""
    socket = desk.home / f"tmux-{os.getuid()}" / "default"
    socket.parent.mkdir(mode=0o700)
    desk.env["TMUX_TMPDIR"] = str(desk.home)
    desk.thrum("daemon", "restart")
    desk.run("git", "worktree", "add", "-q", "--detach", str(desk.repo.parent / "boss"))
    by_boss(desk, "quickstart", "boss", "--role", "coordinator", "--module", "all")
    return socket


@pytest.fixture
def asking(desk: Desk, program: Program) -> Iterator[Screen]:
    """A session at a terminal that nobody looks at, whose program asks before it runs anything."""
    socket = attends(desk)
    desk.set_up(program)
    guard(desk, program)
    with screen(desk, *LINES[program.name], socket=socket) as seen:
        seen.wait(*IDLE)
        desk.model.steps += [touches(program, desk.repo / "made"), Say("all said")]
        seen.say("go on")
        yield seen


@of("claude", "codex", "qwen", "opencode")
@pytest.mark.parametrize("word", ["approve", "deny"])
def test_a_supervisor_answers_by_the_hook(
    desk: Desk, program: Program, asking: Screen, word: str
) -> None:
    eventually(lambda: waiting(desk))
    (prompt,) = waiting(desk)
    assert (prompt["agent_id"], prompt["runtime"]) == ("furiosa", program.name)
    assert "touch" in prompt["details"]
    assert not (desk.repo / "made").exists()
    by_boss(desk, "prompts", word, prompt["id"][-6:])
    if word == "approve":
        asking.wait("all said")
    else:
        eventually(lambda: not waiting(desk))
        asking.press()
    assert (desk.repo / "made").exists() is (word == "approve")
    eventually(lambda: DIALOGS[program.name] not in asking.text)
    assert waiting(desk) == []


@of("claude", "codex", "qwen", "opencode")
def test_a_daemon_that_is_killed_leaves_the_question_to_the_person(
    desk: Desk, program: Program, asking: Screen
) -> None:
    eventually(lambda: waiting(desk))
    (prompt,) = waiting(desk)
    pid = json.loads(desk.thrum("daemon", "status", "--json"))["pid"]
    os.kill(pid, 9)
    asking.wait(DIALOGS[program.name])
    desk.thrum("daemon", "start")
    assert waiting(desk) == []
    said = desk.run(
        *("env", "-C", str(desk.repo.parent / "boss")),
        *(str(THRUM), "prompts", "approve", prompt["id"]),
        check=False,
    )
    assert "nothing that waits" in said
    assert not (desk.repo / "made").exists()
