"""Removing a worktree, its branch, and what git has forgotten."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from thrum.errors import ThrumError
from thrum.worktrees import listing, removing
from thrum.worktrees.listing import Tree
from thrum.worktrees.losses import Loss


def nothing() -> None:
    """Nothing speaks against it."""


def tree_of(yard: Any, place: Path) -> Tree:
    found = listing.at(listing.trees(yard.git), place)
    assert found is not None
    return found


def test_gone_with_our_own_folder(yard: Any) -> None:
    path = yard.make("nux").path
    (yard.root / ".git/info/exclude").write_text(".thrum/\n")
    (path / ".thrum").mkdir()
    (path / ".thrum/x").write_text("x")
    removing.remove(yard.git, tree_of(yard, path), nothing, force=False)
    assert not path.exists()
    assert len(listing.trees(yard.git)) == 1


def test_a_branch_goes_if_it_is_where_it_was_looked_at(yard: Any, tmp_path: Path) -> None:
    commit = yard.run("rev-parse", "main").strip()
    yard.run("branch", "x/one")
    assert not removing.delete_branch(yard.git, "x/one", "")
    assert not removing.delete_branch(yard.git, "x/one", "0" * 40)
    yard.run("worktree", "add", "-q", str(tmp_path / "other"), "x/one")
    assert not removing.delete_branch(yard.git, "x/one", commit)
    yard.run("worktree", "remove", str(tmp_path / "other"))
    for _ in range(2):
        assert removing.delete_branch(yard.git, "x/one", commit)
    # Only plumbing makes it; to git it looks like a flag.
    yard.run("update-ref", "refs/heads/--all", commit)
    assert removing.delete_branch(yard.git, "--all", commit)
    assert yard.run("branch", "--format=%(refname)").split() == ["refs/heads/main"]


def test_what_came_in_between_keeps_it(yard: Any) -> None:
    path = yard.make("nux").path
    (path / "late").write_text("x")

    def refuse() -> None:
        raise ThrumError("conflict", "late")

    with pytest.raises(ThrumError, match="late"):
        removing.remove(yard.git, tree_of(yard, path), refuse, force=False)
    assert (path / "late").is_file()
    # What git calls changed may be nobody's loss.
    removing.remove(yard.git, tree_of(yard, path), nothing, force=False)
    assert not path.exists()


def test_a_lock_is_no_hindrance_to_force(yard: Any) -> None:
    path = yard.make("nux").path
    yard.run("worktree", "lock", str(path))
    removing.remove(yard.git, tree_of(yard, path), nothing, force=True)
    assert not path.exists()


def test_a_link_for_our_folder_leads_nowhere(yard: Any, tmp_path: Path) -> None:
    path = yard.make("nux").path
    (path / ".thrum").symlink_to(tmp_path / "home")
    removing.remove(yard.git, tree_of(yard, path), nothing, force=True)
    assert (tmp_path / "home").is_dir()


def test_one_that_git_does_not_know_any_more(yard: Any) -> None:
    path = yard.make("nux").path
    common = yard.root / ".git"
    assert not removing.is_orphan(path, common)
    shutil.rmtree(common / "worktrees/nux")
    assert removing.is_orphan(path, common)
    assert not removing.is_orphan(yard.root, common)
    assert not removing.is_orphan(yard.folder, common)
    assert not removing.is_orphan(path, yard.folder)
    removing.remove_orphan(path)
    assert not path.exists()


def test_found_by_its_place_then_by_its_name(yard: Any, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        yard.run("worktree", "add", "-q", "--detach", str(tmp_path / folder / "nux"))
    place = yard.folder / "nux"
    with pytest.raises(ThrumError, match="several worktrees"):
        removing.find(yard.git, place, "nux")
    yard.run("worktree", "remove", str(tmp_path / "one/nux"))
    found = removing.find(yard.git, place, "nux")
    assert found is not None
    assert found.path == tmp_path / "two/nux"
    made = yard.make("nux")
    assert removing.find(yard.git, place, "nux") == tree_of(yard, made.path)
    assert removing.find(yard.git, yard.folder / "shop", "shop") is None


LOST = [
    Loss("untracked", "1 untracked file: x", "--discard"),
    Loss("unpushed", "1 commit", "--keep-branch"),
]


@pytest.mark.parametrize(
    ("given", "command"),
    [
        ((), "nux --discard --keep-branch"),
        (("--keep-agent",), "nux --keep-agent --discard --keep-branch"),
    ],
)
def test_the_refusal_names_the_line_that_does_it(given: tuple[str, ...], command: str) -> None:
    error = removing.refusal("nux", Path("/w/nux"), LOST, given)
    assert error.details["command"] == f"thrum worktree teardown {command}"
    assert error.message.endswith(f"thrum worktree teardown {command}")
    assert "1 untracked file: x" in error.message


@pytest.mark.parametrize(
    ("given", "command"),
    [
        (("--delete-branch", "--discard"), "nux --delete-branch --force"),
        (("--keep-agent",), "nux --keep-agent --force"),
        (("--keep-agent", "--keep-branch"), "nux --keep-agent --force"),
        (("--keep-agent", "--delete-branch"), "nux --delete-branch --keep-agent --force"),
    ],
)
def test_force_lets_everything_and_keeps_what_else_was_said(
    given: tuple[str, ...], command: str
) -> None:
    work = Loss("process", "@nux is at work there", "--force")
    error = removing.refusal("nux", Path("/w"), [*LOST, work], given)
    assert error.details["command"] == f"thrum worktree teardown {command}"
    assert removing.unlet([*LOST, work], {"--force"}) == []
    assert removing.unlet([*LOST, work], {"--discard"}) == [LOST[1], work]


@pytest.mark.parametrize(
    "name", ["a\n  --force  all is well", "a\rb", "a\u2028b", "a\x1b[2Jb", "a\u202eb"]
)
def test_no_name_makes_a_line_of_its_own(name: str) -> None:
    lost = [Loss("untracked", f"1 untracked file: {name}", "--discard", (name,))]
    error = removing.refusal("nux", Path("/w") / name, lost, ())
    head, line, last = error.message.split("\n")
    assert head.startswith("/w/a\\")
    assert line.startswith("  --discard  1 untracked file: a\\")
    assert last == "to let all of it go: thrum worktree teardown nux --discard"
    assert json.dumps(error.details["losses"]).count(json.dumps([name])) == 1
