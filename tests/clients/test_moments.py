"""What hooks say at each moment reaches the model of the real clients, there and once."""

from __future__ import annotations

import shlex
from typing import Final

import pytest

from tests.clients.desk import THRUM, Desk
from tests.clients.model import Say
from tests.clients.programs import Program, of
from tests.clients.screen import screen
from thrum.runtimes import registry
from thrum.runtimes.contract import Event, Moment, Part

pytestmark = pytest.mark.clients
SAYS: Final = {
    Moment.START: "the valve is shut",
    Moment.PROMPT: "the tank is full",
    Moment.TOOLS: "the wheel is off",
    Moment.END_OF_TURN: "the road is clear",
}


AFTER_OURS: Final = "the mast is up"
"""What is said after a tool of our server."""


def set_up(desk: Desk, program: Program) -> None:
    """Has each hook say its text once, and nothing afterwards; our server is the real one.

    Who waits in the background says nothing.
    """
    desk.connect(program)
    adapter = registry.adapter(program.name)
    replies = desk.home / "replies"
    replies.mkdir()
    for hook in adapter.hooks:
        event = Event(hook.event, hook.moment)
        said = adapter.reply(event, SAYS.get(hook.moment, ""))
        (replies / hook.event).write_text(said.stdout)
        if hook.moment is Moment.TOOLS:
            said = adapter.reply(event, AFTER_OURS)
            (replies / f"{hook.event}.ours").write_text(said.stdout)
    desk.pretend(f"""\
#!/bin/sh
[ "$1" = mcp ] && exec "{THRUM}" "$@"
case "$*" in *--wake*) exit 0 ;; esac
case "$(cat)" in *list_agents*) reply="{replies}/$2.ours" ;; *) reply="{replies}/$2" ;; esac
mv "$reply" "$reply.said" 2>/dev/null && cat "$reply.said" && exit 0
echo {shlex.quote(adapter.silence)}
""")
    desk.put(program.name, Part.HOOKS, Part.MCP)


@of()
def test_each_text_comes_when_it_is_said(desk: Desk, program: Program) -> None:
    set_up(desk, program)
    said = ["it is done", *(["it is seen"] if program.goes_on else [])]
    desk.model.steps += [program.tool, program.ask("list_agents"), *map(Say, said)]
    assert said[-1] in desk.run(*program.line)
    tools = len(desk.model.used)
    texts = [heard.text for heard in desk.model.heard]
    begun, after_one, after_ours = texts[0], texts[1], texts[tools]
    assert begun.count(SAYS[Moment.START]) == bool(program.role)
    assert begun.count(SAYS[Moment.PROMPT]) == 1
    assert SAYS[Moment.TOOLS] not in begun
    assert after_one.count(SAYS[Moment.TOOLS]) == 1
    assert AFTER_OURS not in texts[tools - 1]
    assert after_ours.count(AFTER_OURS) == 1
    assert SAYS[Moment.END_OF_TURN] not in after_ours
    if program.goes_on:
        assert texts[tools + 1].count(SAYS[Moment.END_OF_TURN]) == 1
    else:
        assert (desk.home / "replies" / "session.idle").exists()


@of("opencode")
def test_a_turn_begins_by_itself_in_opencode(desk: Desk, program: Program) -> None:
    set_up(desk, program)
    desk.model.steps += [Say("it is done"), Say("it is seen")]
    with screen(desk, "opencode") as seen:
        seen.wait("Ask anything")
        seen.say("hello")
        once_more = desk.model.wait(2, seconds=200).text
        seen.wait("it is seen")
    assert once_more.count(SAYS[Moment.END_OF_TURN]) == 1
    assert once_more.count(SAYS[Moment.START]) == once_more.count(SAYS[Moment.PROMPT]) == 1
