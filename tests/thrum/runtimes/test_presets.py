"""Runtimes of a person, and the file that other programs read as well."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from thrum.errors import ThrumError
from thrum.runtimes import presets, registry
from thrum.runtimes.contract import Part, Scope, Where

MINE = {
    "display_name": "My Tool",
    "command": "my-tool --chat 'two words'",
    "mcp_supported": True,
    "hooks_supported": False,
    "instructions_file": "MINE.md",
    "mcp_config_path": ".mine/mcp.json",
    "setup_notes": "Log in once.",
}
KEYS = {
    "name": str,
    "display_name": str,
    "command": str,
    "mcp_supported": bool,
    "hooks_supported": bool,
    "instructions_file": str,
    "mcp_config_path": str,
    "setup_notes": str,
    "has_session_start_hook": bool,
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".thrum").mkdir()
    return tmp_path


def put(home: Path, document: Any) -> Path:
    path = home / presets.FILE
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_without_a_file_there_are_ours(tmp_path: Path) -> None:
    found = presets.read(tmp_path)
    assert found.every() == list(registry.every())
    assert (found.default, found.find("kiro").name) == ("", "kiro-cli")


@pytest.mark.parametrize("adapter", registry.every(), ids=lambda each: each.name)
def test_a_preset_has_the_keys_of_the_file(adapter: Any) -> None:
    said = presets.preset(adapter)
    assert {key: type(value) for key, value in said.items()} == KEYS
    assert not Path(said["mcp_config_path"]).is_absolute()


def test_one_of_a_person(home: Path) -> None:
    put(home, {"default_runtime": "mine", "custom_runtimes": {"mine": MINE}})
    found = presets.read(home)
    mine = found.find("mine")
    assert found.default == "mine"
    assert [each.name for each in found.every()] == [*registry.MODULES, "mine"]
    assert (mine.title, mine.command) == ("My Tool", ("my-tool", "--chat", "two words"))
    assert (mine.instructions, mine.has_mcp, mine.hooks) == ("MINE.md", True, ())
    assert mine.confirm == ("Log in once.",)


def test_one_takes_the_place_of_ours_and_keeps_what_it_does_not_say(home: Path) -> None:
    put(home, {"custom_runtimes": {"claude": {"command": "claude --chrome"}}})
    found, ours = presets.read(home).find("claude-code"), registry.adapter("claude")
    assert found.command == ("claude", "--chrome")
    assert (found.hooks, found.title, found.pieces) == (ours.hooks, ours.title, ours.pieces)
    assert [each.name for each in presets.read(home).every()] == list(registry.MODULES)


def test_hooks_may_be_refused(home: Path) -> None:
    put(home, {"custom_runtimes": {"codex": {"hooks_supported": False}}})
    found = presets.read(home).find("codex")
    assert (found.hooks, found.reaches) == ((), {})
    where = Where(Scope.USER, home, home, {}, home / "thrum")
    assert {piece.part for piece in found.pieces(where)} == {Part.MCP}


def test_a_server_may_be_refused(home: Path) -> None:
    put(home, {"custom_runtimes": {"gemini": {"mcp_supported": False}}})
    found = presets.read(home).find("gemini")
    where = Where(Scope.USER, home, home, {}, home / "thrum")
    assert {piece.part for piece in found.pieces(where)} == {Part.HOOKS}
    assert found.hooks


@pytest.mark.parametrize("file", ["/etc/motd", "~/.gemini/instructions.md", "../x.md", "a/../../b"])
def test_an_instruction_file_elsewhere_is_none_that_setup_writes(home: Path, file: str) -> None:
    put(home, {"custom_runtimes": {"mine": {**MINE, "instructions_file": file}}})
    assert presets.read(home).find("mine").instructions == ""


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ({"default_runtime": 3}, "default_runtime"),
        ({"custom_runtimes": []}, "custom_runtimes"),
        ({"custom_runtimes": {"My Tool": MINE}}, "custom_runtimes.My Tool"),
        ({"custom_runtimes": {"": MINE}}, "custom_runtimes."),
        ({"custom_runtimes": {"../x": MINE}}, "custom_runtimes.../x"),
        ({"custom_runtimes": {"mine": "x"}}, "custom_runtimes.mine"),
        ({"custom_runtimes": {"mine": {}}}, "custom_runtimes.mine.command"),
        ({"custom_runtimes": {"mine": {**MINE, "command": " "}}}, "custom_runtimes.mine.command"),
        (
            {"custom_runtimes": {"mine": {**MINE, "command": "a 'b"}}},
            "custom_runtimes.mine.command",
        ),
        ({"custom_runtimes": {"mine": {**MINE, "name": "x"}}}, "custom_runtimes.mine.name"),
        *(
            ({"custom_runtimes": {"mine": {**MINE, key: 7}}}, f"custom_runtimes.mine.{key}")
            for key in KEYS
        ),
    ],
)
def test_a_wrong_file_is_named_with_the_key(home: Path, document: Any, key: str) -> None:
    path = put(home, document)
    with pytest.raises(ThrumError) as refused:
        presets.read(home)
    assert refused.value.kind == "config"
    assert str(path) in refused.value.message
    assert key in refused.value.message


def test_what_a_newer_program_wrote_stays(home: Path) -> None:
    document = {"custom_runtimes": {"mine": {**MINE, "colour": "red"}}, "else": [1]}
    path = put(home, document)
    assert presets.set_default(home, "mine") == "mine"
    assert json.loads(path.read_text()) == {**document, "default_runtime": "mine"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_default_is_written_once_by_its_proper_name(tmp_path: Path) -> None:
    assert presets.set_default(tmp_path, "Kiro") == "kiro-cli"
    before = (tmp_path / presets.FILE).stat()
    presets.set_default(tmp_path, "kiro-cli")
    after = (tmp_path / presets.FILE).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert presets.read(tmp_path).default == "kiro-cli"


def test_nobody_can_be_made_the_default(tmp_path: Path) -> None:
    with pytest.raises(ThrumError) as refused:
        presets.set_default(tmp_path, "aider")
    assert refused.value.kind == "not_found"
    assert not (tmp_path / presets.FILE).exists()


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("my-tool --chat", "my-tool"),
        ("env A=1 my-tool", "my-tool"),
        ("A=1 /opt/tool/run --x", "/opt/tool/run"),
        ("'two words' x", "two words"),
    ],
)
def test_one_is_seen_by_its_program(home: Path, command: str, program: str) -> None:
    put(home, {"custom_runtimes": {"mine": {"command": command}}})
    found = presets.read(home).find("mine").detection
    assert (found.binaries, found.says, found.markers) == ((program,), (), ())


@pytest.mark.parametrize(
    ("file", "markers"),
    [(".mine/mcp.json", (".mine/mcp.json",)), ("", ()), ("/etc/x", ()), ("../x", ()), ("~/x", ())],
)
def test_one_is_seen_by_its_file_in_a_work_tree(
    home: Path, file: str, markers: tuple[str, ...]
) -> None:
    put(home, {"custom_runtimes": {"mine": {**MINE, "mcp_config_path": file}}})
    assert presets.read(home).find("mine").detection.markers == markers


def test_one_of_ours_with_another_program_is_seen_by_both(home: Path) -> None:
    put(home, {"custom_runtimes": {"claude": {"command": "/opt/Wrapper --chrome"}}})
    found, ours = presets.read(home).find("claude").detection, registry.adapter("claude").detection
    assert found.binaries == ("/opt/Wrapper", *ours.binaries)
    assert found.says == (*ours.says, "wrapper")
    put(home, {"custom_runtimes": {"claude": {"command": "claude --chrome"}}})
    assert presets.read(home).find("claude").detection == ours
