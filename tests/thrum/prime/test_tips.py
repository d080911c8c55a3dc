"""Advice where something is not set up."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.prime import tips


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = tmp_path / "shop"
    found.mkdir()
    (found / "CLAUDE.md").write_text("# Shop\n")
    return found


def test_it_is_given_where_claude_is_used_and_knows_nothing(root: Path, tmp_path: Path) -> None:
    for home in (tmp_path, None):
        assert "`thrum setup --runtime claude`" in tips.claude(root, home)


def test_it_is_not_where_nobody_uses_claude(tmp_path: Path) -> None:
    assert tips.claude(tmp_path, tmp_path) == ""


@pytest.mark.parametrize(
    "file",
    [
        "shop/.claude/settings.json",
        "shop/.claude/settings.local.json",
        ".claude/settings.json",
        ".claude/plugins/installed_plugins.json",
    ],
)
def test_it_is_not_where_a_hook_or_plugin_is_there(root: Path, tmp_path: Path, file: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text('{"hooks": "/usr/bin/thrum hook Stop"}')
    assert tips.claude(root, tmp_path) == ""


def test_it_is_not_where_the_block_is_there(root: Path, tmp_path: Path) -> None:
    (root / "CLAUDE.md").write_text("# Shop\n<!-- BEGIN THRUM -->\nx\n<!-- END THRUM -->\n")
    assert tips.claude(root, tmp_path) == ""


def test_what_cannot_be_read_gives_none(root: Path, tmp_path: Path) -> None:
    (root / "CLAUDE.md").write_bytes(b"\xff")
    assert tips.claude(root, tmp_path) == ""
    (root / "CLAUDE.md").unlink()
    (root / "CLAUDE.md").mkdir()
    assert tips.claude(root, tmp_path) == ""
