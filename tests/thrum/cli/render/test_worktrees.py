"""How worktrees are shown."""

from __future__ import annotations

from typing import Any

from thrum.cli.render.worktrees import worktrees

ROWS: list[dict[str, Any]] = [
    {"path": "/src/shop", "branch": "main", "head": "92fbde6"},
    {
        "path": "/home/t/.thrum/worktrees/shop/nux",
        "branch": "feature/nux",
        "head": "92fbde6",
        "agent": "nux",
        "status": "idle",
        "locked": True,
    },
    {"path": "/w/\x1b[31m\u202e", "branch": "", "head": "", "gone": "its folder is gone"},
]


def test_for_programs_and_for_people() -> None:
    assert worktrees(ROWS, is_plain=True, columns=80).splitlines()[:2] == [
        "/src/shop main 92fbde6",
        "/home/t/.thrum/worktrees/shop/nux feature/nux 92fbde6 @nux idle locked",
    ]
    for columns in (40, 60, 80, 200):
        lines = worktrees(ROWS, is_plain=False, columns=columns).splitlines()
        assert len(lines) == 4
        assert all(len(line) <= columns for line in lines)
    assert "WORKTREE" in lines[0]
    assert "NOTE" in lines[0]


def test_nothing_moves_the_cursor() -> None:
    text = worktrees(ROWS, is_plain=True, columns=80)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "(no branch)" in text
