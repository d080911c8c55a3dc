"""The worktrees of a repository, as git lists them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from thrum.errors import ThrumError
from thrum.worktrees import listing
from thrum.worktrees.git import Git
from thrum.worktrees.listing import Tree


def test_every_kind(yard: Any, tmp_path: Path) -> None:
    for name, *flags in (("on", "-b", "x/on"), ("off", "--detach"), ("shut",), ("gone",)):
        yard.run("worktree", "add", "-q", *flags, str(tmp_path / name))
    yard.run("worktree", "lock", "--reason", "on a stick", str(tmp_path / "shut"))
    shutil.rmtree(tmp_path / "gone")
    main, *others = listing.trees(yard.git)
    assert (main.path, main.branch, main.is_main) == (yard.root, "main", True)
    found = {tree.path.name: tree for tree in others}
    assert found["on"].branch == "x/on"
    assert found["off"].branch == ""
    assert len(found["off"].head) == 40
    assert found["shut"].lock == "on a stick"
    assert found["gone"].gone
    assert not found["on"].gone
    assert found["on"].lock is None


def put_there(kind: str, path: Path, yard: Any) -> None:
    """Lets something lie in the place of a worktree."""
    shutil.rmtree(path)
    if kind == "file":
        path.write_text("x")
    elif kind == "link":
        path.symlink_to(yard.root)
    elif kind == "repository":
        yard.run("init", "-q", str(path))
    else:
        path.mkdir()
        (path / "mine").write_text("x")
        if kind == "lost":
            (path / ".git").write_text("gitdir: /nowhere/.git/worktrees/one\n")


@pytest.mark.parametrize("kind", ["file", "link", "repository", "folder", "lost"])
def test_what_lies_in_its_place_is_not_it(yard: Any, tmp_path: Path, kind: str) -> None:
    yard.run("worktree", "add", "-q", str(tmp_path / "one"))
    listing.check_place(listing.trees(yard.git)[1])
    put_there(kind, tmp_path / "one", yard)
    (found,) = listing.trees(yard.git)[1:]
    assert found.gone == listing.REPLACED
    with pytest.raises(ThrumError, match="what lies there is none any more") as caught:
        listing.check_place(found)
    assert "move that away" in str(caught.value.hint)


def test_a_bare_repository_comes_first_and_has_no_files(yard: Any, tmp_path: Path) -> None:
    bare = yard.bare("shop.git")
    bare.run("worktree", "add", "-q", str(tmp_path / "one"))
    first, second = listing.trees(bare.git)
    assert (first.is_bare, first.is_main) == (True, True)
    assert (second.is_bare, second.branch) == (False, "one")


def test_an_unborn_branch_has_no_commit(yard: Any) -> None:
    yard.run("symbolic-ref", "HEAD", "refs/heads/new")
    assert listing.trees(yard.git)[0].head == ""


@pytest.mark.parametrize("name", ["a b", "quo'te", 'dou"ble', "umläut", "line\nbreak", " lead"])
def test_any_path(yard: Any, tmp_path: Path, name: str) -> None:
    yard.run("worktree", "add", "-q", "--detach", str(tmp_path / name))
    assert listing.trees(yard.git)[1].path == tmp_path / name


def test_gits_that_know_no_nul(yard: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.run("worktree", "add", "-q", str(tmp_path / "one"))
    expected = listing.trees(yard.git)
    real = Git.run

    def older(git: Any, *arguments: str, **how: Any) -> str:
        if "-z" in arguments:
            raise ThrumError("repository", "git says: unknown switch `z'")
        return real(git, *arguments, **how)

    monkeypatch.setattr(Git, "run", older)
    assert listing.trees(yard.git) == expected


def test_found_by_any_way_that_leads_there(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    tree = Tree(tmp_path / "real")
    assert listing.at([tree], tmp_path / "link") == tree
    assert listing.at([tree], tmp_path / "other") is None


def test_what_is_no_list_is_none() -> None:
    assert list(listing.parsed("")) == []
    assert list(listing.parsed("what\0ever\0\0")) == []
