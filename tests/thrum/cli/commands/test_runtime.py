"""``thrum runtime``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from thrum.runtime_names import NAMES
from thrum.runtimes import presets

OWN = {"custom_runtimes": {"mine": {"command": "mine", "display_name": "My\x1bTool"}}}


@pytest.fixture
def home(world: Any, tmp_path: Path) -> Path:
    home = tmp_path / "person"
    (home / ".thrum").mkdir(parents=True)
    world.env = {**world.env, "HOME": str(home), "PATH": ""}
    return home


def test_the_list(world: Any, home: Path) -> None:
    ran = world.run("runtime", "list")
    assert ran.out.startswith("Built-in Runtimes:\n  claude     Claude Code (MCP ✓, Hooks ✓)\n")
    assert "  shell      Shell (CLI-only)\n" in ran.out
    assert "Default" not in ran.out
    document = world.run("runtime", "list", "--json").document
    assert [each["name"] for each in document["presets"]] == list(NAMES)
    assert "default_runtime" not in document


def test_the_list_with_ones_own(world: Any, home: Path) -> None:
    (home / presets.FILE).write_text(json.dumps({**OWN, "default_runtime": "mine"}))
    ran = world.run("runtime", "list")
    assert "\nYour Runtimes:\n  mine       My" in ran.out
    assert "\x1b" not in ran.out
    assert ran.out.endswith("Default: mine\n")
    assert world.run("runtime", "list", "--json").document["default_runtime"] == "mine"


@pytest.mark.parametrize("name", [*NAMES, "kiro", "claude-code"])
def test_one_is_shown(world: Any, home: Path, name: str) -> None:
    document = world.run("runtime", "show", name, "--json").document
    assert document["name"] in NAMES
    assert all(each["seconds"] > 0 for each in document["hooks"])
    ran = world.run("runtime", "show", name)
    assert document["display_name"] in ran.out
    assert all(each["event"] in ran.out for each in document["hooks"])


@pytest.mark.parametrize("command", ["show", "set-default"])
def test_one_that_is_none(world: Any, home: Path, command: str) -> None:
    ran = world.run("runtime", command, "claud")
    assert (ran.code, "did you mean claude" in ran.err) == (1, True)


def test_a_default_is_for_the_person_and_the_repository(world: Any, home: Path) -> None:
    ran = world.run("runtime", "set-default", "kiro")
    assert ran.code == 0
    assert json.loads((home / presets.FILE).read_text()) == {"default_runtime": "kiro-cli"}
    kept = json.loads((world.root / ".thrum/config.json").read_text())
    assert kept["runtime"]["primary"] == "kiro-cli"


def test_a_default_outside_of_any_repository(world: Any, home: Path, tmp_path: Path) -> None:
    world.root = tmp_path / "elsewhere"
    world.root.mkdir()
    document = world.run("runtime", "set-default", "codex", "--json").document
    assert document == {"default_runtime": "codex", "repository": False}


def test_what_is_used_here(world: Any, home: Path) -> None:
    document = world.run("runtime", "detect", "--json").document
    assert document == {"detected": "cli-only", "runtimes": []}
    (world.root / ".codex").mkdir()
    (world.root / ".gemini").mkdir()
    ran = world.run("runtime", "detect")
    assert ran.out == "  codex      marker: .codex\n  gemini     marker: .gemini\n"


@pytest.mark.parametrize("command", ["list", "detect", "show claude", "set-default claude"])
def test_a_file_that_is_wrong_is_named(world: Any, home: Path, command: str) -> None:
    (home / presets.FILE).write_text('{"custom_runtimes": {"mine": {"command": 3}}}')
    ran = world.run("runtime", *command.split())
    assert ran.code == 1
    assert "custom_runtimes.mine.command in " in ran.err
    assert str(home / presets.FILE) in ran.err


def test_without_a_home_nobody_is_asked(world: Any) -> None:
    world.env = {key: value for key, value in world.env.items() if key != "HOME"}
    assert world.run("runtime", "list").code == 2
