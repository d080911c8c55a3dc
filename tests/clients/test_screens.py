"""At a terminal the real clients start with what setup wrote, and find nothing wrong in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clients.desk import Desk
from tests.clients.programs import Program, of
from tests.clients.screen import Screen, screen

pytestmark = pytest.mark.clients
WRONG: Final = re.compile(
    r"error|warning|invalid|not valid|fail|unknown|unrecogni|malformed|could not|cannot|deprecat"
    r"|unsupported|expected|✘|⚠",
    re.IGNORECASE,
)
ABOUT_US: Final = re.compile(r"thrum|settings\.|hook|\.json|skill|status ?line", re.IGNORECASE)
scopes = pytest.mark.parametrize("scope", ["user", "project"])


def complaints(seen: Screen) -> list[str]:
    """The lines of all pictures so far in which something is wrong."""
    return [line for text in seen.texts for line in text.splitlines() if WRONG.search(line)]


def begin(desk: Desk, program: Program, scope: str) -> None:
    desk.connect(program)
    desk.thrum("setup", "--runtime", program.name, "--scope", scope, "--yes")


@of("claude")
@scopes
def test_claude_starts_without_complaint(desk: Desk, program: Program, scope: str) -> None:
    begin(desk, program, scope)
    with screen(desk, "claude") as seen:
        if scope == "project":
            seen.wait("New MCP server found in this project: thrum")
            seen.press("Enter")
        seen.wait("@furiosa")  # our status line
        seen.say("hello")
        assert "You are @furiosa" in desk.model.wait(1).text
        seen.wait("● done")
        seen.say("/mcp")
        seen.wait("thrum · ✔ connected")
        assert complaints(seen) == []
        seen.press("Escape")
        seen.wait("MCP dialog dismissed")
        seen.say("/hooks")
        seen.wait("10 hooks configured")  # one for each event, and two who wait to wake the session
        seen.press("Escape")
        seen.wait("Hooks dialog dismissed")
        seen.say("/doctor")
        found = seen.wait("Enter to close").rpartition("/doctor")[2]
        found = re.sub(r"\S*/node_modules/\S*", "", found)  # where it is installed itself
        # It finds it wrong that it may not talk to its makers.
        assert [line for line in found.splitlines() if ABOUT_US.search(line)] == []


@of("opencode")
@scopes
def test_opencode_starts_without_complaint(desk: Desk, program: Program, scope: str) -> None:
    begin(desk, program, scope)
    with screen(desk, "opencode") as seen:
        seen.wait("Ask anything")
        seen.say("hello")
        assert "You are @furiosa" in desk.model.wait(1, seconds=200).text
        seen.wait("thrum Connected")
        assert complaints(seen) == []
    logs = (desk.home / ".local/share/opencode/log").glob("*")
    lines = [line for file in logs for line in file.read_text().splitlines()]
    assert lines
    # What it fetches for itself it does not get here.
    bad = [line for line in lines if "level=INFO" not in line and "dependency install" not in line]
    assert bad == []


def broken(file: Path, does: Callable[[Any], object]) -> None:
    document = json.loads(file.read_text())
    does(document)
    file.write_text(json.dumps(document))


@of("claude")
def test_what_is_wrong_would_be_seen_in_claude(desk: Desk, program: Program) -> None:
    begin(desk, program, "user")
    broken(desk.home / ".claude/settings.json", lambda found: found["hooks"].update(Stop="x"))
    with screen(desk, "claude") as seen:
        seen.wait("settings.json")
        assert complaints(seen)


@of("opencode")
def test_what_is_wrong_would_be_seen_in_opencode(desk: Desk, program: Program) -> None:
    begin(desk, program, "user")
    broken(desk.home / ".config/opencode/opencode.json", lambda found: found.update(mcp="x"))
    with screen(desk, "opencode") as seen:
        seen.wait("opencode.json")
        assert complaints(seen)
