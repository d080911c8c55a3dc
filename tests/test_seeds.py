"""What is written is what git makes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import seeds


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    who = dict.fromkeys(seeds._WHO, "t@example.org")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, **who, "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}


def files(root: Path) -> Iterator[tuple[str, int, bytes]]:
    """All but what has a time of its own."""
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and "/logs/" not in name and "/objects/" not in name:
            yield name, path.stat().st_mode, path.read_bytes()


def git(env: dict[str, str], cwd: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=cwd, env=env, check=True, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_a_repository_is_whole_and_nothing_is_changed_there(
    tmp_path: Path, env: dict[str, str]
) -> None:
    for number in range(2):
        root = tmp_path / f"r{number}"
        seeds.begin(root, env, "says", {"a.txt": "a\n"})
        assert git(env, root, "status", "--porcelain") == ""
        assert git(env, root, "diff-files") == ""
        assert git(env, root, "log", "--format=%s %ae", "main") == "says t@example.org\n"
        assert git(env, root, "fsck", "--strict") == ""


def test_a_clone_is_the_one_that_git_makes(tmp_path: Path, env: dict[str, str]) -> None:
    seeds.bare(tmp_path / "remote.git")
    git(env, tmp_path, "init", "-q", "--bare", "-b", "main", "other.git")
    assert [*files(tmp_path / "remote.git")] == [*files(tmp_path / "other.git")]
    assert seeds.clone(tmp_path / "remote.git", tmp_path / "one")
    git(env, tmp_path, "clone", "-q", str(tmp_path / "remote.git"), "two")
    assert [*files(tmp_path / "one")] == [*files(tmp_path / "two")]
    git(env, tmp_path / "one", "commit", "-q", "--allow-empty", "-m", "first")
    git(env, tmp_path / "one", "push", "-q")
    assert git(env, tmp_path / "remote.git", "log", "--format=%s", "main") == "first\n"


def test_where_something_is_there_git_has_to_clone_it(tmp_path: Path, env: dict[str, str]) -> None:
    seeds.bare(tmp_path / "remote.git")
    seeds.begin(tmp_path / "one", env)
    git(env, tmp_path / "one", "push", "-q", str(tmp_path / "remote.git"), "main:refs/heads/a/b")
    assert not seeds.clone(tmp_path / "remote.git", tmp_path / "two")
    assert not (tmp_path / "two").exists()
