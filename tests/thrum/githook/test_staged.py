"""What a commit changes, as git's hook sees it."""

from __future__ import annotations

import subprocess

import pytest

from tests.thrum.githook.conftest import Shop
from thrum.githook import staged


def paths(shop: Shop) -> list[str]:
    return staged.paths(shop.git.git_dir, shop.root, shop.env, lambda: 60.0)


def test_names_of_every_kind_and_both_names_of_a_renamed_file(shop: Shop) -> None:
    names = ["a b", "ü", "line\nend", 'quo"te', "-dash"]
    for name in names:
        (shop.root / name).write_text(name * 20)
    shop.run("add", "-A")
    assert paths(shop) == sorted(names)
    shop.run("commit", "-q", "-m", "all")
    assert paths(shop) == []
    shop.run("mv", "a b", "c")
    shop.run("rm", "-q", "ü")
    assert paths(shop) == ["a b", "c", "ü"]


def test_before_the_first_commit(shop: Shop) -> None:
    shop.run("update-ref", "-d", "HEAD")
    (shop.root / "x").write_text("x")
    shop.run("add", "x")
    assert paths(shop) == ["x"]


def test_of_a_merge_only_what_no_side_has(shop: Shop) -> None:
    def change(name: str, text: str) -> None:
        (shop.root / name).write_text(text)
        shop.run("add", "-A")
        shop.run("commit", "-q", "-m", name)

    change("both", "1")
    shop.run("switch", "-q", "-c", "other")
    change("both", "2")
    change("theirs", "2")
    shop.run("switch", "-q", "main")
    change("both", "3")
    change("ours", "3")
    assert shop.run("merge", "other").returncode
    (shop.root / "both").write_text("2 and 3")
    shop.run("add", "both")
    assert paths(shop) == ["both"]


def test_nothing_while_commits_are_made_anew(shop: Shop) -> None:
    (shop.root / "x").write_text("x")
    shop.run("add", "x")
    (shop.git.git_dir / "rebase-merge").mkdir()
    assert paths(shop) == []


def test_git_that_takes_too_long_is_given_up(shop: Shop) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        staged.paths(shop.git.git_dir, shop.root, shop.env, lambda: 0.0)
