"""A real session that is resumed, or compacted, gets no mail twice and misses none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import pytest

from tests.clients.desk import Desk
from tests.clients.idling import IDLE
from tests.clients.leave import guard
from tests.clients.model import Heard, Say, Use
from tests.clients.programs import Program, of
from tests.clients.screen import screen
from tests.integration.waking import eventually
from thrum.prime import page
from thrum.runtimes import registry
from thrum.snapshots import shelf

pytestmark = pytest.mark.clients
FIRST: Final = "the valve is shut"
SECOND: Final = "the tank is full"
THIRD: Final = "the road is clear"
SNAPSHOT: Final = page.SNAPSHOT_HEADING
SIGN: Final = "Agent: @furiosa"
"""What the text of a session's start says of who one is."""

AGAIN: Final = {
    "claude": ("claude", "--continue", "-p", "again"),
    "codex": ("codex", "exec", "resume", "--last", "--dangerously-bypass-hook-trust", "again"),
    "qwen": ("qwen", "-y", "--continue", "-p", "again"),
    "gemini": ("gemini", "-m", "gemini-2.5-flash", "--resume", "latest", "-p", "again"),
    "opencode": ("opencode", "run", "--continue", "again"),
}
"""What goes on with the latest session, without a screen."""


class Screened(NamedTuple):
    """A client at a terminal in which the model may not do everything.

    Attributes:
        line: what starts it.
        idle: what stands there when it is ready.
        tool: what the model has to ask leave for.
        asks: what it asks the person then; Enter says yes.
        compact: what has it compact the session.
        compacted: what it says then.
        is_woken: whether mail begins a turn when it is idle.
        is_begun: whether it begins the first one, too.
        begins_anew: whether its model is told anew who it is, with the next request.
        more: a text of the model that is worth being compacted.
    """

    line: tuple[str, ...]
    idle: str
    tool: Use
    asks: str
    compact: str = "/compact"
    compacted: str = ""
    is_woken: bool = False
    is_begun: bool = False
    begins_anew: bool = True
    more: str = "so it is"


TOUCH: Final = "touch made"
AT_TERMINAL: Final = {
    "claude": Screened(
        ("claude",),
        IDLE[0],
        Use("Bash", {"command": TOUCH, "description": "x"}),
        "Do you want to proceed?",
        compacted="Compacted",
        is_woken=True,
        is_begun=True,
    ),
    "codex": Screened(
        # Without the first flag it leaves a server of its own behind.
        ("codex", "--no-daemon", "--dangerously-bypass-hook-trust", "-s", "read-only"),
        "Ask Codex",
        Use(
            "exec_command",
            {"cmd": TOUCH, "sandbox_permissions": "require_escalated", "justification": "x"},
        ),
        "Would you like to run",
        compacted="Context compacted",
    ),
    "qwen": Screened(
        ("qwen",),
        "Type your message",
        Use("run_shell_command", {"command": TOUCH, "is_background": False}),
        "Allow execution of",
        compact="/compress",
        compacted="compressed",
        begins_anew=False,  # it starts the hook, and drops what that says
        more=" ".join(map(str, range(2000))),
    ),
    "gemini": Screened(
        ("gemini", "-m", "gemini-2.5-flash"),
        "Type your message",
        Use("run_shell_command", {"command": TOUCH}),
        "Allow execution of",
        compact="/compress",
        compacted="compressed",
        begins_anew=False,
        # The same words over and over it would take for a loop.
        more=" ".join(map(str, range(600))),
    ),
    "opencode": Screened(
        ("opencode",),
        IDLE[1],
        Use("bash", {"command": TOUCH, "description": "x"}),
        "Permission required",
        compacted="Compaction",
        is_woken=True,
    ),
}


def times(heard: Heard, *texts: str) -> list[int]:
    """How often each stands in a request as mail; some clients spell what a hook says."""
    said = heard.text.replace("&gt;", ">")
    return [said.count(f"> {each}") for each in texts]


