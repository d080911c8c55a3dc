"""Real sessions that are idle at a terminal wake by themselves when mail comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.clients.desk import THRUM, Desk
from tests.clients.idling import IDLE, LINES, SENDS, begins, hooks_of, is_idle, is_waited_for
from tests.clients.model import Say, Use
from tests.clients.programs import Program, of
from tests.clients.screen import screen
from tests.integration.waking import eventually
from thrum.skills.plugins import catalogue, folder

pytestmark = pytest.mark.clients


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


@of("claude", "opencode")
def test_an_idle_session_wakes_for_mail_and_answers(desk: Desk, program: Program) -> None:
    desk.set_up(program)
    employ_another(desk)
    with screen(desk, *LINES[program.name]) as seen:
        turns = begins(desk, seen, SENDS[program.name])
        heard = len(desk.model.heard)
        answer = {"to": "@nux", "content": "I mend it"}
        desk.model.steps += [Use(SENDS[program.name], answer), Say("it is mended")]
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


@of("claude")
def test_a_session_wakes_before_its_first_turn(desk: Desk, program: Program) -> None:
    desk.set_up(program)
    employ_another(desk)
    desk.model.steps += [Say("I see it"), Say("I see that, too")]
    with screen(desk, "claude") as seen:
        seen.wait(*IDLE)
        eventually(lambda: is_waited_for(desk) and not any(hooks_of(desk)))
        assert desk.model.heard == []
        sends(desk, "the tank leaks")
        first = desk.model.wait(1).text
        seen.wait("I see it")
        assert first.count("> the tank leaks") == 1
        eventually(lambda: is_idle(desk, 1))
        sends(desk, "and the pump")
        last = desk.model.wait(2).text
        seen.wait("I see that, too")
        assert (last.count("> the tank leaks"), last.count("> and the pump")) == (1, 1)


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
