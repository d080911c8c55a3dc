"""Real sessions that are idle at a terminal wake by themselves when mail comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.desk import THRUM, Desk
from tests.clients.model import Say, Use
from tests.clients.programs import Program, of
from tests.clients.screen import Screen, screen
from tests.integration.waking import eventually
from thrum.skills.plugins import catalogue, folder

pytestmark = pytest.mark.clients

LINES = {
    "claude": ("claude", "--allowedTools", "mcp__thrum__send_message"),
    "opencode": ("opencode",),
}
TOOLS = {"claude": "mcp__thrum__send_message", "opencode": "thrum_send_message"}
IDLE = ("for agents", "Ask anything")


def employ_another(desk: Desk) -> None:
    """nux, at home in a worktree of its own."""
    desk.run("git", "worktree", "add", "-q", "--detach", str(beside(desk)))
    by_nux(desk, "quickstart", "nux", "--role", "tester", "--module", "engine")


def beside(desk: Desk) -> Path:
    return desk.repo.parent / "beside"


def by_nux(desk: Desk, *argv: str) -> str:
    return desk.run("env", "-C", str(beside(desk)), str(THRUM), *argv)


def sends(desk: Desk, text: str) -> None:
    by_nux(desk, "send", text, "--to", "@furiosa")


def is_waited_for(desk: Desk) -> bool:
    """Whether a process was started that waits for a session."""
    lines = desk.calls.read_text().splitlines() if desk.calls.exists() else []
    return any("--wake" in line for line in lines)


def is_idle(desk: Desk, turns: int) -> bool:
    """Whether so many turns have ended, their hooks as well, and a process waits."""
    ends = sum(each in {"Stop", "session.idle"} for each in desk.told())
    return ends >= turns and is_waited_for(desk) and not any(hooks_of(desk))


def hooks_of(desk: Desk) -> Iterator[int]:
    """Hooks that run, but not those that wait."""
    for each in Path("/proc").glob("[0-9]*"):
        try:
            words = (each / "cmdline").read_bytes().split(b"\0")
            is_here = (each / "cwd").readlink() == desk.repo
        except OSError:
            continue  # it has ended
        if is_here and b"hook" in words and b"--wake" not in words:
            yield int(each.name)


def begins(desk: Desk, seen: Screen, tool: str) -> int:
    """Lets a person say something and the turn end, until the model is offered the tool.

    How many turns that were.
    """
    seen.wait(*IDLE)
    offered, turns = "", 0
    while tool not in offered:
        assert turns < 10
        desk.model.steps.append(Say(f"hello {turns}"))
        seen.type(f"hi {turns}")
        seen.wait(f"hi {turns}")
        seen.type("Enter")
        seen.wait(f"hello {turns}")
        turns += 1
        offered = json.dumps(desk.model.heard[-1].body["tools"])
    eventually(lambda: is_idle(desk, turns))
    return turns


@of("claude", "opencode")
def test_an_idle_session_wakes_for_mail_and_answers(desk: Desk, program: Program) -> None:
    desk.set_up(program)
    employ_another(desk)
    with screen(desk, *LINES[program.name]) as seen:
        turns = begins(desk, seen, TOOLS[program.name])
        heard = len(desk.model.heard)
        answer = {"to": "@nux", "content": "I mend it"}
        desk.model.steps += [Use(TOOLS[program.name], answer), Say("it is mended")]
        sends(desk, "the tank leaks")
        assert "> the tank leaks" in desk.model.wait(heard + 1).text
        seen.wait("it is mended")
        eventually(lambda: is_idle(desk, turns + 1))
        sends(desk, "and the pump")
        assert "> and the pump" in desk.model.wait(heard + 3).text
        last = desk.model.heard[-1].text
        assert (last.count("> the tank leaks"), last.count("> and the pump")) == (1, 1)
    listed = json.loads(by_nux(desk, "inbox", "--json"))
    assert [each["body"]["content"] for each in listed["messages"]] == ["I mend it"]
    sent = json.loads(by_nux(desk, "sent", "--json"))
    assert all(each["recipients"][0]["seen_at"] for each in sent["messages"])


@of("claude", "opencode")
def test_one_that_is_not_at_a_terminal_ends_as_it_would(desk: Desk, program: Program) -> None:
    desk.set_up(program)
    desk.model.steps.append(Say("hello there"))
    assert "hello there" in desk.run(*program.line)
    if program.name == "claude":
        assert is_waited_for(desk)  # who waits has ended before, for there is no way to wake it


@of("claude")
def test_a_monitor_of_the_plugin_wakes_a_session_before_its_first_turn(
    desk: Desk, program: Program
) -> None:
    desk.connect(program)
    del desk.env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"]  # it would start none
    desk.env["PATH"] = f"{THRUM.parent}:{desk.env['PATH']}"
    employ_another(desk)
    plugin = desk.home / "plugin"
    folder.write(plugin, catalogue.files("claude"))
    desk.model.steps.append(Say("I see it"))
    with screen(desk, "claude", "--plugin-dir", str(plugin)) as seen:
        seen.wait(*IDLE)
        sends(desk, "the tank leaks")
        seen.wait("I see it")
        sends(desk, "and the pump")  # by now the hook waits as well, and comes first
        assert "> and the pump" in desk.model.wait(2).text
        last = desk.model.heard[-1].text
        assert (last.count("the tank leaks"), last.count("and the pump")) == (1, 1)
