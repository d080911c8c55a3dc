"""What is named where somebody stands, from the root of the worktree."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from thrum.cli.steps.rooted import rooted


def test_paths_are_told_from_where_one_stands(tmp_path: Path) -> None:
    top = tmp_path / "top"
    (top / "app" / "[id]").mkdir(parents=True)
    (top / "app" / "a:b").write_text("")
    (tmp_path / "link").symlink_to(top)
    here = SimpleNamespace(toplevel=top, start=tmp_path / "link" / "app")
    said = ["[id]", "[ab]", "x.py", "task:1", "a:b", f"{top}/app/x", f"{tmp_path}/link/y", "/etc"]
    wanted = [r"\[id\]", "[ab]", "x.py", "task:1", "./a:b", "x", "../y", "/etc"]
    assert rooted(here, [*said, "*" * 5000]) == ("app", [*wanted, "*" * 5000])  # type: ignore[arg-type]
    at_top = SimpleNamespace(toplevel=top, start=top)
    assert rooted(at_top, ["app"]) == ("", ["app"])  # type: ignore[arg-type]
    (top / "short").symlink_to("app")
    (top / "out").symlink_to(tmp_path)
    said = ["short/[id]", "short/a:b", "short", "short/../app", "out/link", "short/n*"]
    wanted = [r"app/\[id\]", "./app/a:b", "short", "short/../app", "out/link", "short/n*"]
    assert rooted(at_top, [*said, "/a\0/b"]) == ("", [*wanted, "/a\0/b"])  # type: ignore[arg-type]
    nowhere = SimpleNamespace(toplevel=None, start=tmp_path)
    assert rooted(nowhere, ["app"]) == ("", ["app"])  # type: ignore[arg-type]
