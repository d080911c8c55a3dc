"""Where files of other programs come back to."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.backup.plugins import origin


@pytest.mark.parametrize(
    "inside",
    ["", "../x", "a/../../x", ".git/hooks/post-checkout", "sub/.GIT/config", "/etc/x", "out/x"],
)
def test_nothing_is_put_into_git_or_elsewhere(tmp_path: Path, inside: str) -> None:
    (tmp_path / "out").symlink_to("/tmp")
    assert origin(f"plugins/p/{inside}", tmp_path) is None


def test_a_file_goes_where_it_was(tmp_path: Path) -> None:
    assert origin("plugins/p/notes/a.md", tmp_path) == tmp_path / "notes/a.md"
