"""Gemini and Qwen trust folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from thrum.setup.trust import trusted

YES, ABOVE, NO = "TRUST_FOLDER", "TRUST_PARENT", "DO_NOT_TRUST"
ASKS = {"security": {"folderTrust": {"enabled": True}}}
ASKS_NOT = {"security": {"folderTrust": {"enabled": False}}}


def write(home: Path, runtime: str, *, settings: object = None, rules: object = None) -> None:
    folder = home / f".{runtime}"
    folder.mkdir(exist_ok=True)
    for name, document in (("settings.json", settings), ("trustedFolders.json", rules)):
        if document is not None:
            text = document if isinstance(document, str) else json.dumps(document)
            (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"/w/repo": YES}, True),
        ({"/w": YES}, True),
        ({"/w/other": ABOVE}, True),
        ({"/w/repo": NO}, False),
        ({"/w/repository": YES}, False),
        ({"/w/repo/inner": YES}, False),
        ({}, False),
        ('// mine\n{"/w/repo": "TRUST_FOLDER"}', True),
        ([], None),
        ("{", None),
    ],
)
@pytest.mark.parametrize("runtime", ["gemini", "qwen"])
def test_rules(tmp_path: Path, runtime: str, rules: object, expected: bool | None) -> None:
    write(tmp_path, runtime, settings=ASKS, rules=rules)
    assert trusted(runtime, tmp_path, Path("/w/repo"), {}) is expected


def test_in_gemini_the_longest_rule_counts_and_in_qwen_any_yes(tmp_path: Path) -> None:
    for runtime, expected in (("gemini", False), ("qwen", True)):
        write(tmp_path, runtime, settings=ASKS, rules={"/w": YES, "/w/repo": NO})
        assert trusted(runtime, tmp_path, Path("/w/repo"), {}) is expected


@pytest.mark.parametrize(
    ("settings", "gemini", "qwen"),
    [(None, False, True), ({}, False, True), (ASKS, False, False), (ASKS_NOT, True, True)],
)
def test_who_asks(tmp_path: Path, settings: object, gemini: bool, qwen: bool) -> None:
    for runtime, expected in (("gemini", gemini), ("qwen", qwen)):
        write(tmp_path, runtime, settings=settings)
        assert trusted(runtime, tmp_path, Path("/w/repo"), {}) is expected


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"GEMINI_CLI_TRUST_WORKSPACE": "true"}, True),
        ({"GEMINI_CLI_TRUST_WORKSPACE": "false"}, False),
        ({"GEMINI_RESTRICTED_MODE": "true", "GEMINI_CLI_TRUST_WORKSPACE": "true"}, False),
        ({"GEMINI_CLI_TRUST_WORKSPACE": ""}, False),
    ],
)
def test_variables_of_gemini(tmp_path: Path, env: dict[str, str], expected: bool) -> None:
    write(tmp_path, "gemini", settings=ASKS)
    assert trusted("gemini", tmp_path, Path("/w/repo"), env) is expected


def test_a_variable_names_the_folder_of_qwen(tmp_path: Path) -> None:
    write(tmp_path, "qwen", settings=ASKS, rules={"/w/repo": YES})
    env = {"QWEN_HOME": str(tmp_path / ".qwen")}
    assert trusted("qwen", tmp_path / "elsewhere", Path("/w/repo"), env) is True


@pytest.mark.parametrize("runtime", ["gemini", "qwen"])
def test_links_lead_to_the_same_folder(tmp_path: Path, runtime: str) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path, runtime, settings=ASKS, rules={str(tmp_path / "real"): YES})
    assert trusted(runtime, tmp_path, tmp_path / "link", {}) is True
