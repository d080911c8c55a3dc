"""``thrum config show`` and ``thrum single-agent-mode``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from thrum.daemon import control


def write(world: Any, tree: Any) -> None:
    (world.root / ".thrum/config.json").write_text(json.dumps(tree))


def test_every_value_says_where_it_comes_from(world: Any) -> None:
    daemon = {"local_only": True, "sync_quick_interval": 9}
    write(world, {"daemon": daemon, "identity": {"daemon_id": "d_1"}, "x": "\x1b[2J"})
    world.env["THRUM_LOCAL"] = "true"
    (world.root / "CLAUDE.md").write_text("")
    (world.root / ".claude").mkdir()
    out = world.run("config", "show").out
    for line in (
        "Thrum Configuration",
        "Runtime",
        "  runtime.primary: - (default)",
        "  detected: claude (auto-detected)",
        "Daemon",
        "  daemon.local_only: true (env)",
        "  daemon.sync_interval: 60 (default)",
        "  daemon.sync_quick_interval: 9 (config.json; default 3)",
        "  status: stopped",
        "Identity",
        "  identity.daemon_id: d_1 (config.json)",
        "Other",
        "  x: \\x1b[2J (config.json)",
        "Overrides (environment)",
        "  THRUM_LOCAL: true",
    ):
        assert line in out.splitlines(), line


def test_the_document(world: Any) -> None:
    write(world, {"runtime": {"primary": "codex"}, "telegram": {"token": "secret"}})
    document = world.run("config", "show", "--json").document
    assert document["config_file"] == str(world.root / ".thrum/config.json")
    assert document["runtime"] == {"primary": "codex", "source": "config.json"}
    daemon = document["daemon"]
    assert daemon["local_only"] == {"value": None, "source": "default", "default": None}
    assert daemon["ws_port"] == {"value": "auto", "source": "default", "default": "auto"}
    assert daemon["status"] == "stopped"
    assert "overrides" not in document
    assert document["identity"]["daemon_id"] == ""
    assert "secret" not in json.dumps(document)


def documented() -> dict[str, Any]:
    """The keys of the page on configuration, with their defaults."""
    page = (Path(__file__).parents[4] / "docs/config.md").read_text()
    rows = re.findall(r"^\| `([a-z_.]+)` \| \w+ \| (.*?) \|", page, re.M)
    return {name: json.loads(default) for name, default in rows}


@pytest.mark.parametrize("tree", [{}, {"daemon": {"sync_interval": 5, "log_level": "warn"}}])
def test_every_documented_key_is_shown_with_its_default(world: Any, tree: Any) -> None:
    assert len(documented()) > 20
    write(world, tree)
    shown = world.run("config", "show", "--json").document["settings"]
    assert {name: each["default"] for name, each in shown.items()} == documented()
    changed = {name for name, each in shown.items() if each["source"] != "default"}
    assert changed == {f"daemon.{name}" for name in tree.get("daemon", {})}
    for name, each in shown.items():
        assert each["source"] == "config.json" or each["value"] == documented()[name]
    lines = [each.strip() for each in world.run("config", "show").out.splitlines()]
    for name in documented():
        assert sum(each.startswith(f"{name}: ") for each in lines) == 1, name


@pytest.mark.parametrize(
    ("health", "shown"),
    [
        ({"local_only": True, "local_only_reason": "THRUM_LOCAL_ONLY says so"}, (True, "flag")),
        ({"local_only": True, "local_only_reason": "strangers can read it"}, (None, "default")),
        ({"local_only": False}, (None, "default")),
        (None, (None, "default")),
    ],
)
def test_a_flag_of_the_daemon_is_told(
    world: Any, monkeypatch: pytest.MonkeyPatch, health: Any, shown: tuple[Any, str]
) -> None:
    running = control.Running(1, str(world.root), "", health)
    monkeypatch.setattr(control, "running", lambda _place: running)
    row = world.run("config", "show", "--json").document["settings"]["daemon.local_only"]
    assert (row["value"], row["source"]) == shown


def test_a_broken_file_is_named(world: Any) -> None:
    (world.root / ".thrum/config.json").write_text("{")
    ran = world.run("config", "show")
    assert ran.code == 1
    assert "config.json" in ran.err


@pytest.mark.parametrize("word", ["true", "on", "1", "YES"])
def test_one_agent_alone_and_no_more(world: Any, word: str) -> None:
    write(world, {"daemon": {"log_level": "debug"}})
    assert world.run("single-agent-mode").out == "single-agent mode is off\n"
    assert world.run("single-agent-mode", word).out == "single-agent mode is on\n"
    kept = json.loads((world.root / ".thrum/config.json").read_text())
    assert kept == {"daemon": {"log_level": "debug", "single_agent_mode": True}}
    assert world.run("single-agent-mode", "--json").document == {"single_agent_mode": True}
    assert world.run("single-agent-mode", "off").out == "single-agent mode is off\n"


def test_another_word_is_refused(world: Any) -> None:
    assert world.run("single-agent-mode", "perhaps").code == 2
    assert (world.root / ".thrum/config.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("written", "shown"), [("kiro", "kiro-cli"), ("Claude-Code", "claude"), ("mine", "mine")]
)
def test_a_runtime_is_shown_by_its_proper_name(world: Any, written: str, shown: str) -> None:
    write(world, {"runtime": {"primary": written}})
    assert world.run("config", "show", "--json").document["runtime"]["primary"] == shown
