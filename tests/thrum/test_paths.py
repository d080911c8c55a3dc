"""Which Thrum a directory belongs to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from thrum import paths
from thrum.errors import ThrumError
from thrum.platform import LINUX

Git = Callable[..., str]


def root(directory: Path) -> Path:
    (directory / ".thrum").mkdir(parents=True)
    (directory / ".thrum" / "config.json").write_text("{}")
    return directory


def test_the_nearest_root_above_counts(tmp_path: Path) -> None:
    outer = root(tmp_path / "outer")
    inner = root(outer / "deep" / "inner")
    (inner / "src").mkdir()
    assert paths.find(inner / "src", {}).root == inner
    assert paths.find(outer / "deep", {}).root == outer


def test_a_users_own_directory_is_no_root(tmp_path: Path) -> None:
    (tmp_path / ".thrum").mkdir()
    (tmp_path / ".thrum" / "runtimes.json").write_text("{}")
    with pytest.raises(ThrumError) as refusal:
        paths.find(tmp_path, {})
    assert refusal.value.kind == "not_initialized"
    assert "thrum init" in (refusal.value.hint or "")


def test_thrum_home_counts_only_where_nothing_is_found(tmp_path: Path) -> None:
    home, here = root(tmp_path / "home"), root(tmp_path / "here")
    environment = {"THRUM_HOME": str(home)}
    assert paths.find(tmp_path, environment).root == home
    assert paths.find(here, environment).root == here


def test_a_redirect_shares_all_but_identities(tmp_path: Path) -> None:
    main = root(tmp_path / "main")
    (tmp_path / "side" / ".thrum").mkdir(parents=True)
    (tmp_path / "side" / ".thrum" / "redirect").write_text(f"{main}/.thrum\n")
    place = paths.find(tmp_path / "side", {})
    assert place.socket == main / ".thrum/var/thrum.sock"
    assert place.repository == main
    assert place.identities == tmp_path / "side/.thrum/identities"


@pytest.mark.parametrize("target", ["", "relative/path", "/does/not/exist", "{chain}"])
def test_a_broken_redirect_says_how_to_mend_it(tmp_path: Path, target: str) -> None:
    other = tmp_path / "other" / ".thrum"
    other.mkdir(parents=True)
    (other / "redirect").write_text("/somewhere")
    local = tmp_path / "side" / ".thrum"
    local.mkdir(parents=True)
    (local / "redirect").write_text(target.format(chain=other))
    with pytest.raises(ThrumError) as refusal:
        paths.find(tmp_path / "side", {})
    assert refusal.value.kind == "config"
    assert "thrum init" in (refusal.value.hint or "")


def test_a_worktree_inside_another_checkout_does_not_pass_for_it(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "main", cwd=tmp_path)
    main = root(tmp_path / "main")
    git("commit", "--allow-empty", "-qm", "x", cwd=main)
    git("worktree", "add", "-q", "trees/side", cwd=main)
    (main / "trees/side/src").mkdir()
    place = paths.find(main / "trees/side/src", {})
    assert place.root == main / "trees/side"
    assert place.identities == main / "trees/side/.thrum/identities"
    assert place.socket == main / ".thrum/var/thrum.sock"


@pytest.mark.parametrize("target", ["empty", "root", "nowhere"])
def test_a_branch_that_brings_a_link_leads_nowhere(tmp_path: Path, git: Git, target: str) -> None:
    main, side = root(tmp_path / "main"), tmp_path / "side"
    git("init", "-q", cwd=main)
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=main)
    git("worktree", "add", "-q", str(side), cwd=main)
    (tmp_path / "empty").mkdir()
    root(tmp_path / "outside")
    aims = {"empty": tmp_path / "empty", "root": tmp_path / "outside/.thrum"}
    (side / ".thrum").symlink_to(aims.get(target, tmp_path / "nowhere"))
    with pytest.raises(ThrumError, match="is a link") as refusal:
        paths.find(side, {})
    assert refusal.value.kind == "config"


def test_a_linked_worktree_anywhere_finds_its_repositorys_daemon(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "main", cwd=tmp_path)
    git("commit", "--allow-empty", "-qm", "x", cwd=tmp_path / "main")
    git("worktree", "add", "-q", "../side", cwd=tmp_path / "main")
    with pytest.raises(ThrumError, match="no Thrum"):
        paths.find(tmp_path / "side", {})
    root(tmp_path / "main")
    assert paths.find(tmp_path / "side", {}).shared == tmp_path / "main/.thrum"


@pytest.mark.skipif(not LINUX, reason="such names are refused by other file systems")
def test_a_worktree_whose_path_is_no_utf_8_is_refused_in_one_sentence(
    tmp_path: Path, git: Git
) -> None:
    git("init", "-q", "main", cwd=tmp_path)
    git("commit", "--allow-empty", "-qm", "x", cwd=tmp_path / "main")
    root(tmp_path / "main")
    bad = tmp_path / os.fsdecode(b"side\xff")
    git("worktree", "add", "-q", str(bad), cwd=tmp_path / "main")
    with pytest.raises(ThrumError, match=r"is not UTF-8") as refused:
        paths.find(bad, {})
    assert "rename" in (refused.value.hint or "")
    paths.check_name(tmp_path / "mäin \u2028")


def test_a_redirect_that_leads_nowhere_is_not_needed_where_git_knows(
    tmp_path: Path, git: Git
) -> None:
    git("init", "-q", "before", cwd=tmp_path)
    git("commit", "--allow-empty", "-qm", "x", cwd=tmp_path / "before")
    git("worktree", "add", "-q", "../side", cwd=tmp_path / "before")
    (tmp_path / "side/.thrum").mkdir()
    (tmp_path / "side/.thrum/redirect").write_text(f"{tmp_path}/before/.thrum\n")
    main = root((tmp_path / "before").rename(tmp_path / "after"))
    git("worktree", "repair", str(tmp_path / "side"), cwd=main)
    assert paths.find(tmp_path / "side", {}).shared == main / ".thrum"


def test_a_worktree_follows_its_repository_and_no_other(tmp_path: Path, git: Git) -> None:
    main, other = root(tmp_path / "main"), root(tmp_path / "other")
    git("init", "-q", cwd=main)
    git("commit", "--allow-empty", "-qm", "x", cwd=main)
    git("worktree", "add", "-q", "../side", cwd=main)
    side = root(tmp_path / "side")
    assert paths.find(side, {}).shared == main / ".thrum"
    (side / ".thrum/redirect").write_text(f"{other}/.thrum\n")
    assert paths.find(side, {}).shared == main / ".thrum"


def test_the_git_directory_of_a_checkout_belongs_to_the_checkout(tmp_path: Path, git: Git) -> None:
    main = root(tmp_path / "main")
    git("init", "-q", cwd=main)
    assert paths.find(main / ".git/hooks", {}).root == main


def test_a_checkout_that_is_reached_by_a_link_is_its_own_host(tmp_path: Path, git: Git) -> None:
    main = root(tmp_path / "main")
    git("init", "-q", cwd=main)
    (tmp_path / "link").symlink_to(main)
    place = paths.find(tmp_path / "link", {})
    assert place.local == place.shared == tmp_path / "link/.thrum"


@pytest.mark.parametrize("under", ["", "src", "src/deep/er"])
def test_a_directory_that_is_not_there_is_named(tmp_path: Path, under: str) -> None:
    with pytest.raises(ThrumError) as refusal:
        paths.find(tmp_path / "gone" / under, {})
    assert refusal.value.message == f"there is no directory {tmp_path / 'gone' / under}"
    assert refusal.value.kind == "not_initialized"
