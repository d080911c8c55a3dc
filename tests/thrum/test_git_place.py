"""Git's layout, read without git."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from thrum import git_place

Git = Callable[..., str]


def test_git_places_are_read_without_git(tmp_path: Path, git: Git) -> None:
    main = tmp_path / "main ä"
    git("init", "-q", "-b", "trunk", str(main), cwd=tmp_path)
    git("remote", "add", "other", "https://other.example/x.git", cwd=main)
    git("remote", "add", "origin", "git@example.org:a/b.git", cwd=main)
    git("commit", "--allow-empty", "-qm", "x", cwd=main)
    side = tmp_path / "side"
    git("worktree", "add", "-q", "-b", "side", str(side), cwd=main)
    (side / "deep").mkdir()
    place = git_place.find(side / "deep")
    assert place is not None
    assert place.toplevel == side
    assert place.linked
    assert place.main_worktree == main
    assert git_place.branch(place) == "side"
    assert git_place.remote_url(place) == "git@example.org:a/b.git"
    assert list(git_place.worktrees(place)) == [main, side]
    home = git_place.find(main)
    assert home is not None
    assert not home.linked
    assert git_place.find(tmp_path) is None
    assert git("rev-parse", "--show-toplevel", cwd=side / "deep").strip() == str(place.toplevel)


def test_a_worktree_that_is_gone_is_left_out(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "main", cwd=tmp_path)
    git("commit", "--allow-empty", "-qm", "x", cwd=tmp_path / "main")
    git("worktree", "add", "-q", "../side", cwd=tmp_path / "main")
    (tmp_path / "side" / ".git").unlink()
    (tmp_path / "side").rmdir()
    place = git_place.find(tmp_path / "main")
    assert place is not None
    assert list(git_place.worktrees(place)) == [tmp_path / "main"]


def test_a_folder_that_only_has_gits_name_is_walked_past(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "main", cwd=tmp_path)
    (tmp_path / "main/src/.git").mkdir(parents=True)
    found = git_place.find(tmp_path / "main/src")
    assert found is not None
    assert found.toplevel == tmp_path / "main"


@pytest.mark.parametrize("pointer", ["gitdir: loop", "gitdir: a\0b"])
def test_links_that_lead_nowhere_are_no_errors(tmp_path: Path, git: Git, pointer: str) -> None:
    git("init", "-q", "one", cwd=tmp_path)
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "loop").symlink_to("loop")
    (odd / ".git").write_text(pointer)
    git_place.find(odd)
    git_place.find(odd / "loop")
    entry = tmp_path / "one/.git/worktrees/odd"
    entry.mkdir(parents=True)
    (entry / "gitdir").write_text(str(odd / "loop/.git"))
    found = git_place.find(tmp_path / "one")
    assert found
    assert list(git_place.worktrees(found)) == [tmp_path / "one"]


def test_a_submodule_is_a_main_checkout_of_its_own(tmp_path: Path, git: Git) -> None:
    for name in ("outer", "lib"):
        git("init", "-q", name, cwd=tmp_path)
        git("commit", "--allow-empty", "-qm", "x", cwd=tmp_path / name)
    outer = tmp_path / "outer"
    git(
        *("-c", "protocol.file.allow=always", "submodule", "--quiet", "add"),
        *(str(tmp_path / "lib"), "lib"),
        cwd=outer,
    )
    place = git_place.find(outer / "lib")
    assert place is not None
    assert not place.linked
    assert place.main_worktree == outer / "lib"
    assert list(git_place.worktrees(place)) == [outer / "lib"]
