"""Which mode each guard has."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from thrum.identity import guard_modes


@pytest.fixture
def thrum_dir(tmp_path: Path) -> Path:
    (tmp_path / "var").mkdir()
    return tmp_path


def put(path: Path, section: Any) -> None:
    path.write_text(json.dumps({"identity_guard": section}))


def test_layers_count_field_by_field(thrum_dir: Path) -> None:
    assert set(guard_modes.read(thrum_dir).modes.values()) == {"strict"}
    put(thrum_dir / "config.json", {"cross_worktree": "warn", "prime_ownership": "off"})
    put(thrum_dir / "var/guard-daemon.json", {"cross_worktree": "off"})
    found = guard_modes.read(thrum_dir)
    assert found.modes["cross_worktree"] == "off"
    assert found.layers["cross_worktree"] == "guard-daemon"
    assert (found.modes["prime_ownership"], found.layers["prime_ownership"]) == ("off", "config")
    assert found.layers["non_git_bootstrap"] == "default"
    assert found.faults == ()
    put(thrum_dir / "var/guard-daemon.json", {})
    assert guard_modes.read(thrum_dir).modes["cross_worktree"] == "warn"


def test_the_settings_written_by_hand_beat_the_others(thrum_dir: Path) -> None:
    put(thrum_dir / "config.json", {"cross_worktree": "off", "prime_ownership": "off"})
    by_hand = thrum_dir / "config.yaml"
    by_hand.write_text("identity_guard:\n  cross_worktree: warn\n")
    found = guard_modes.read(thrum_dir)
    assert (found.modes["cross_worktree"], found.modes["prime_ownership"]) == ("warn", "off")
    assert found.layers["cross_worktree"] == "config.yaml"
    by_hand.write_text("identity_guard: [\n")
    (fault,) = guard_modes.read(thrum_dir).faults
    assert "config.yaml" in fault


def test_a_file_that_is_none_does_not_hold_up_a_guard(thrum_dir: Path) -> None:
    os.mkfifo(thrum_dir / "config.json")
    (fault,) = guard_modes.read(thrum_dir).faults
    assert "no regular file" in fault


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[" * 100_000,
        "[]",
        '{"identity_guard": "off"}',
        '{"identity_guard": {"cross_worktree": "lax"}}',
        '{"identity_guard": {"cross_worktree": ["off"]}}',
        '{"identity_guard": {"cross_worktrees": "off"}}',
        "\ud800",
    ],
)
@pytest.mark.parametrize("name", ["config.json", "var/guard-daemon.json"])
def test_a_bad_file_changes_nothing_and_is_told(thrum_dir: Path, name: str, text: str) -> None:
    (thrum_dir / name).write_bytes(text.encode(errors="surrogatepass"))
    found = guard_modes.read(thrum_dir)
    assert set(found.modes.values()) == {"strict"}
    (fault,) = found.faults
    assert name in fault


def test_the_good_fields_of_a_file_count_beside_a_bad_one(thrum_dir: Path) -> None:
    put(thrum_dir / "config.json", {"cross_worktree": "lax", "prime_ownership": "warn"})
    found = guard_modes.read(thrum_dir)
    assert (found.modes["cross_worktree"], found.modes["prime_ownership"]) == ("strict", "warn")
    assert "'lax'" in found.faults[0]
