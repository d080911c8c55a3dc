"""Real sessions that are idle at a terminal wake by themselves when mail comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.clients.desk import THRUM, Desk
from tests.clients.model import Say, Use
from tests.clients.programs import Program, of
from tests.clients.screen import Screen, screen
from tests.integration.waking import eventually

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
    """Whether a process waits for the session, which has nothing to do."""
    lines = desk.calls.read_text().splitlines() if desk.calls.exists() else []
    return any("--wake" in line for line in lines)


def begins(desk: Desk, seen: Screen, tool: str) -> None:
    """Lets a person say something and the turn end, until the model is offered the tool."""
    seen.wait(*IDLE)
    offered = ""
    for number in range(10):
        if tool in offered:
            break
        desk.model.steps.append(Say(f"hello {number}"))
        seen.type(f"hi {number}")
        seen.wait(f"hi {number}")
        seen.type("Enter")
        seen.wait(f"hello {number}")
        offered = json.dumps(desk.model.heard[-1].body["tools"])
    assert tool in offered
    eventually(lambda: is_waited_for(desk))


@of("claude", "opencode")
def test_an_idle_session_wakes_for_mail_and_answers(desk: Desk, program: Program) -> None:
    desk.set_up(program)
    employ_another(desk)
    with screen(desk, *LINES[program.name]) as seen:
        begins(desk, seen, TOOLS[program.name])
        heard = len(desk.model.heard)
        answer = {"to": "@nux", "content": "I mend it"}
        desk.model.steps += [Use(TOOLS[program.name], answer), Say("it is mended")]
        sends(desk, "the tank leaks")
        assert "> the tank leaks" in desk.model.wait(heard + 1).text
        seen.wait("it is mended")
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
    assert "Stop" in desk.told() or "session.idle" in desk.told()
