"""From what a worktree begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from thrum.errors import ThrumError
from thrum.worktrees import beginning, listing
from thrum.worktrees.beginning import Asked, Beginning


def choose(yard: Any, name: str = "nux", **said: Any) -> Beginning:
    trees = listing.trees(yard.git)
    return beginning.choose(yard.git, Asked(name, **said), trees, "a-sync")


def test_a_new_branch_begins_at_the_one_that_is_here(yard: Any) -> None:
    yard.run("checkout", "-qb", "work")
    head = yard.run("rev-parse", "HEAD")
    assert choose(yard) == Beginning("feature/nux", head, is_new=True, base="work")
    assert choose(yard, branch="fix/x").branch == "fix/x"
    assert choose(yard, branch="refs/heads/fix/x").branch == "fix/x"


@pytest.mark.parametrize("base", ["main", "v1", "HEAD~1", "refs/heads/main"])
def test_a_base_is_any_commit(yard: Any, base: str) -> None:
    yard.run("tag", "v1")
    yard.commit("b.txt")
    found = choose(yard, base=base)
    assert found.commit == yard.run("rev-parse", f"{base}^{{commit}}")
    assert found.base == base


@pytest.mark.parametrize("base", ["a-sync", "heads/a-sync", "refs/heads/a-sync", ""])
def test_nobodys_work_begins_at_the_log(yard: Any, base: str) -> None:
    yard.run("branch", "a-sync")
    if not base:
        yard.run("checkout", "-q", "a-sync")
    for detach in (False, True):
        with pytest.raises(ThrumError, match="a-sync holds the log") as caught:
            choose(yard, base=base, detach=detach)
        assert "--base" in str(caught.value.hint)


@pytest.mark.parametrize("base", ["mian", "--all", "-x", "HEAD~99", "\u202emain", "main:a.txt"])
def test_one_that_is_none_is_refused(yard: Any, base: str) -> None:
    with pytest.raises(ThrumError) as caught:
        choose(yard, base=base)
    assert caught.value.kind in {"usage", "not_found"}


def test_a_mistyped_base_is_guessed(yard: Any) -> None:
    with pytest.raises(ThrumError, match="did you mean main"):
        choose(yard, base="mian")


def test_head_on_no_branch_is_main_and_said(yard: Any) -> None:
    yard.run("checkout", "-q", "--detach")
    found = choose(yard)
    assert found.base == "main"
    assert "--base says otherwise" in found.notes[0]
    assert choose(yard, base="main").notes == ()
    yard.run("branch", "-m", "main", "trunk")
    with pytest.raises(ThrumError, match="no branch main") as caught:
        choose(yard)
    assert "--base" in str(caught.value.hint)


def test_where_there_is_no_commit_none_begins(yard: Any) -> None:
    yard.run("symbolic-ref", "HEAD", "refs/heads/new")
    with pytest.raises(ThrumError, match="no commit yet"):
        choose(yard)


def test_a_branch_that_exists_is_taken(yard: Any) -> None:
    yard.run("branch", "feature/nux")
    yard.commit("b.txt")
    found = choose(yard)
    assert found == Beginning("feature/nux", yard.run("rev-parse", "main~1"), is_new=False)
    assert "--base is not used" in choose(yard, base="main").notes[0]


def test_one_that_is_checked_out_is_not(yard: Any, tmp_path: Path) -> None:
    with pytest.raises(ThrumError, match=f"checked out in {yard.root}"):
        choose(yard, branch="main")
    yard.run("worktree", "add", "-q", "-b", "x", str(tmp_path / "x"))
    with pytest.raises(ThrumError, match="checked out in"):
        choose(yard, branch="x")
    (tmp_path / "x").rename(tmp_path / "y")
    with pytest.raises(ThrumError, match="git worktree prune"):
        choose(yard, branch="x")


def test_one_that_a_remote_has_is_begun_with(yard: Any) -> None:
    yard.bare("origin.git")
    yard.run("remote", "add", "origin", str(yard.root.with_name("origin.git")))
    yard.run("push", "-q", "origin", "main:feature/nux")
    found = choose(yard)
    assert (found.tracks, found.base, found.is_new) == ("origin/feature/nux",) * 2 + (True,)
    assert choose(yard, base="main").tracks == ""
    # Of two nobody knows which one is meant.
    yard.run("update-ref", "refs/remotes/other/feature/nux", "main")
    assert choose(yard).tracks == ""


def test_no_branch(yard: Any) -> None:
    found = choose(yard, detach=True, base="main")
    assert (found.branch, found.is_new, found.base) == ("", False, "main")


@pytest.mark.parametrize(
    "branch", ["a..b", "-x", "a b", "x.lock", "HEAD", "a-sync", "x~1", "@{", "a\u202eb", "é" * 150]
)
def test_no_name_for_a_branch(yard: Any, branch: str) -> None:
    with pytest.raises(ThrumError) as caught:
        choose(yard, branch=branch)
    assert caught.value.kind == "usage"


def test_a_name_in_the_way(yard: Any) -> None:
    yard.run("branch", "feature")
    with pytest.raises(ThrumError, match="beside feature"):
        choose(yard)
    yard.run("branch", "-m", "feature", "feature/nux/deep")
    with pytest.raises(ThrumError, match="beside feature/nux/deep"):
        choose(yard)


def test_on_a_disk_that_knows_one_case(yard: Any) -> None:
    yard.run("branch", "feature/NUX")
    assert choose(yard).is_new
    yard.run("config", "core.ignorecase", "true")
    with pytest.raises(ThrumError, match="beside feature/NUX"):
        choose(yard)
