"""Whether a runtime trusts what was set up, by its own files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from thrum.setup import trust


@pytest.mark.parametrize(
    ("projects", "expected"),
    [
        ({"/w/repo": {"hasTrustDialogAccepted": True}}, True),
        ({"/w": {"hasTrustDialogAccepted": True}}, True),
        ({"/w/repo": {"hasTrustDialogAccepted": False}}, False),
        ({"/w/repo": {"hasTrustDialogAccepted": "yes"}}, False),
        ({"/w/repository": {"hasTrustDialogAccepted": True}}, False),
        ({}, False),
        ([], None),
        ({"/w/repo": []}, None),
    ],
)
@pytest.mark.parametrize("elsewhere", [True, False])
def test_claude_trusts_folders(
    tmp_path: Path, projects: object, expected: bool | None, elsewhere: bool
) -> None:
    base = tmp_path / "elsewhere" if elsewhere else tmp_path
    base.mkdir(exist_ok=True)
    (base / ".claude.json").write_text(json.dumps({"projects": projects}))
    env = {"CLAUDE_CONFIG_DIR": str(base)} if elsewhere else {}
    assert trust.trusted("claude", tmp_path, Path("/w/repo"), env) is expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ('[hooks.state."{file}:stop:0:0"]\ntrusted_hash = "sha256:00"\n', True),
        ('[hooks.state."{file}:stop:0:0"]\nenabled = true\n', False),
        ('[hooks.state."/other/hooks.json:stop:0:0"]\ntrusted_hash = "sha256:00"\n', False),
        ("", False),
        ("hooks = 1\n", None),
        ("[", None),
    ],
)
def test_codex_trusts_hashes(tmp_path: Path, state: str, expected: bool | None) -> None:
    folder = tmp_path / ".codex"
    folder.mkdir()
    text = state.replace("{file}", str(folder / "hooks.json"))
    (folder / "config.toml").write_text(text)
    assert trust.trusted("codex", tmp_path, Path("/w"), {}) is expected


def test_of_others_nothing_is_known(tmp_path: Path) -> None:
    for runtime in ("claude", "codex", "gemini", "anything"):
        assert trust.trusted(runtime, tmp_path, Path("/w"), {}) is None
