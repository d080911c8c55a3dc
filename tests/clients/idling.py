"""When a session of a real client at a terminal is idle, and can be woken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.clients.desk import Desk
from tests.clients.model import Say
from tests.clients.screen import Screen
from tests.integration.waking import eventually

LINES: Final = {
    "claude": ("claude", "--allowedTools", "mcp__thrum__send_message"),
    "opencode": ("opencode",),
}
"""What begins a session that may send mail without asking."""

SENDS: Final = {"claude": "mcp__thrum__send_message", "opencode": "thrum_send_message"}
"""How its model calls our tool for that."""

IDLE: Final = ("for agents", "Ask anything")
"""What stands on the screen of one that waits for a person's word."""


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
