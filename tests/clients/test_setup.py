"""The real clients take what setup writes, and know nothing of us when it was taken back."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.clients.desk import Desk
from tests.clients.model import Say
from tests.clients.programs import Program, named, of
from thrum.mcp import catalogue

pytestmark = pytest.mark.clients
NEWS = "the valve is shut"
SIGN = "Agent: @furiosa"
"""What the text of a session's start says of who one is."""


@of()
def test_hooks_fire_once_and_what_they_say_reaches_the_model(desk: Desk, program: Program) -> None:
    desk.set_up(program)
    nux = desk.hire("nux")
    nux.thrum("send", NEWS, "--to", "@furiosa")
    desk.model.steps += [
        program.tool,
        program.ask("check_messages"),
        program.ask("send_message", to="@nux", content="on my way"),
        Say("hello there"),
    ]
    said = desk.run(*program.line)
    assert "hello there" in said
    tools = len(desk.model.used)
    expected = Counter(program.fires)
    expected.update(each for each in program.after_tool for _ in range(tools))
    assert desk.fired() == expected
    first, last = desk.model.heard[0], desk.model.heard[tools]
    roles = [role for role, text in first.said if SIGN in text]
    assert roles == ([program.role] if program.role else [])
    # The start of a session tells of it already.
    assert last.text.count(NEWS) - first.text.count(NEWS) == 1
    assert last.text.count('"status":"delivered"') == 1
    assert "on my way" in nux.thrum("inbox")
    desk.thrum("setup", "remove")
    desk.calls.unlink(missing_ok=True)
    heard = len(desk.model.heard)
    desk.model.steps.append(Say("hello again"))
    assert "hello again" in desk.run(*program.line)
    assert not desk.fired()
    assert SIGN not in desk.model.heard[heard].text


@of()
def test_it_reaches_our_server(desk: Desk, program: Program) -> None:
    desk.set_up(program)
    said = desk.run(*program.servers)
    (line,) = [each for each in said.splitlines() if "thrum" in each and program.connected in each]
    assert line
    desk.thrum("setup", "remove")
    assert "thrum" not in desk.run(*program.servers, check=False)


def test_the_first_request_of_claude_has_our_tools_with_their_schemas(desk: Desk) -> None:
    program = named("claude")
    desk.set_up(program)
    desk.model.steps.append(Say("hello there"))
    desk.run(*program.line)
    tools = {each["name"]: each for each in desk.model.heard[0].body["tools"]}
    for name in catalogue.offered(is_compatible=False):
        found = tools[f"mcp__thrum__{name}"]
        assert found["input_schema"]["properties"]
        assert not found.get("defer_loading")
