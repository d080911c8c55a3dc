"""Claude Code trusts folders, and is asked about the servers of a project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from thrum.setup.trust import trusted

YES = {"hasTrustDialogAccepted": True}
OURS = {"mcpServers": {"thrum": {"command": "/h/.thrum/bin/thrum", "args": ["mcp", "serve"]}}}


def write(file: Path, document: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(document if isinstance(document, str) else json.dumps(document))


@pytest.mark.parametrize(
    ("projects", "expected"),
    [
        ({"/w/repo": YES}, True),
        ({"/w": YES}, True),
        ({"/w/repo": {"hasTrustDialogAccepted": False}}, False),
        ({"/w/repo": {"hasTrustDialogAccepted": "yes"}}, False),
        ({"/w/repository": YES}, False),
        ({}, False),
        ([], None),
        ({"/w/repo": []}, None),
    ],
)
@pytest.mark.parametrize("elsewhere", [True, False])
def test_folders(tmp_path: Path, projects: object, expected: bool | None, elsewhere: bool) -> None:
    base = tmp_path / "elsewhere" if elsewhere else tmp_path
    write(base / ".claude.json", {"projects": projects})
    env = {"CLAUDE_CONFIG_DIR": str(base)} if elsewhere else {}
    assert trusted("claude", tmp_path, Path("/w/repo"), env) is expected


def test_who_never_ran_it_was_not_asked_yet(tmp_path: Path) -> None:
    assert trusted("claude", tmp_path, Path("/w/repo"), {}) is False


@pytest.mark.parametrize("text", ["{", "[]", "\xff", '{"projects": 1}'])
def test_of_what_cannot_be_understood_nothing_is_known(tmp_path: Path, text: str) -> None:
    (tmp_path / ".claude.json").write_bytes(text.encode("latin-1"))
    assert trusted("claude", tmp_path, Path("/w/repo"), {}) is None


def test_a_linked_work_tree_goes_by_the_name_of_the_main_one(
    tmp_path: Path, trees: tuple[Path, Path]
) -> None:
    main, linked = trees
    write(tmp_path / ".claude.json", {"projects": {str(linked.parent / "other"): YES}})
    assert trusted("claude", tmp_path, linked, {}) is False
    write(tmp_path / ".claude.json", {"projects": {str(main): YES}})
    assert trusted("claude", tmp_path, linked, {}) is True


@pytest.mark.parametrize(
    ("file", "says", "expected"),
    [
        ("work/.claude/settings.local.json", {"enabledMcpjsonServers": ["thrum"]}, True),
        ("work/.claude/settings.json", {"enabledMcpjsonServers": ["other", "thrum"]}, True),
        ("home/.claude/settings.json", {"enableAllProjectMcpServers": True}, True),
        ("work/.claude/settings.local.json", {"enabledMcpjsonServers": ["other"]}, False),
        ("work/.claude/settings.local.json", {"enableAllProjectMcpServers": "yes"}, False),
        (
            "work/.claude/settings.local.json",
            {"enableAllProjectMcpServers": True, "disabledMcpjsonServers": ["thrum"]},
            False,
        ),
        ("work/.claude/settings.local.json", {}, False),
        ("work/.claude/settings.local.json", "[", None),
    ],
)
def test_servers_of_a_project(
    tmp_path: Path, file: str, says: object, expected: bool | None
) -> None:
    home, root = tmp_path / "home", tmp_path / "work"
    write(home / ".claude.json", {"projects": {str(root): YES}})
    write(root / ".mcp.json", OURS)
    write(tmp_path / file, says)
    assert trusted("claude", home, root, {}) is expected


def test_an_older_version_answered_in_its_own_file(tmp_path: Path) -> None:
    root = tmp_path / "work"
    project = {**YES, "enabledMcpjsonServers": ["thrum"]}
    write(tmp_path / ".claude.json", {"projects": {str(root): project}})
    write(root / ".mcp.json", OURS)
    assert trusted("claude", tmp_path, root, {}) is True


@pytest.mark.parametrize(
    ("person", "project"),
    [({}, {"mcpServers": {"x": {"command": "/x"}}}), (OURS, OURS), ({}, {"mcpServers": {}})],
    ids=["another's server", "ours for the person too", "none"],
)
def test_nobody_is_asked_about_other_servers(tmp_path: Path, person: Any, project: Any) -> None:
    root = tmp_path / "work"
    write(tmp_path / ".claude.json", {**person, "projects": {str(root): YES}})
    write(root / ".mcp.json", project)
    assert trusted("claude", tmp_path, root, {}) is True
