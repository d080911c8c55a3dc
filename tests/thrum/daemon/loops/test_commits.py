"""Who has committed what, by real git in real worktrees."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from thrum import git_place
from thrum.daemon.loops.commits import Commits

HOME = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
NAMES = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "T\tx"), ("EMAIL", "t@example.org"))
}


class Farm:
    """A repository with a main checkout and worktrees of ann and bob."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.main = root / "main"
        self.git(root, "init", "-q", "-b", "main", str(self.main))
        self.commit(self.main)
        self.homes = {name: {str(self.worktree(name))} for name in ("ann", "bob")}
        self.commits = Commits(self.main)
        self.seen = self.look()

    def worktree(self, name: str) -> Path:
        self.git(self.main, "worktree", "add", "-q", "-b", name, str(self.root / name))
        return git_place.real(self.root / name)

    def git(self, where: Path, *words: str) -> None:
        env = {**os.environ, **HOME, **NAMES}
        subprocess.run(["git", *words], cwd=where, env=env, check=True, capture_output=True)

    def commit(self, where: Path, *flags: str) -> None:
        self.git(where, "commit", "-q", "--allow-empty", "-m", f"work in {where.name}", *flags)

    def look(self) -> dict[str, frozenset[str]]:
        return self.commits.of(["ann", "bob", "far"], self.homes)

    def new(self) -> str:
        """Who has committed since the last time."""
        before, self.seen = self.seen, self.look()
        return " ".join(name for name in sorted(self.seen) if self.seen[name] - before[name])


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    return Farm(tmp_path)


def on_its_branch(farm: Farm, home: Path) -> None:
    farm.commit(home)


def on_the_base_branch(farm: Farm, home: Path) -> None:
    farm.git(farm.main, "checkout", "-q", "--detach")
    farm.git(home, "checkout", "-q", "main")
    farm.commit(home)


def on_another_branch_and_back(farm: Farm, home: Path) -> None:
    farm.git(home, "checkout", "-q", "-b", "side")
    farm.commit(home)
    farm.git(home, "checkout", "-q", home.name)


def on_no_branch(farm: Farm, home: Path) -> None:
    farm.git(home, "checkout", "-q", "--detach")
    farm.commit(home)


def amended(farm: Farm, home: Path) -> None:
    farm.commit(home, "--amend")


def merged_at_once(farm: Farm, home: Path) -> None:
    """And nothing is left that is merged nowhere."""
    farm.git(home, "checkout", "-q", "-b", "side")
    farm.commit(home)
    farm.git(farm.main, "merge", "-q", "--ff-only", "side")


def a_merge(farm: Farm, home: Path) -> None:
    farm.git(home, "merge", "-q", "--no-ff", "-m", "join", "others")


def picked(farm: Farm, home: Path) -> None:
    farm.git(home, "cherry-pick", "--allow-empty", "others")


@pytest.mark.parametrize(
    "way",
    [
        on_its_branch,
        on_the_base_branch,
        on_another_branch_and_back,
        on_no_branch,
        amended,
        merged_at_once,
        a_merge,
        picked,
    ],
)
def test_a_commit_is_of_whoever_lives_where_it_was_made(
    farm: Farm, way: Callable[[Farm, Path], None]
) -> None:
    others = farm.worktree("others")
    farm.homes["cy"] = {str(others)}
    farm.look()
    farm.commit(others)
    assert farm.new() == ""
    way(farm, Path(*farm.homes["ann"]))
    assert farm.new() == "ann"
    assert farm.new() == ""


def test_what_is_no_commit_is_none(farm: Farm) -> None:
    home = Path(*farm.homes["ann"])
    farm.homes["cy"] = {str(farm.main)}
    farm.look()
    farm.commit(farm.main)
    assert farm.new() == "", "cy made it"
    for words in (
        ("merge", "-q", "--ff-only", "main"),
        ("checkout", "-q", "-b", "elsewhere"),
        ("reset", "-q", "--hard", "HEAD~1"),
        ("checkout", "-q", "--detach", "main"),
        ("stash", "list"),
    ):
        farm.git(home, *words)
        assert farm.new() == "", words


def test_where_nobody_lives_it_may_be_anybody(farm: Farm) -> None:
    farm.commit(farm.main)
    assert farm.new() == "ann bob"
    inner = farm.root / "ann" / "inner"
    farm.git(farm.main, "worktree", "add", "-q", "--detach", str(inner))
    assert farm.new() == ""
    farm.commit(inner)
    assert farm.new() == "ann bob"


def test_whose_it_was_stays_when_they_leave(farm: Farm) -> None:
    farm.homes["cy"] = {str(farm.main)}
    farm.look()
    farm.commit(farm.main)
    assert farm.new() == ""
    del farm.homes["cy"]
    assert farm.new() == ""
    farm.commit(farm.main)
    assert farm.new() == "ann bob"


def test_of_those_who_live_elsewhere_nothing_is_said(farm: Farm) -> None:
    farm.homes["far"] = {"/nowhere/here"}
    assert set(farm.look()) == {"ann", "bob"}
    farm.git(farm.main, "worktree", "remove", "--force", str(farm.root / "bob"))
    assert set(farm.look()) == {"ann"}


def test_a_clone_that_keeps_no_record_says_nothing(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    subprocess.run(["git", "init", "-q", str(plain)], check=True)
    assert Commits(plain).of(["ann"], {"ann": {str(plain)}}) == {}
    assert Commits(tmp_path / "none").of(["ann"], {"ann": {"x"}}) == {}
