"""Where things are: paths, git's layout, sockets with long paths, durable files."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from thrum import atomic, git_place, paths, platform
from thrum.errors import ThrumError

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


@pytest.mark.parametrize("length", [10, 200])
def test_sockets_work_under_any_path_and_are_private(tmp_path: Path, length: int) -> None:
    directory = tmp_path / ("d" * length) / "var"
    directory.mkdir(parents=True)
    path = directory / "thrum.sock"
    listener = platform.bind_unix(path)
    listener.listen()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    client = platform.connect_unix(path, 5)
    served, _ = listener.accept()
    assert platform.peer_pid(served) == os.getpid()
    for each in (listener, client, served):
        each.close()


def test_a_failed_replacement_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    atomic.replace(path, "old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        atomic.replace(path, "new")
    assert path.read_text() == "old"
    assert {each.name for each in tmp_path.iterdir()} == {"f", "home-of-test"}


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


def test_a_lock_that_is_not_given_back_is_not_waited_for_without_end(tmp_path: Path) -> None:
    passed = iter(range(100))
    with atomic.locked(tmp_path):
        with (
            pytest.raises(ThrumError) as refusal,
            atomic.locked(
                tmp_path, patience=3, monotonic=lambda: next(passed), sleep=lambda _: None
            ),
        ):
            pass
        assert refusal.value.kind == "busy"
        assert next(passed) == 4
    with atomic.locked(tmp_path, patience=0):
        pass
