"""A plugin of ours is seen where the runtime would load it, and nothing else is taken for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from thrum.runtimes import registry
from thrum.runtimes.contract import Scope, Where
from thrum.setup import presence

CLAUDE, CODEX = registry.adapter("claude"), registry.adapter("codex")


def where(place: Path, **env: str) -> Where:
    return Where(Scope.USER, place / "tree", place / "home", env, place / "thrum")


def enabled(file: Path, **plugins: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    named = {name.replace("_", "@"): value for name, value in plugins.items()}
    file.write_text(json.dumps({"enabledPlugins": named}))


def test_nothing_is_there(tmp_path: Path) -> None:
    assert presence.plugin(where(tmp_path), CLAUDE) == ""
    assert presence.plugin(where(tmp_path), CODEX) == ""


@pytest.mark.parametrize(
    "file",
    [
        "home/.claude/settings.json",
        "tree/.claude/settings.json",
        "tree/.claude/settings.local.json",
    ],
)
def test_claude_has_it_where_any_of_its_settings_say_so(tmp_path: Path, file: str) -> None:
    enabled(tmp_path / file, other_shop=True, thrum_market=True)
    assert presence.plugin(where(tmp_path), CLAUDE) == "thrum@market"
    assert presence.plugin(where(tmp_path), CODEX) == ""


@pytest.mark.parametrize("value", [False, None, 0, "yes", []])
def test_one_that_is_not_in_use_does_not_count(tmp_path: Path, value: object) -> None:
    enabled(tmp_path / "home/.claude/settings.json", thrum_market=value)
    assert presence.plugin(where(tmp_path), CLAUDE) == ""


def test_the_work_tree_may_turn_off_what_the_person_has(tmp_path: Path) -> None:
    enabled(tmp_path / "home/.claude/settings.json", thrum_market=True)
    enabled(tmp_path / "tree/.claude/settings.local.json", thrum_market=False)
    assert presence.plugin(where(tmp_path), CLAUDE) == ""


@pytest.mark.parametrize("name", ["thrumming@shop", "not-thrum@thrum", "Thrum@shop", "@thrum"])
def test_anothers_plugin_is_not_ours(tmp_path: Path, name: str) -> None:
    file = tmp_path / "home/.claude/settings.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"enabledPlugins": {name: True}}))
    assert presence.plugin(where(tmp_path), CLAUDE) == ""


@pytest.mark.parametrize("text", ["{", "[]", '{"enabledPlugins": []}', "", "\x00"])
def test_settings_that_say_nothing_are_no_trouble(tmp_path: Path, text: str) -> None:
    file = tmp_path / "home/.claude/settings.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert presence.plugin(where(tmp_path), CLAUDE) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[plugins."thrum@thrum"]\nenabled = true\n', "thrum@thrum"),
        ('[plugins."thrum@thrum"]\n', "thrum@thrum"),
        ('[plugins."thrum@thrum"]\nenabled = false\n', ""),
        ('[plugins."other@thrum"]\nenabled = true\n', ""),
        ('[marketplaces.thrum]\nsource = "/x"\n', ""),
        ("plugins = 3\n", ""),
        ("plugins = \n", ""),
    ],
)
@pytest.mark.parametrize("variable", ["", "CODEX_HOME"])
def test_codex_says_it_in_its_configuration(
    tmp_path: Path, text: str, found: str, variable: str
) -> None:
    folder = tmp_path / ("elsewhere" if variable else "home/.codex")
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(text)
    env = {variable: str(folder)} if variable else {}
    assert presence.plugin(where(tmp_path, **env), CODEX) == found


def test_who_has_no_plugins_has_none_of_ours(tmp_path: Path) -> None:
    for adapter in registry.every():
        assert presence.plugin(where(tmp_path), adapter) == ""
