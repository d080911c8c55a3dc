"""The real programs take the plugins and skills that we write, and get everything once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from tests.clients.desk import Desk
from tests.clients.programs import Program, of
from thrum import skills
from thrum.runtimes import registry
from thrum.runtimes.contract import Own, Part
from thrum.skills import folders, source
from thrum.skills.plugins import catalogue, folder

pytestmark = pytest.mark.clients
SAID: Final = "the valve is shut"
SCRIPT: Final = f"""\
#!/bin/sh
echo "$*" >>"$HOME/calls"
case "$2" in
  SessionStart) echo '{{"hookSpecificOutput":{{"hookEventName":"SessionStart",\
"additionalContext":"{SAID}"}}}}' ;;
  *) [ "$4" = codex ] && echo '{{}}' ;;
esac
exit 0
"""
TYPED: Final = [each.name for each in folders.every() if each.is_typed]


def plugin(desk: Desk, name: str) -> Path:
    """The package, where a person may have put it."""
    place = desk.home / "plugin"
    folder.write(place, catalogue.files(name))
    return place


def set_up_skills(desk: Desk, name: str) -> None:
    for piece in skills.pieces(desk.where(), registry.adapter(name)):
        assert isinstance(piece, Own)
        piece.path.parent.mkdir(parents=True, exist_ok=True)
        piece.path.write_text(piece.text)


def ask(desk: Desk, program: Program, text: str = "hello") -> str:
    """What reached the model with this prompt."""
    count = len(desk.model.heard)
    desk.run(*program.line[:-1], text)
    return json.dumps([heard.body for heard in desk.model.heard[count:]])


def brings_everything_once(desk: Desk, program: Program) -> None:
    """The hooks of the plugin that is installed, also beside those that setup writes."""
    for _ in ("the plugin alone", "both"):
        desk.calls.unlink(missing_ok=True)
        assert ask(desk, program).count(SAID) == 1
        told = desk.told()
        assert told[:2] == ["SessionStart", "UserPromptSubmit"]
        assert (told.count("SessionStart"), told.count("Stop")) == (1, 1)
        desk.put(program.name, Part.HOOKS)


@of("claude")
def test_claude_finds_nothing_to_complain_of(bare: Desk, program: Program) -> None:
    bare.connect(program)
    bare.pretend(SCRIPT)
    place = plugin(bare, "claude")
    for path in (place, place / ".claude-plugin" / "plugin.json"):
        said = bare.run("claude", "plugin", "validate", "--strict", str(path))
        assert "Validation passed" in said
    bare.run("claude", "plugin", "marketplace", "add", str(place))
    bare.run("claude", "plugin", "install", "thrum@thrum")
    details = bare.run("claude", "plugin", "details", "thrum")
    assert "Skills (9)" in details
    assert "MCP servers (1)" in details
    for hook in registry.adapter("claude").hooks:
        assert hook.event in details
    brings_everything_once(bare, program)


@of("codex")
def test_codex_installs_it(bare: Desk, program: Program) -> None:
    bare.connect(program)
    bare.pretend(SCRIPT)
    bare.run("codex", "plugin", "marketplace", "add", str(plugin(bare, "codex")))
    bare.run("codex", "plugin", "add", "thrum@thrum")
    assert "installed, enabled" in bare.run("codex", "plugin", "list")
    assert "thrum" in bare.run("codex", "mcp", "list")
    brings_everything_once(bare, program)


@of("gemini")
def test_gemini_installs_the_extension(bare: Desk, program: Program) -> None:
    bare.connect(program)
    extension = str(plugin(bare, "any"))
    bare.run("gemini", "extensions", "install", extension, "--consent")
    assert "successfully validated" in bare.run("gemini", "extensions", "validate", extension)
    shown = bare.run("gemini", "skills", "list")
    assert [name for name in ("thrum", *TYPED) if f"{name} [Enabled]" not in shown] == []


@of("qwen")
def test_qwen_installs_the_extension(bare: Desk, program: Program) -> None:
    bare.connect(program)
    bare.run("qwen", "extensions", "install", str(plugin(bare, "any")), "--consent")
    shown = bare.run("qwen", "extensions", "list")
    assert [name for name in ("thrum", *TYPED) if name not in shown] == []


@of("claude", "codex", "qwen", "opencode")
def test_a_session_begins_with_the_line_of_the_skill(bare: Desk, program: Program) -> None:
    bare.connect(program)
    set_up_skills(bare, program.name)
    reached = ask(bare, program)
    assert source.DESCRIPTION in reached
    if program.name != "opencode":  # which lists whatever there is
        assert [name for name in TYPED if f"{name}:" in reached or f"{name}<" in reached] == []
    typed = {"claude": "/thrum-send nux hello", "codex": "$thrum-send nux hello"}
    if line := typed.get(program.name):
        wanted = "a message without a recipient needs a question first"
        assert wanted in ask(bare, program, line)
