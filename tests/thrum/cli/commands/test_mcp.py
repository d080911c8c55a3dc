"""What runtimes are told of the server, shown and written; the server has tests of its own."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from thrum.mcp import catalogue
from thrum.runtimes import registry
from thrum.runtimes.contract import Adapter, Scope
from thrum.setup import launcher

SERVERS = [each.name for each in registry.every() if each.has_mcp]


@pytest.mark.parametrize("scope", [scope.value for scope in Scope])
def test_each_runtime_is_shown_where_it_is_told_of_the_server(world: Any, scope: str) -> None:
    home = Path(world.env["HOME"])
    found = world.run("mcp", "config", "--scope", scope, "--json").document["clients"]
    assert {each["runtime"] for each in found} == set(SERVERS)
    for each in found:
        path = Path(each["path"])
        assert path.is_relative_to(world.root if scope == "project" else home)
        assert not path.exists()
        assert str(home / launcher.PLACE) in each["text"]
        assert json.loads(each["text"]) if path.suffix == ".json" else each["text"]
        adapter = registry.adapter(each["runtime"])
        assert each["call_seconds"] == adapter.mcp_seconds
        assert each["start_seconds"] == adapter.mcp_start_seconds


@pytest.mark.parametrize("runtime", SERVERS)
def test_what_is_shown_is_what_is_written_into_an_empty_file(world: Any, runtime: str) -> None:
    (shown, *_) = world.run("mcp", "config", runtime, "--json").document["clients"]
    said = world.run("mcp", "config", runtime).out
    assert shown["text"] in said
    for words, seconds in (("to begin", "start_seconds"), ("may last", "call_seconds")):
        assert (words in said.splitlines()[0]) == bool(shown[seconds])
    assert world.run("mcp", "config", runtime, "--apply").code == 0
    assert Path(shown["path"]).read_text() == shown["text"]
    assert (Path(world.env["HOME"]) / launcher.PLACE).exists()
    again = world.run("mcp", "config", runtime, "--apply")
    assert "as it should be" in again.out


def test_what_stands_in_the_file_stays_and_setup_takes_out_what_came(world: Any) -> None:
    """In a file with comments, another server and settings; nothing but servers is written."""
    path = Path(world.env["HOME"]) / ".codex" / "config.toml"
    path.parent.mkdir()
    before = '# mine\nmodel = "m"  # keep\n\n[mcp_servers.other]\ncommand = "x"\n'
    path.write_text(before)
    assert world.run("mcp", "config", "codex", "--apply").code == 0
    text = path.read_text()
    assert text.startswith(before)
    servers = tomllib.loads(text)["mcp_servers"]
    assert set(servers) == {"other", "thrum"}
    assert not path.with_name("hooks.json").exists()
    assert world.run("setup", "remove", "--runtime", "codex").code == 0
    assert path.read_text() == before


def test_whose_settings_nobody_knows_is_shown_what_most_take(world: Any) -> None:
    home = Path(world.env["HOME"])
    (home / ".thrum").mkdir()
    mine = {"command": "my-tool", "display_name": "My Tool", "mcp_supported": True}
    (home / ".thrum/runtimes.json").write_text(json.dumps({"custom_runtimes": {"mine": mine}}))
    (shown,) = world.run("mcp", "config", "mine", "--json").document["clients"]
    assert (shown["runtime"], shown["path"]) == ("mine", "")
    server = json.loads(shown["text"])["mcpServers"]["thrum"]
    assert server == {"command": str(home / launcher.PLACE), "args": ["mcp", "serve"]}
    assert "# My Tool: its settings, in the form that most" in world.run("mcp", "config").out
    ran = world.run("mcp", "config", "mine", "--apply")
    assert (ran.code, "nobody knows the settings of My Tool" in ran.err) == (2, True)
    assert not (home / launcher.PLACE).exists()


@pytest.mark.parametrize("text", ["{", "[1]", '{"mcpServers": []}', '{"a": 1, "a": }'])
def test_a_file_that_cannot_be_read_is_left_alone_and_named(world: Any, text: str) -> None:
    path = world.root / ".mcp.json"
    path.write_text(text)
    ran = world.run("mcp", "config", "claude", "--scope", "project", "--apply")
    assert ran.code == 1
    assert str(path) in ran.err
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--apply"], "needs a runtime"),
        (["cloude"], "did you mean claude"),
        (["claude", "--scope", "team"], "--scope is"),
    ],
)
def test_what_cannot_be_meant_is_refused(world: Any, argv: list[str], words: str) -> None:
    ran = world.run("mcp", "config", *argv)
    assert ran.code != 0
    assert words in ran.err


@pytest.mark.parametrize("runtime", [each for each in registry.every() if each.mcp_seconds])
def test_the_page_about_the_server_says_how_long_a_call_may_last(runtime: Adapter) -> None:
    page = (Path(__file__).parents[4] / "docs" / "mcp.md").read_text()
    start = f"{runtime.mcp_start_seconds} s" if runtime.mcp_start_seconds else "its own"
    assert f"| {runtime.title} | {start} | {runtime.mcp_seconds} s |" in page


CUT_SHORT = {"kiro-cli"}
"""Runtimes that end a call before the longest wait for mail, whatever we write."""


@pytest.mark.parametrize("runtime", [each for each in registry.every() if each.mcp_seconds])
def test_a_wait_ends_before_its_runtime_gives_up(runtime: Adapter) -> None:
    """One that ended at the same time would be cut off where its answer is on its way."""
    is_long_enough = runtime.mcp_seconds >= catalogue.LONGEST_S + 20
    assert is_long_enough != (runtime.name in CUT_SHORT)
