"""Git takes what is registered for a worktree that it made itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Format, Health, Linkage, LogError
from gitstore.worktree import linkage, registration

Git = Callable[..., str]
FORMAT = Format()


def test_git_lists_what_was_made(common: Path, made: Linkage, git: Git) -> None:
    assert made.health is Health.SOUND
    listed = git("worktree", "list", "--porcelain", cwd=common)
    assert f"worktree {made.folder}\n" in listed
    assert "branch refs/heads/a-sync" in listed
    assert "prunable" not in listed
    assert git("rev-parse", "--abbrev-ref", "HEAD", cwd=made.folder) == "a-sync\n"
    assert made.folder.parent.stat().st_mode & 0o007 == 0
    assert registration.make(common, FORMAT) == made


def test_a_repository_that_moved_is_linked_anew(
    tmp_path: Path, common: Path, made: Linkage, git: Git
) -> None:
    common.parent.rename(tmp_path / "two")
    moved = tmp_path / "two" / ".git"
    assert linkage.find(moved, FORMAT).health is Health.ELSEWHERE
    assert registration.make(moved, FORMAT).health is Health.SOUND
    assert git("worktree", "list", cwd=moved).count("a-sync]") == 1
    assert [path.name for path in (moved / "worktrees").iterdir()] == ["a-sync"]


def test_a_name_that_is_taken_is_left_alone(common: Path, tmp_path: Path, git: Git) -> None:
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=common.parent)
    git("worktree", "add", "-q", "-b", "mine", str(tmp_path / "a-sync"), cwd=common.parent)
    found = registration.make(common, FORMAT)
    assert found.admin
    assert found.admin.name == "a-sync1"
    assert git("rev-parse", "--abbrev-ref", "HEAD", cwd=tmp_path / "a-sync") == "mine\n"
    registration.unlink(common, FORMAT, found)
    assert git("worktree", "list", cwd=common.parent).count("\n") == 2


def test_the_main_checkout_on_the_branch_is_named(common: Path, git: Git) -> None:
    git("switch", "-q", "a-sync", cwd=common.parent)
    assert linkage.other_checkouts(common, FORMAT) == [common.parent]
    with pytest.raises(LogError, match="checked out in"):
        registration.make(common, FORMAT)


def test_a_folder_with_something_in_it_stays(common: Path, made: Linkage) -> None:
    (made.folder / "mine").touch()
    with pytest.raises(OSError, match="still there"):
        registration.unlink(common, FORMAT, made)
    assert linkage.find(common, FORMAT).health is Health.SOUND
