"""A worktree's own folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from thrum import git_place, paths, seat
from thrum.errors import ThrumError

Git = Callable[..., str]


def bare(tmp_path: Path, git: Git) -> Path:
    """A bare repository with Thrum and one commit."""
    git("init", "-q", "seed", cwd=tmp_path)
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=tmp_path / "seed")
    git("clone", "-q", "--bare", "seed", "proj/.bare", cwd=tmp_path)
    (tmp_path / "proj/.git").write_text("gitdir: ./.bare\n")
    (tmp_path / "proj/.bare/thrum").mkdir()
    (tmp_path / "proj/.bare/thrum/config.json").write_text("{}")
    return tmp_path / "proj"


def test_a_worktree_gets_its_redirect(tmp_path: Path, git: Git) -> None:
    proj = bare(tmp_path, git)
    git("worktree", "add", "-q", "-b", "two", "two", cwd=proj)
    seat.take(paths.find(proj / "two", {}))
    redirect = proj / "two/.thrum/redirect"
    assert redirect.read_text() == f"{proj}/.bare/thrum\n"
    before = redirect.stat().st_ino
    seat.take(paths.find(proj / "two", {}))
    assert redirect.stat().st_ino == before
    assert not (proj / ".bare" / git_place.SEATS).exists()


def test_the_host_itself_has_none(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "main", cwd=tmp_path)
    (tmp_path / "main/.thrum").mkdir()
    (tmp_path / "main/.thrum/config.json").write_text("{}")
    seat.take(paths.find(tmp_path / "main", {}))
    assert [each.name for each in (tmp_path / "main/.thrum").iterdir()] == ["config.json"]


def test_the_folder_around_a_bare_repository_is_noted_once(tmp_path: Path, git: Git) -> None:
    proj = bare(tmp_path, git)
    for _ in range(2):
        seat.take(paths.find(proj, {}))
    assert (proj / ".bare" / git_place.SEATS).read_text() == f"{proj}\n"
    inside = git_place.of(proj / ".bare")
    assert inside
    assert list(git_place.worktrees(inside)) == [proj]


def test_within_a_bare_repository_nobody_works(tmp_path: Path, git: Git) -> None:
    place = paths.find(bare(tmp_path, git) / ".bare", {})
    with pytest.raises(ThrumError, match="no agent can work") as refusal:
        seat.take(place)
    assert "git worktree add" in (refusal.value.hint or "")
