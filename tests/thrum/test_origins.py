"""Where each value of the configuration comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from thrum import config, origins
from thrum.errors import ThrumError
from thrum.origins import Setting


def load(tmp_path: Path, tree: Any = None, by_hand: str = "", **env: str) -> config.Config:
    (tmp_path / "config.json").write_text(json.dumps(tree or {}))
    if by_hand:
        (tmp_path / "config.yaml").write_text(by_hand)
    return config.load(tmp_path / "config.json", env)


def test_each_source(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        {"daemon": {"log_level": "debug", "max_connections": 9}, "runtime": {"primary": "codex"}},
        "daemon:\n  log_level: warn\n",
        THRUM_LOCAL="1",
    )
    values = origins.settings(found)
    assert values["daemon.log_level"] == Setting("daemon.log_level", "warn", "config.yaml", "info")
    assert values["daemon.max_connections"].source == "config.json"
    assert values["runtime.primary"][1:3] == ("codex", "config.json")
    assert values["daemon.local_only"][1:3] == (True, "env")
    assert values["project_name"][1:3] == ("", "default")
    assert set(config.KEYS) <= set(values)
    assert origins.overrides(found) == {"THRUM_LOCAL": "1"}


def test_a_short_spelling_counts_where_it_stands(tmp_path: Path) -> None:
    found = load(tmp_path, {"local_only": False}, "local_only: true\n")
    assert origins.settings(found)["daemon.local_only"][1:3] == (True, "config.yaml")


@pytest.mark.parametrize(
    ("env", "value", "source"),
    [
        ({"FIRST": "1"}, "1", "env"),
        ({"SECOND": "2"}, "2", "env"),
        ({"FIRST": " ", "SECOND": "2"}, "2", "env"),
        ({"FIRST": "1", "SECOND": "2"}, "1", "env"),
        ({}, "auto", "default"),
    ],
)
def test_a_variable_of_a_services_key_is_told_as_it_is(
    tmp_path: Path, env: dict[str, str], value: str, source: str
) -> None:
    keys = {"web.port": config.Key(str, "auto", "A port.", "FIRST, SECOND")}
    found = config.load(tmp_path / "config.json", env, keys)
    assert origins.settings(found)["web.port"] == ("web.port", value, source, "auto")


def test_every_variable_of_a_key_can_be_told(tmp_path: Path) -> None:
    for name, key in config.KEYS.items():
        for variable in (each for each in key.env.split(", ") if each):
            values = origins.settings(load(tmp_path, **{variable: "true"}))
            assert values[name] == Setting(name, True, "env", key.default)
    with pytest.raises(ThrumError, match="THRUM_LOCAL_ONLY"):
        origins.settings(load(tmp_path, THRUM_LOCAL_ONLY="maybe"))


def test_what_nobody_knows_is_told_too_and_secrets_are_hidden(tmp_path: Path) -> None:
    tree = {"telegram": {"token": "123:abc", "target": "@nux", "groups": []}, "x": {}}
    values = origins.settings(load(tmp_path, tree))
    assert values["telegram.token"] == Setting("telegram.token", "(hidden)", "config.json")
    assert values["telegram.target"].value == "@nux"
    assert values["telegram.groups"].value == []
    assert values["x"].value == {}
    assert "abc" not in str(values)
