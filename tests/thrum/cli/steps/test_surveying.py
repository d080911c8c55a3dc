"""All runtimes of a person, for commands that tell of them beside other things."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from thrum.cli.steps import surveying
from thrum.runtimes import presets, registry

MINE = {"command": "my-tool --chat", "mcp_config_path": ".mine/mcp.json"}


@pytest.fixture
def person(world: Any) -> Any:
    """Somebody with a runtime of their own."""
    write(world, json.dumps({"custom_runtimes": {"mine": MINE, "codex": {"command": "codex -x"}}}))
    return world


def write(world: Any, text: str) -> None:
    path = Path(world.env["HOME"]) / presets.FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def names(context: Any) -> list[str]:
    return [adapter.name for adapter in surveying.every(context)]


def test_the_persons_stand_behind_ours(person: Any) -> None:
    context = person.context([])
    assert names(context) == [*registry.MODULES, "mine"]
    found = {adapter.name: adapter.command for adapter in surveying.every(context)}
    assert found["codex"] == ("codex", "-x")


def test_where_nobody_knows_theirs_there_are_ours(world: Any) -> None:
    assert names(world.context([])) == [*registry.MODULES]
    del world.env["HOME"]
    assert names(world.context([])) == [*registry.MODULES]


@pytest.mark.parametrize("text", ["{", "[]", '{"custom_runtimes": 3}', '{"default_runtime": 1}'])
def test_a_wrong_file_is_told_and_stops_nobody(world: Any, text: str) -> None:
    write(world, text)
    context = world.context([])
    assert names(context) == [*registry.MODULES]
    assert str(presets.FILE) in context.stderr.getvalue()


def test_signs_of_theirs_count_after_those_of_ours(person: Any) -> None:
    assert surveying.used_here(person.context([])) == ""
    (person.root / ".mine").mkdir()
    (person.root / ".mine/mcp.json").touch()
    assert surveying.used_here(person.context([])) == "mine"
    (person.root / ".qwen").mkdir()
    assert surveying.used_here(person.context([])) == "qwen"


def test_every_command_that_tells_of_runtimes_tells_of_theirs(person: Any) -> None:
    (person.root / ".mine").mkdir()
    (person.root / ".mine/mcp.json").touch()
    asked = ("runtime list", "runtime detect", "config show", "prime", "setup status")
    for line in asked:
        more = ["--runtime", "mine"] if line == "setup status" else []
        ran = person.run(*line.split(), *more, "--json")
        assert ran.code == 0, (line, ran.err)
        assert '"mine"' in ran.out, line


def test_a_wrong_file_stops_only_who_asks_for_runtimes(world: Any) -> None:
    write(world, "{")
    for line, code in (
        ("config show", 0),
        ("prime", 0),
        ("setup status", 1),
        ("runtime list", 1),
        ("runtime detect", 1),
    ):
        ran = world.run(*line.split())
        assert (ran.code, ran.err.count("runtimes.json cannot be read")) == (code, 1), line
