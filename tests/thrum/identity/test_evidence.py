"""What identity files say of a shell, and where that is not enough."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from thrum.identity import files
from thrum.identity.evidence import Evidence, gather
from thrum.identity.process import Process

OLD, NEW = "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"
PROGRAM = Process(42, 1, "claude", "7")
OWNED: dict[str, Any] = {"agent_pid": 42, "agent_pid_started": "7"}


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """A checkout with a linked worktree ``beside`` it."""
    root = tmp_path / "main"
    git = ["git", "-C", str(root), "-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    subprocess.run([*git, "worktree", "add", "-q", str(tmp_path / "beside")], check=True)
    return root


@pytest.fixture
def beside(main: Path) -> Path:
    return main.with_name("beside")


def put(root: Path, name: str, written: str = OLD, **fields: Any) -> None:
    files.write(files.folder(root), name, written, **fields)


def seen(main: Path, standing: Path, *chain: Process) -> Evidence:
    return gather(main, standing, chain)


def test_the_only_agent_of_a_worktree_is_certain(main: Path, beside: Path) -> None:
    put(main, "nux")
    put(beside, "slit")
    deep = main / "a/b"
    deep.mkdir(parents=True)
    for standing in (main, deep):
        found = seen(main, standing)
        assert found.is_certain
        assert found.choose()[:2] == ("nux", "worktree")
    assert seen(main, beside).choose().agent_id == "slit"


def test_of_several_nobody_is_certain_but_the_newest_comes_first(main: Path) -> None:
    put(main, "nux", "2026-01-01T10:00:00+02:00")
    put(main, "slit", "2026-01-01T09:00:00Z")
    found = seen(main, main)
    assert not found.is_certain
    assert found.choose() == ("slit", "worktree", ("nux",), False)
    assert found.choose("nux").agent_id == "nux"
    assert found.choose("furiosa").contradicted


def test_a_process_tells_also_from_another_worktree(main: Path, beside: Path) -> None:
    put(beside, "nux", **OWNED)
    for standing in (main, beside, main.parent):
        found = seen(main, standing, Process(50, 42, "sh", "8"), PROGRAM)
        assert found.is_certain
        assert found.choose()[:2] == ("nux", "pid")
    put(main, "furiosa")
    found = seen(main, main, PROGRAM)
    assert not found.is_certain
    assert found.choose()[:3] == ("nux", "pid", ())


def test_of_one_process_the_agent_at_home_comes_first(main: Path, beside: Path) -> None:
    put(main, "nux", OLD, **OWNED)
    put(beside, "slit", NEW, **OWNED)
    assert seen(main, main, PROGRAM).choose().agent_id == "nux"
    assert seen(main, beside, PROGRAM).choose().agent_id == "slit"
    assert seen(main, main.parent, PROGRAM).choose().agent_id == "slit"


def test_a_copy_speaks_for_nobody_and_makes_the_original_no_less(main: Path, beside: Path) -> None:
    put(main, "nux", worktree=str(main))
    put(beside, "nux", NEW, worktree=str(main))
    assert seen(main, beside).choose().agent_id == ""
    assert not seen(main, beside).is_certain
    found = seen(main, main)
    assert found.choose().agent_id == "nux"
    assert not found.is_certain, "only the daemon knows where it worked"
    file = seen(main, beside).file_of("nux")
    assert file is not None
    assert file.home == main


def test_beside_a_file_that_cannot_be_read_nothing_is_certain(main: Path) -> None:
    put(main, "nux")
    bad = files.folder(main) / "slit.json"
    bad.write_text("{")
    found = seen(main, main)
    assert not found.is_certain
    assert "slit.json cannot be read" in found.refusal(asked=False).message
    assert "slit.json cannot be read" in found.refusal(asked=True).message
    assert found.fault_of("slit") is not None
    assert found.fault_of("nux") is None


def test_outside_of_all_worktrees_no_file_is_here(main: Path, tmp_path: Path) -> None:
    put(main, "nux")
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    put(other, "slit")
    for standing in (tmp_path, other):
        found = seen(main, standing)
        assert (found.here, found.choose().agent_id) == ((), "")
        assert found.fault_of("nux") is None
    assert "thrum quickstart" in (seen(main, tmp_path).refusal(asked=False).hint or "")


def test_what_is_not_known_is_said_with_what_helps(main: Path) -> None:
    put(main, "b")
    put(main, "a")
    unasked = seen(main, main).refusal(asked=False)
    assert "a, b" in unasked.message
    assert "THRUM_NAME" in (unasked.hint or "")
    asked = seen(main, main).refusal(asked=True)
    assert "the daemon knows of no agent" in asked.message


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("names", [["furiosa"], ["furiosa", "nux"]])
def test_agents_that_came_along_with_a_copy_live_where_the_original_is(
    main: Path, beside: Path, names: list[str], asked: bool
) -> None:
    for name in names:
        put(main, name, worktree=str(beside))
    refused = seen(main, main).refusal(asked=asked)
    lives = "furiosa lives" if names == ["furiosa"] else "furiosa, nux live"
    assert f"copies from {beside}, where {lives}" in refused.message
    assert "go on there" in (refused.hint or "")


@pytest.mark.parametrize("worktree", ["", "/nowhere/at/all", "own"])
def test_files_that_were_written_here_are_no_copies(main: Path, worktree: str) -> None:
    """Nor are those of a folder that was moved: where they were written is nothing any more."""
    for name in ("furiosa", "nux"):
        put(main, name, worktree=str(main) if worktree == "own" else worktree)
    for asked in (True, False):
        assert "copies" not in seen(main, main).refusal(asked=asked).message


def test_beside_one_who_lives_here_a_copy_is_one_of_several(main: Path, beside: Path) -> None:
    put(main, "furiosa", worktree=str(beside))
    put(main, "nux", worktree=str(main))
    assert "copies" not in seen(main, main).refusal(asked=False).message
