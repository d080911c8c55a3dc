"""What git's small files about worktrees say."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Format, LogError, attach, linkage
from gitstore.linkage import Health

Git = Callable[..., str]
FORMAT = Format()


@pytest.fixture
def common(tmp_path: Path, git: Git) -> Path:
    git("init", "-q", "-b", "main", "one", cwd=tmp_path)
    attach(tmp_path / "one")
    return tmp_path / "one" / ".git"


@pytest.fixture
def made(common: Path) -> linkage.Linkage:
    return linkage.make(common, FORMAT)


def test_git_lists_what_was_made(common: Path, made: linkage.Linkage, git: Git) -> None:
    assert made.health is Health.SOUND
    listed = git("worktree", "list", "--porcelain", cwd=common)
    assert f"worktree {made.folder}\n" in listed
    assert "branch refs/heads/a-sync" in listed
    assert "prunable" not in listed
    assert git("rev-parse", "--abbrev-ref", "HEAD", cwd=made.folder) == "a-sync\n"
    assert made.folder.parent.stat().st_mode & 0o007 == 0
    assert linkage.make(common, FORMAT) == made


def test_relative_paths_are_understood(common: Path, made: linkage.Linkage) -> None:
    assert made.admin
    (made.folder / ".git").write_text(f"gitdir: {os.path.relpath(made.admin, made.folder)}\n")
    marker = os.path.relpath(made.folder / ".git", made.admin)
    (made.admin / "gitdir").write_text(f"{marker}\n")
    assert linkage.find(common, FORMAT).health is Health.SOUND


@pytest.mark.parametrize("text", ["", "gitdir:", "nonsense", "gitdir: \0", "\xff\xfe"])
def test_a_git_file_that_says_nothing_is_none(
    common: Path, made: linkage.Linkage, text: str
) -> None:
    (made.folder / ".git").write_text(text, encoding="latin-1")
    assert linkage.find(common, FORMAT).health is Health.UNREGISTERED


def test_a_repository_that_moved_is_linked_anew(
    tmp_path: Path, common: Path, made: linkage.Linkage, git: Git
) -> None:
    common.parent.rename(tmp_path / "two")
    moved = tmp_path / "two" / ".git"
    assert linkage.find(moved, FORMAT).health is Health.ELSEWHERE
    assert linkage.make(moved, FORMAT).health is Health.SOUND
    assert git("worktree", "list", cwd=moved).count("a-sync]") == 1
    assert [path.name for path in (moved / "worktrees").iterdir()] == ["a-sync"]


def test_a_name_that_is_taken_is_left_alone(common: Path, tmp_path: Path, git: Git) -> None:
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=common.parent)
    git("worktree", "add", "-q", "-b", "mine", str(tmp_path / "a-sync"), cwd=common.parent)
    found = linkage.make(common, FORMAT)
    assert found.admin
    assert found.admin.name == "a-sync1"
    assert git("rev-parse", "--abbrev-ref", "HEAD", cwd=tmp_path / "a-sync") == "mine\n"
    linkage.unlink(common, FORMAT, found)
    assert git("worktree", "list", cwd=common.parent).count("\n") == 2


def test_the_main_checkout_on_the_branch_is_named(common: Path, git: Git) -> None:
    git("switch", "-q", "a-sync", cwd=common.parent)
    assert linkage.other_checkouts(common, FORMAT) == [common.parent]
    with pytest.raises(LogError, match="checked out in"):
        linkage.make(common, FORMAT)


def test_a_folder_with_something_in_it_stays(common: Path, made: linkage.Linkage) -> None:
    (made.folder / "mine").touch()
    with pytest.raises(OSError, match="still there"):
        linkage.unlink(common, FORMAT, made)
    assert linkage.find(common, FORMAT).health is Health.SOUND
