"""What the program can do is documented, and the generated pages are those of this code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from thrum import config, docs, errors, events
from thrum.cli import speaker
from thrum.cli.table import COMMANDS
from thrum.daemon.services import METHODS
from thrum.identity import guard_modes, guards, process

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", docs.PAGES)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == docs.PAGES[name](), "run `tox -e docs`"


@pytest.mark.parametrize("path", docs.TEXTS, ids=lambda path: path.name)
def test_a_generated_text_of_the_package_is_what_the_code_says(path: Path) -> None:
    assert path.read_text() == docs.TEXTS[path](), "run `tox -e docs`"


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def test_every_command_method_event_key_and_kind_has_its_place() -> None:
    assert [name for name in COMMANDS if f"## `thrum {name}`" not in page("cli.md")] == []
    assert [name for name in METHODS if f"## `{name}`" not in page("rpc.md")] == []
    assert [name for name in events.TYPES if f"## `{name}`" not in page("events.md")] == []
    assert [name for name in config.KEYS if f"`{name}`" not in page("config.md")] == []
    assert [name for name in errors.KINDS if f"`{name}`" not in page("errors.md")] == []


def test_the_page_about_identity_has_the_guards_and_rules_of_the_code() -> None:
    text = page("identity.md")
    assert docs.guards_table() in text
    assert [rule for rule in speaker.RULES if f"`{rule}`" not in text] == []
    assert [mode for mode in guards.MODES if f"`{mode}`" not in text] == []
    assert [name for name in guard_modes.LAYERS.values() if f".thrum/{name}" not in text] == []
    assert [name for name in process.RUNTIMES if f"`{name}`" not in text] == []


def test_every_flag_that_the_code_declares_is_on_the_page_of_commands() -> None:
    text = page("cli.md")
    declared = {
        flag
        for path in (ROOT / "thrum" / "cli").rglob("*.py")
        for flag in re.findall(r'"(--[a-z][a-z-]+)"', path.read_text())
    }
    assert sorted(flag for flag in declared if flag not in text) == []


def test_every_kind_that_the_code_raises_stands_in_the_table() -> None:
    raised = {
        node.args[0].value
        for path in (ROOT / "thrum").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "ThrumError"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert raised <= set(errors.KINDS)


def test_kinds_named_beside_methods_exist() -> None:
    named = {kind for method in METHODS.values() for kind in method.errors}
    assert named <= set(errors.KINDS)


def test_the_pages_say_which_transports_are_listened_on() -> None:
    listened = {path.stem for path in (ROOT / "thrum/daemon/transports").glob("[!_]*.py")}
    assert listened == {"unix", "http", "websocket"}, "say so on both pages"
    assert "comes in by the same address as pages" in " ".join(page("rpc.md").split())
    assert "The Unix socket and one address of this machine are listened on" in page("security.md")


def test_the_readme_names_only_commands_that_exist() -> None:
    typed = re.findall(r"^\$ thrum ([a-z-]+)(?: ([a-z-]+))?", page("../README.md"), re.M)
    assert typed
    for first, second in typed:
        assert first in COMMANDS or f"{first} {second}" in COMMANDS, (first, second)


def test_every_environment_variable_is_documented() -> None:
    read = {
        name
        for path in (ROOT / "thrum").rglob("*.py")
        if path.name not in {"environment.py", "demo.py"}
        for name in re.findall(r"\bTHRUM_[A-Z_]*[A-Z]\b", path.read_text())
    }
    assert sorted(name for name in read if name not in page("config.md")) == []


def test_the_changelog_has_no_section_twice() -> None:
    """As after a merge of one that was ordered anew."""
    lines = (ROOT / "CHANGELOG.md").read_text().splitlines()
    headings = [line for line in lines if line.startswith("#")]
    assert sorted(set(headings)) == sorted(headings)
    entries = [line for line in lines if line.startswith("- ")]
    assert sorted(set(entries)) == sorted(entries)
