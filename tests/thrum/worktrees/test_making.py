"""Making a worktree, and taking back what was made, and nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from thrum.errors import ThrumError
from thrum.worktrees import listing, making
from thrum.worktrees.beginning import Asked
from thrum.worktrees.git import Git
from thrum.worktrees.record import Record


def test_a_folder_and_a_branch(yard: Any) -> None:
    made = yard.make("nux")
    assert made.path == yard.folder / "nux"
    assert (made.branch, made.base, made.is_reused) == ("feature/nux", "main", False)
    assert (made.path / "a.txt").read_text() == "a.txt\n"
    assert yard.run("symbolic-ref", "--short", "HEAD", cwd=made.path) == "feature/nux"
    # A branch that followed its base would be pushed there.
    assert "branch.feature/nux" not in yard.run("config", "--list")


def test_again_is_the_same_one(yard: Any) -> None:
    yard.make("nux")
    made = yard.make("nux")
    assert (made.is_reused, made.branch) == (True, "feature/nux")
    assert yard.make("nux", branch="feature/nux").is_reused


def test_on_no_branch(yard: Any) -> None:
    made = yard.make("nux", detach=True)
    assert made.branch == ""
    assert yard.branches() == {"main"}
    assert yard.make("nux", detach=True).is_reused
    with pytest.raises(ThrumError, match="on no branch and not on feature/nux"):
        yard.make("nux")


def test_one_of_a_remote_follows_it(yard: Any) -> None:
    yard.bare("origin.git")
    yard.run("remote", "add", "origin", str(yard.root.with_name("origin.git")))
    yard.run("push", "-q", "origin", "main:feature/nux")
    yard.make("nux")
    assert yard.run("config", "branch.feature/nux.merge") == "refs/heads/feature/nux"


def test_one_on_another_branch_says_how_to_go_on(yard: Any) -> None:
    yard.make("nux")
    with pytest.raises(ThrumError) as caught:
        yard.make("nux", branch="other")
    assert caught.value.kind == "conflict"
    assert caught.value.hint == "to go on with it add -b feature/nux"


def test_the_repository_itself_is_none(yard: Any) -> None:
    yard.folder = yard.root.parent
    with pytest.raises(ThrumError, match="the repository itself"):
        yard.make("shop")


@pytest.mark.parametrize("what", ["file", "folder", "link", "repository", "dangling"])
def test_what_lies_there_stays(yard: Any, what: str) -> None:
    place = yard.folder / "nux"
    yard.folder.mkdir(parents=True)
    if what == "file":
        place.write_text("mine")
    elif what in {"link", "dangling"}:
        place.symlink_to(yard.root.parent / ("home" if what == "link" else "nowhere"))
    else:
        place.mkdir()
        if what == "repository":
            yard.run("init", "-q", cwd=place)
        else:
            (place / "notes").write_text("mine")
    with pytest.raises(ThrumError) as caught:
        yard.make("nux")
    assert caught.value.kind == "conflict"
    assert os.path.lexists(place)
    assert yard.branches() == {"main"}
    assert yard.records.all() == {}


def test_what_lies_in_its_place_is_not_touched(yard: Any) -> None:
    made = yard.make("nux")
    shutil.rmtree(made.path)
    made.path.mkdir()
    (made.path / "mine").write_text("x")
    with pytest.raises(ThrumError, match="what lies there is none any more"):
        yard.make("nux")
    assert (made.path / "mine").is_file()


def test_an_empty_folder_is_taken(yard: Any) -> None:
    (yard.folder / "nux").mkdir(parents=True)
    assert (yard.make("nux").path / "a.txt").is_file()


def test_one_that_was_moved_or_deleted_is_not_guessed(yard: Any) -> None:
    made = yard.make("nux")
    made.path.rename(yard.folder / "elsewhere")
    with pytest.raises(ThrumError, match="whose folder is gone") as caught:
        yard.make("nux")
    assert "git worktree repair" in str(caught.value.hint)
    assert "thrum worktree teardown nux" in str(caught.value.hint)
    yard.run("worktree", "repair", cwd=yard.folder / "elsewhere")
    with pytest.raises(ThrumError, match="checked out in"):
        yard.make("nux")


def test_from_a_bare_repository_and_from_within_another_worktree(yard: Any) -> None:
    bare = yard.bare("shop.git")
    made = bare.make("nux")
    assert (made.base, made.branch) == ("main", "feature/nux")
    inner = replace(bare, root=made.path)
    inner.commit("b.txt")
    inner_records = bare.records
    with inner_records.held("toast"):
        asked = Asked("toast")
        second = making.make(inner.git, bare.folder / "toast", asked, "a-sync", inner_records)
    assert second.base == "feature/nux"
    assert (second.path / "b.txt").is_file()


def test_in_a_sparse_checkout(yard: Any) -> None:
    (yard.root / "deep").mkdir()
    yard.commit("deep/c.txt")
    yard.run("sparse-checkout", "set", "--no-cone", "/a.txt")
    made = yard.make("nux")
    assert (made.path / "a.txt").is_file()
    assert yard.run("status", "--porcelain", cwd=made.path) == ""


def broken(yard: Any) -> None:
    """Has each checkout fail at its last step."""
    yard.run("config", "filter.no.smudge", "false")
    yard.run("config", "filter.no.required", "true")
    (yard.root / ".gitattributes").write_text("*.bin filter=no\n")
    yard.run("config", "filter.no.clean", "cat")
    (yard.root / "z.bin").write_text("z")
    yard.run("add", ".")
    yard.run("commit", "-qm", "a file that no checkout can write")


def test_what_fails_leaves_nothing(yard: Any) -> None:
    broken(yard)
    with pytest.raises(ThrumError) as caught:
        yard.make("nux")
    assert caught.value.kind == "repository"
    assert not yard.folder.parent.exists()
    assert yard.branches() == {"main"}
    assert len(listing.trees(yard.git)) == 1
    assert yard.records.all() == {}


def test_what_fails_leaves_what_was_there(yard: Any) -> None:
    broken(yard)
    yard.run("branch", "feature/nux")
    (yard.folder / "other").mkdir(parents=True)
    with pytest.raises(ThrumError):
        yard.make("nux")
    assert yard.branches() == {"main", "feature/nux"}
    assert (yard.folder / "other").is_dir()


def test_ctrl_c_leaves_nothing(yard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Git.run

    def interrupted(git: Git, *arguments: str, **how: Any) -> str:
        said = real(git, *arguments, **how)
        if arguments[:2] == ("worktree", "add"):
            raise KeyboardInterrupt
        return said

    monkeypatch.setattr(Git, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        yard.make("nux")
    assert not yard.folder.parent.exists()
    assert yard.branches() == {"main"}
    assert yard.records.all() == {}


def test_a_branch_that_went_on_is_not_taken_back(yard: Any) -> None:
    made = yard.make("nux")
    yard.commit("b.txt", cwd=made.path)
    making.take_back(yard.git, made.record)
    assert not made.path.exists()
    assert "feature/nux" in yard.branches()


@pytest.mark.parametrize("leftover", ["nothing", "entry", "folder", "branch", "all"])
def test_what_was_cut_off_is_made_anew(yard: Any, leftover: str) -> None:
    """As SIGKILL leaves it before, between and after git's own steps."""
    commit = yard.run("rev-parse", "main")
    place = yard.folder / "nux"
    record = Record("create", str(place), "feature/nux", commit, made=True, made_branch=True)
    if leftover == "branch":
        yard.run("branch", "feature/nux")
    if leftover in {"entry", "folder"}:
        yard.run("worktree", "add", "-q", "-b", "feature/nux", str(place))
        (yard.root / ".git/worktrees/nux/locked").write_text("initializing")
        if leftover == "entry":
            shutil.rmtree(place)
        else:
            (place / ".git").unlink()
    if leftover == "all":
        yard.run("worktree", "add", "-q", "-b", "feature/nux", str(place))
    with yard.records.held("nux"):
        yard.records.write("nux", record)
    made = yard.make("nux")
    assert (made.path / "a.txt").is_file()
    assert made.is_reused is (leftover == "all")
    assert made.record.made
    making.take_back(yard.git, made.record)
    assert yard.branches() == {"main"}
    assert not place.exists()


