"""A worktree's stamp is another one after whatever git writes there, and only then."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.thrum.daemon.work.conftest import Checkout
from thrum.daemon.work import records


@pytest.mark.parametrize(
    "act",
    [
        lambda checkout: checkout.git("commit", "-q", "--allow-empty", "-m", "empty"),
        lambda checkout: checkout.commit("more", a__py="other\n"),
        lambda checkout: checkout.git("checkout", "-q", "-b", "aside"),
        lambda checkout: checkout.git("checkout", "-q", "--detach", "HEAD~1"),
        lambda checkout: checkout.git("reset", "-q", "--hard", "HEAD~1"),
        lambda checkout: (checkout.write("n.py"), checkout.git("add", "n.py")),
        lambda checkout: checkout.git("rm", "-q", "--cached", "a.py"),
    ],
)
def test_what_git_does_there_shows(branched: Checkout, act: Callable[[Checkout], object]) -> None:
    before = records.of_worktree(str(branched.root))
    assert before and records.of_worktree(str(branched.root)) == before
    act(branched)
    assert records.of_worktree(str(branched.root)) != before


def test_a_file_that_is_only_saved_does_not(branched: Checkout) -> None:
    before = records.of_worktree(str(branched.root))
    branched.write("a.py", "saved\n")
    assert records.of_worktree(str(branched.root)) == before


def test_of_two_worktrees_each_has_its_own(branched: Checkout, tmp_path: Path) -> None:
    aside = tmp_path / "aside"
    branched.git("worktree", "add", "-q", str(aside), "-b", "aside")
    here, there = records.of_worktree(str(branched.root)), records.of_worktree(str(aside))
    branched.git("-C", str(aside), "commit", "-q", "--allow-empty", "-m", "there")
    assert records.of_worktree(str(branched.root)) == here
    assert records.of_worktree(str(aside)) != there


def test_what_is_no_worktree_has_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "gone", tmp_path / "file"):
        assert records.of_worktree(str(path)) == ()


def test_a_file_that_is_missing_has_none_and_one_that_is_closed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert records.of_file(tmp_path / "none") == ()
    with pytest.raises(OSError):
        records.of_file(tmp_path / "loop")
    file = tmp_path / "file"
    file.write_text("a")
    before = records.of_file(file)
    os.utime(file, ns=(0, 0))
    assert records.of_file(file) != before
