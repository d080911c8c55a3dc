"""Real clients are kept from editing what another agent holds, and edit everything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from tests.clients.desk import Desk
from tests.clients.model import Say, Use
from tests.clients.programs import Program, of

pytestmark = pytest.mark.clients


KNOWN: Final = "gpt-5.5"
"""A model of which Codex knows that it takes patches."""


def writes(program: Program, file: Path) -> list[Use]:
    """The model makes a file, in each way that it has."""
    patch = f"*** Begin Patch\n*** Add File: {file.name}\n+mine\n*** End Patch\n"
    by_path = {"file_path": str(file), "content": "mine\n"}
    return {
        "claude": [Use("Write", by_path)],
        "codex": [
            Use("apply_patch", {}, freeform=patch),
            Use("exec_command", {"cmd": f"apply_patch <<'EOF'\n{patch}EOF"}),
        ],
        "qwen": [Use("write_file", by_path)],
        "gemini": [Use("write_file", by_path)],
    }[program.name]


def line(program: Program) -> list[str]:
    """One turn in which files may be written."""
    more = {
        "claude": ["--permission-mode", "acceptEdits"],
        "codex": ["--sandbox", "workspace-write"],
    }
    return [*program.line[:-1], *more.get(program.name, []), program.line[-1]]


@of("claude", "codex", "qwen", "gemini")
def test_what_another_agent_holds_is_not_written(desk: Desk, program: Program) -> None:
    desk.hire("boss").thrum("claim", "held.txt", "--note", "not yet")
    desk.connect(program)
    if program.name == "codex":
        path = desk.home / ".codex" / "config.toml"
        path.write_text(path.read_text().replace('model = "m"', f'model = "{KNOWN}"'))
    desk.thrum("setup", "--runtime", program.name, "--guard", "--yes")
    held, free = desk.repo / "held.txt", desk.repo / "free.txt"
    desk.model.steps += [*writes(program, held), *writes(program, free), Say("all said")]
    said = desk.run(*line(program))
    assert not held.exists(), said
    assert free.read_text() == "mine\n", said
    heard = json.dumps(desk.model.heard[-1].body)
    assert heard.count("@boss holds held.txt (not yet)") >= len(writes(program, held))
    desk.thrum("daemon", "stop")
    desk.model.steps += [*writes(program, held), Say("all said")]
    desk.run(*line(program))
    assert held.exists(), "nobody can say whose it is"
    desk.thrum("daemon", "start")