def test_an_unfinished_teardown_comes_first(yard: Any) -> None:
    with yard.records.held("nux"):
        yard.records.write("nux", Record("teardown", str(yard.folder / "nux")))
    with pytest.raises(ThrumError, match="cut off") as caught:
        yard.make("nux")
    assert caught.value.hint == "finish it: thrum worktree teardown nux"


_MAKE = """
import os, sys
from pathlib import Path
from thrum.worktrees import making
from thrum.worktrees.beginning import Asked
from thrum.worktrees.git import Git
from thrum.worktrees.record import Records
git, records = Git(Path(sys.argv[1]), os.environ), Records(Path(sys.argv[3]))
with records.held("nux"):
    making.make(git, Path(sys.argv[2]), Asked("nux"), "a-sync", records)
"""


def test_a_git_that_goes_on_without_us_is_waited_for(yard: Any, tmp_path: Path) -> None:
    """Killed while git checks out: the git goes on, and nobody works against it."""
    gate, go = tmp_path / "gate", tmp_path / "go"
    hook = yard.root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {gate}\nwhile [ ! -e {go} ]; do sleep 0.05; done\n")
    hook.chmod(0o755)
    place = yard.folder / "nux"
    argv = [sys.executable, "-c", _MAKE, str(yard.root), str(place), str(yard.records.folder)]
    child = subprocess.Popen(argv, env=yard.env, cwd=tmp_path)
    while not gate.exists():
        assert child.poll() is None
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    with pytest.raises(ThrumError, match="git is still making") as caught:
        yard.make("nux")
    assert caught.value.kind == "busy"
    go.touch()
    while making.is_being_made(place):
        time.sleep(0.02)
    made = yard.make("nux")
    assert (made.path / "a.txt").is_file()
    assert made.is_reused
