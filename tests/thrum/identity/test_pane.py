"""Which tmux pane this shell is in."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.identity import pane


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell in a pane, with a tmux that says which."""
    program = tmp_path / "tmux"
    program.write_text(
        '#!/bin/sh\n[ "$1" = has-session ] && { [ "$3" = =a-b_c ]; exit; }\n'
        '[ "$4" = %7 ] && echo "a-b_c:1.2"\n'
    )
    program.chmod(0o700)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin", "TMUX": "/tmp/s,1,0", "TMUX_PANE": "%7"}


def test_tmux_says_which_it_is(shell: dict[str, str]) -> None:
    assert pane.current(shell) == "a-b_c:1.2"


@pytest.mark.parametrize(
    "changed",
    [{"TMUX": ""}, {"TMUX_PANE": ""}, {"TMUX_PANE": "%8"}, {"PATH": "/nowhere"}],
    ids=str,
)
def test_without_an_answer_it_is_none(shell: dict[str, str], changed: dict[str, str]) -> None:
    assert pane.current(shell | changed) == ""
    assert pane.of_worktree(shell | changed, Path("/src/a.b_c")) == ""


def test_only_a_session_of_the_worktrees_name_is_the_worktrees(shell: dict[str, str]) -> None:
    assert pane.of_worktree(shell, Path("/src/a.b_c")) == "a-b_c:1.2"
    for other in ("/src/a", "/src/a.b_c.d", "/src/A.b_c", "/"):
        assert pane.of_worktree(shell, Path(other)) == ""


def test_whether_a_session_is_there(shell: dict[str, str]) -> None:
    assert pane.exists(shell, "a-b_c:0.0")
    assert not pane.exists(shell, "a-b:0.0")
    assert not pane.exists(shell | {"PATH": "/nowhere"}, "a-b_c:0.0")