@of()
def test_one_that_goes_on_gets_what_came_since_alone(desk: Desk, program: Program) -> None:
    desk.set_up(program)
    nux = desk.hire("nux")
    nux.thrum("send", FIRST, "--to", "@furiosa")
    desk.run(*program.line)
    begun = len(desk.model.heard)
    assert [times(each, FIRST) for each in desk.model.heard] == [[1]] * begun
    nux.thrum("send", SECOND, "--to", "@furiosa")
    desk.run(*AGAIN[program.name])
    for each in desk.model.heard[begun:]:
        # What a hook had said, Gemini does not remember when it goes on.
        assert times(each, FIRST, SECOND) == [program.name != "gemini", 1]
    assert [states(nux, text) for text in (FIRST, SECOND)] == [("offered", "hook")] * 2


def told(sender: Desk, text: str) -> dict[str, Any]:
    """What the sender of a message is told of it."""
    listed = json.loads(sender.thrum("sent", "--json"))["messages"]
    (found,) = [each for each in listed if each["body"]["content"] == text]
    (recipient,) = found["recipients"]
    return dict(recipient)


def states(sender: Desk, text: str) -> tuple[str, str]:
    found = told(sender, text)
    return found["state"], found.get("offered_by", "")


@of()
def test_one_that_asks_for_leave_and_is_compacted_goes_on(desk: Desk, program: Program) -> None:
    how = AT_TERMINAL[program.name]
    desk.set_up(program)
    guard(desk, program)
    nux = desk.hire("nux")
    desk.model.steps += [how.tool, Say("it is done")]
    with screen(desk, *how.line) as seen:
        seen.wait(how.idle)
        nux.thrum("send", FIRST, "--to", "@furiosa")
        if not how.is_begun:  # else a key that comes when it has begun would answer what it asks
            seen.say("hello")
        seen.wait(how.asks)
        nux.thrum("send", SECOND, "--to", "@furiosa")
        eventually(lambda: told(nux, SECOND).get("held") == "leave")
        is_made, history = (desk.repo / "made").exists(), "\n----\n".join(seen.texts[-8:])
        assert not is_made, f"{history}\n{desk.told()}\n{desk.model.used}"
        seen.press("Enter")
        seen.wait("it is done")
        assert (desk.repo / "made").exists()
        asked, after = desk.model.heard[:2]
        assert (times(asked, FIRST, SECOND), times(after, FIRST, SECOND)) == ([1, 0], [1, 1])
        for number in range(2):
            said = Say(f"{how.more} {number}: that is all")
            desk.model.thinks = answer(said)
            seen.say(f"more {number}")
            seen.wait(f"{number}: that is all")
        seen.say(how.compact)
        if program.name == "opencode":
            seen.press("Enter")  # the first one has chosen the command
        seen.wait(how.compacted)
        heard = len(desk.model.heard)
        desk.model.thinks = answer(Say("on it"))
        nux.thrum("send", THIRD, "--to", "@furiosa")
        if not how.is_woken:
            eventually(lambda: told(nux, THIRD).get("held") == "person")
            seen.say("again")
        seen.wait("on it")
    last = next(each for each in desk.model.heard[heard:] if THIRD in each.text)
    assert times(last, FIRST, SECOND, THIRD) == [0, 0, 1]
    assert last.text.count(SIGN) == how.begins_anew
    is_read = registry.adapter(program.name).has_transcripts
    assert (SNAPSHOT in last.text) is (how.begins_anew and is_read)
    if is_read:
        left = shelf.of(desk.repo / ".thrum", "furiosa")
        assert "=== USER ===\nmore 0\n" in left.text() or list(left.kept.iterdir())
    assert states(nux, THIRD) == ("offered", "hook")


def answer(said: Say) -> Callable[[Heard], Say]:
    """A model that says this, whatever it is asked."""
    return lambda _heard: said
