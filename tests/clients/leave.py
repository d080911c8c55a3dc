"""What real clients ask their person leave for, and how that looks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from tests.clients.desk import Desk
from tests.clients.model import Use
from tests.clients.programs import Program, written

DIALOGS: Final = {
    "claude": "Do you want to proceed?",
    "codex": "Would you like to run the following command?",
    "qwen": "Allow execution",
    "gemini": "Allow execution",
    "opencode": "Permission required",
}
"""What stands on the screen of one that asks."""


def runs(program: Program, line: str) -> Use:
    """The model runs a line, which nothing allows it beforehand."""
    return {
        "claude": Use("Bash", {"command": line, "description": "do it"}),
        "codex": Use(
            "exec_command",
            {"cmd": line, "sandbox_permissions": "require_escalated", "justification": "wanted"},
        ),
        "qwen": Use("run_shell_command", {"command": line, "is_background": False}),
        "gemini": Use("run_shell_command", {"command": line, "description": "do it"}),
        "opencode": Use("bash", {"command": line, "description": "do it"}),
    }[program.name]


def touches(program: Program, file: Path) -> Use:
    """The model makes a file."""
    return runs(program, f"touch {file}")


def guard(desk: Desk, program: Program) -> None:
    """Has a client ask for leave that would not by itself."""
    if program.name == "opencode":
        path = desk.home / ".config" / "opencode" / "opencode.json"
        written(path, json.loads(path.read_text()) | {"permission": {"bash": "ask"}})
