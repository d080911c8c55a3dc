"""What each runtime has of us, part by part."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.runtimes import registry
from thrum.runtimes.contract import Part, Scope
from thrum.setup import json_text, status

CLAUDE = registry.adapter("claude")


def parts(person: Any) -> dict[Part, str]:
    grounds = [person.ground(scope) for scope in Scope]
    (found,) = status.of([CLAUDE], grounds)
    return {part: each.state for part, each in found.parts.items()}


def test_each_part_stands_for_itself(person: Any) -> None:
    assert set(parts(person).values()) == {"missing"}
    person.set_up(Scope.USER, CLAUDE)
    assert set(parts(person).values()) == {"ready"}
    settings = person.home / ".claude" / "settings.json"
    text = settings.read_text()
    settings.write_text(text.replace("/bin/thrum hook Stop", "/old/thrum hook Stop"))
    assert parts(person)[Part.HOOKS] == "old"
    assert parts(person)[Part.MCP] == "ready"
    settings.write_text(json_text.put(text, ["statusLine"], {"command": "mine"}))
    assert parts(person)[Part.STATUSLINE] == "blocked"
    assert parts(person)[Part.HOOKS] == "ready"
    settings.write_text("{")
    assert parts(person)[Part.HOOKS] == "blocked"


def test_the_better_of_both_scopes_counts(person: Any) -> None:
    person.set_up(Scope.PROJECT, CLAUDE)
    (found,) = status.of([CLAUDE], [person.ground(scope) for scope in Scope])
    assert {each.scope for each in found.parts.values()} == {Scope.PROJECT}
    assert found.is_set_up
    assert not found.is_here
    (alone,) = status.of([CLAUDE], [person.ground()])
    assert not alone.is_set_up


@pytest.mark.parametrize("name", [each.name for each in registry.every() if each.hooks])
def test_what_several_runtimes_read_says_nothing_of_the_others(person: Any, name: str) -> None:
    person.set_up(Scope.USER, registry.adapter(name))
    person.set_up(Scope.PROJECT, registry.adapter(name))
    found = status.of(registry.every(), [person.ground(scope) for scope in Scope])
    assert [each.adapter.name for each in found if each.is_set_up] == [name]


def test_what_a_plugin_brings_is_there(person: Any) -> None:
    settings = person.home / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"enabledPlugins": {"thrum@thrum": true}}')
    assert parts(person) == {
        Part.HOOKS: "plugin",
        Part.MCP: "plugin",
        Part.SKILL: "plugin",
        Part.STATUSLINE: "missing",
    }
    person.set_up(Scope.USER, CLAUDE)
    assert set(parts(person).values()) == {"ready"}
    settings.write_text('{"enabledPlugins": {"thrum@thrum": false}}')
    assert parts(person)[Part.HOOKS] == "missing"


def test_looking_leaves_nothing(person: Any) -> None:
    before = sorted(person.home.parent.rglob("*"))
    status.of(registry.every(), [person.ground(scope) for scope in Scope])
    assert sorted(person.home.parent.rglob("*")) == before
