"""Git's layout, read without git."""

from __future__ import annotations

import os
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


def test_branches_are_found_loose_and_packed(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "-b", "main", "repo", cwd=tmp_path)
    repo = tmp_path / "repo"
    git("commit", "--allow-empty", "-qm", "x", cwd=repo)
    git("branch", "deep/er", cwd=repo)
    place = git_place.at(repo)
    assert place
    wanted = ["main", "deep/er", "deep", "er", "", "../heads/main", "/etc/passwd", "ma"]
    expected = [name in ("main", "deep/er") for name in wanted]
    assert [git_place.has_branch(place, name) for name in wanted] == expected
    git("pack-refs", "--all", cwd=repo)
    assert not (repo / ".git/refs/heads/main").exists()
    assert [git_place.has_branch(place, name) for name in wanted] == expected
    git("checkout", "-q", "--detach", cwd=repo)
    assert git_place.branch(place) == ""


def test_a_bare_repository_is_no_work_tree(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "--bare", "bare.git", cwd=tmp_path)
    itself = git_place.around(tmp_path / "bare.git/refs")
    assert itself
    assert (itself.toplevel, itself.is_bare, itself.linked) == (tmp_path / "bare.git", True, False)
    assert git_place.find(tmp_path / "bare.git") is None
    assert git_place.around(tmp_path) is None
    git("init", "-q", "repo", cwd=tmp_path)
    git("commit", "--allow-empty", "-qm", "x", cwd=tmp_path / "repo")
    git("push", "-q", "../bare.git", "HEAD:main", cwd=tmp_path / "repo")
    git("worktree", "add", "-q", "../side", "main", cwd=tmp_path / "bare.git")
    place = git_place.find(tmp_path / "side")
    assert place is not None
    assert place.main_worktree is None
    assert list(git_place.worktrees(place)) == [tmp_path / "side"]
    assert list(git_place.worktrees(itself)) == [tmp_path / "side"]


@pytest.mark.parametrize(
    ("setting", "bare"),
    [
        ("bare = true", True),
        ("Bare = yes ; since May", True),
        ("bare", True),
        ("bare = false", False),
        ("bare = true\n[CORE]\n\tbare = false", False),
        ("worktree = ../elsewhere", False),
        ("", False),
    ],
)
def test_whether_there_is_a_main_worktree_the_repository_says(
    tmp_path: Path, git: Git, setting: str, bare: bool
) -> None:
    git("init", "-q", "repo", cwd=tmp_path)
    (tmp_path / "repo/.git/config").write_text(f"[core]\n\t{setting}\n")
    (tmp_path / "repo/elsewhere").mkdir()
    place = git_place.at(tmp_path / "repo")
    assert place
    assert place.is_bare is bare
    main = tmp_path / "repo" / ("elsewhere" if "worktree" in setting else "")
    assert place.main_worktree == (None if bare else main)


def test_a_setting_of_one_worktree_alone_counts(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "repo", cwd=tmp_path)
    repo = tmp_path / "repo"
    git("config", "extensions.worktreeConfig", "true", cwd=repo)
    git("config", "--worktree", "core.bare", "true", cwd=repo)
    place = git_place.at(repo)
    assert place
    assert place.is_bare
    git("config", "--file", ".git/config", "extensions.worktreeConfig", "false", cwd=repo)
    assert not place.is_bare


def test_roots_that_git_does_not_list_are_noted_and_looked_at_again(
    tmp_path: Path, git: Git
) -> None:
    git("init", "-q", "--separate-git-dir", "kept", "work", cwd=tmp_path)
    git("init", "-q", "other", cwd=tmp_path)
    work, kept = tmp_path / "work", tmp_path / "kept"
    (kept / "thrum").mkdir()
    (kept / git_place.SEATS).write_text(f"{work}\n{tmp_path}/other\nrelative\n\n{tmp_path}/no\n")
    place = git_place.of(kept)
    assert place
    assert place.main_worktree is None
    assert list(git_place.worktrees(place)) == [work]
    found = git_place.at(work)
    assert found
    assert found.main_worktree is None
    assert list(git_place.worktrees(found)) == [work]


@pytest.mark.parametrize("pointer", ["/not/here/.git/worktrees/x", "../gone"])
def test_a_repository_that_did_not_come_along_is_seen_to_be_missing(
    tmp_path: Path, pointer: str
) -> None:
    (tmp_path / ".git").write_text(f"gitdir: {pointer}\n")
    place = git_place.at(tmp_path)
    assert place
    assert not place.is_there


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ('[remote "origin"]\n\turl = a\n', "a"),
        ('[remote "origin"]\n  URL="b c"\n', "b c"),
        ('[remote "other"]\nurl = x\n[remote "origin"]\nfetch = y\nurl = c\nurl = d\n', "c"),
        ('[remote "origin"]\n[core]\nurl = x\n', ""),
        ("url = x\n", ""),
        ('[remote "origin"]\nurl\n', ""),
        ("\udcff", ""),
    ],
)
def test_a_remotes_url_is_the_first_of_its_section(
    tmp_path: Path, git: Git, text: str, url: str
) -> None:
    git("init", "-q", "repo", cwd=tmp_path)
    config = tmp_path / "repo/.git/config"
    config.write_bytes(text.encode(errors="surrogateescape"))
    place = git_place.at(tmp_path / "repo")
    assert place
    assert git_place.remote_url(place) == url
    config.unlink()
    assert git_place.remote_url(place) == ""


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ada:s3cret@h/a.git", "https://h/a.git"),
        ("https://t0ken@h:8443/a", "https://h:8443/a"),
        ("HTTP://ada:s3@cret@h/a", "HTTP://h/a"),
        ("helper::https://ada:s3cret@h/a", "helper::https://h/a"),
        ("ssh://git:s3cret@h:22/a", "ssh://git@h:22/a"),
        ("ssh://git@h/a@b", "ssh://git@h/a@b"),
        ("git@h:a/b.git", "git@h:a/b.git"),
        ("/srv/a@b/c.git", "/srv/a@b/c.git"),
        ("file:///srv/a@b", "file:///srv/a@b"),
        ("", ""),
    ],
)
def test_a_remote_is_told_without_what_opens_it(
    tmp_path: Path, git: Git, url: str, shown: str
) -> None:
    git("init", "-q", "main", cwd=tmp_path)
    git("config", "remote.origin.url", url, cwd=tmp_path / "main")
    place = git_place.find(tmp_path / "main")
    assert place
    assert git_place.remote_url(place) == shown


@pytest.mark.parametrize(
    ("name", "is_text"),
    [(b"plain", True), ("mäin".encode(), True), (b"n\xff", False), (b"\xed\xa0\x80", False)],
)
def test_a_path_is_text_if_it_is_utf_8(name: bytes, is_text: bool) -> None:
    assert git_place.is_text(Path("/tmp") / os.fsdecode(name)) == is_text
