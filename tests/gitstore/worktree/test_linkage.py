"""What git's small files about worktrees say."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Format, Health, Linkage
from gitstore.ref import STALE_SECONDS
from gitstore.worktree import linkage

Git = Callable[..., str]
FORMAT = Format()


def test_relative_paths_are_understood(common: Path, made: Linkage) -> None:
    assert made.admin
    (made.folder / ".git").write_text(f"gitdir: {os.path.relpath(made.admin, made.folder)}\n")
    marker = os.path.relpath(made.folder / ".git", made.admin)
    (made.admin / "gitdir").write_text(f"{marker}\n")
    assert linkage.find(common, FORMAT).health is Health.SOUND


@pytest.mark.parametrize("text", ["", "gitdir:", "nonsense", "gitdir: \0", "\xff\xfe"])
def test_a_git_file_that_says_nothing_is_none(common: Path, made: Linkage, text: str) -> None:
    (made.folder / ".git").write_text(text, encoding="latin-1")
    assert linkage.find(common, FORMAT).health is Health.UNREGISTERED


def test_a_lock_is_told_with_its_reason(common: Path, made: Linkage, git: Git) -> None:
    assert not made.is_locked
    git("worktree", "lock", "--reason", "on a stick", str(made.folder), cwd=common)
    found = linkage.find(common)
    assert (found.is_locked, found.lock) == (True, "on a stick")
    assert found.text.endswith("it is locked: on a stick")


def test_only_an_old_lock_of_the_index_was_left_by_a_crash(made: Linkage) -> None:
    assert made.admin
    assert made.index_lock_left(now=1e12) is None
    lock = made.admin / "index.lock"
    lock.touch()
    written = lock.stat().st_mtime
    assert made.index_lock_left(now=written + STALE_SECONDS / 2) is None
    assert made.index_lock_left(now=written + STALE_SECONDS * 2) == lock
    assert Linkage(Health.NONE, made.folder).index_lock_left(now=1e12) is None
