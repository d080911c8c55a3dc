from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitstore import Log
from thrum import paths, platform
from thrum.errors import ThrumError
from thrum.ids import Ids
from thrum.initialize import Report, initialize
from thrum.prime import project

Git = Callable[..., str]


def init(where: Path, **more: Any) -> Report:
    environment = {"PATH": os.environ["PATH"], "HOME": str(where.parent)}
    ids = Ids(time.time_ns)
    return initialize(where, environment=environment, now_ns=time.time_ns, ids=ids, **more)


@pytest.fixture
def repository(tmp_path: Path, git: Git) -> Path:
    git("init", "-q", "repo", cwd=tmp_path)
    return tmp_path / "repo"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_first_run_makes_what_is_needed_and_closes_it(repository: Path, git: Git) -> None:
    report = init(repository)
    assert report.fresh
    assert report.branch == "created"
    assert report.local_only
    assert report.daemon_id.startswith("d_")
    dot = repository / ".thrum"
    assert mode(dot) == mode(dot / "identities") == 0o750
    assert mode(dot / "var") == 0o700
    assert mode(dot / "config.json") == 0o600
    assert git("status", "--porcelain", cwd=repository) == ""
    assert ".thrum/" in (repository / ".git/info/exclude").read_text()
    assert git("log", "--format=%s", "a-sync", cwd=repository) == "Initialize Thrum sync\n"


def test_a_second_run_keeps_everything(repository: Path) -> None:
    first = init(repository)
    config = repository / ".thrum" / "config.json"
    tree = json.loads(config.read_text())
    tree["daemon"]["local_only"] = False
    tree["mine"] = 1
    config.write_text(json.dumps(tree))
    again = init(repository)
    assert not again.fresh
    assert again.branch == "kept"
    assert again.daemon_id == first.daemon_id
    assert not again.local_only
    assert again.ignored_in is None
    assert json.loads(config.read_text())["mine"] == 1


def copies(folder: Path) -> list[Path]:
    return list(folder.rglob("*.pre-identity-bak"))


@pytest.mark.parametrize("more", [{}, {"worktrees_root": "/tmp/trees"}, {"gitignore": True}])
def test_a_first_configuration_is_not_copied_aside(repository: Path, more: dict[str, Any]) -> None:
    init(repository, **more)
    init(repository, **more)
    assert copies(repository) == []
    shutil.rmtree(repository / ".thrum")
    init(repository)  # the id comes from git's directory now
    assert copies(repository) == []


def test_nor_is_it_from_a_linked_worktree_or_beside_a_yaml(repository: Path, git: Git) -> None:
    git("commit", "--allow-empty", "-qm", "x", cwd=repository)
    git("worktree", "add", "-q", "../side", cwd=repository)
    (repository / ".thrum").mkdir()
    (repository / ".thrum/config.yaml").write_text("project_name: mine\n")
    init(repository.parent / "side")
    assert copies(repository.parent) == []
    assert json.loads((repository / ".thrum/config.json").read_text())["daemon"]["local_only"]


def test_a_configuration_that_was_there_before_is_copied_aside(repository: Path) -> None:
    (repository / ".thrum").mkdir()
    config = repository / ".thrum/config.json"
    config.write_text('{"project_name": "theirs"}')
    init(repository)
    (copy,) = copies(repository)
    assert json.loads(copy.read_text()) == {"project_name": "theirs"}
    assert json.loads(config.read_text())["daemon"]["local_only"]


def test_a_clone_whose_remote_has_the_branch_shares(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "--bare", "r.git", cwd=tmp_path)
    git("clone", "-q", "r.git", "one", cwd=tmp_path)
    init(tmp_path / "one")
    log = Log.open(tmp_path / "one", journal=tmp_path / "one/.thrum/var/journal.jsonl")
    assert log.exchange().pushed
    log.close()
    git("clone", "-q", "r.git", "two", cwd=tmp_path)
    report = init(tmp_path / "two")
    assert report.branch == "attached"
    assert not report.local_only


@pytest.fixture
def shared(tmp_path: Path, git: Git) -> Path:
    """A remote that has the branch, and a main one of a commit."""
    git("init", "-q", "--bare", "-b", "main", "r.git", cwd=tmp_path)
    git("clone", "-q", "r.git", "one", cwd=tmp_path)
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=tmp_path / "one")
    git("push", "-q", "origin", "HEAD:main", cwd=tmp_path / "one")
    init(tmp_path / "one")
    git("push", "-q", "origin", "a-sync", cwd=tmp_path / "one")
    return tmp_path / "r.git"


def narrow(git: Git, remote: Path, *flags: str) -> Path:
    git("clone", "-q", *flags, f"file://{remote}", "narrow", cwd=remote.parent)
    return remote.parent / "narrow"


@pytest.mark.parametrize("flags", [["--depth=1"], ["--single-branch"], ["--branch=main", "-n"]])
def test_the_remote_is_asked_where_its_branch_was_not_cloned(
    shared: Path, git: Git, flags: list[str]
) -> None:
    where = narrow(git, shared, *flags)
    git("checkout", "-q", "--detach", cwd=where)
    report = init(where)
    assert (report.branch, report.local_only, report.unasked) == ("attached", False, "")
    assert init(where).branch == "kept"


@pytest.mark.parametrize("away", ["gone", "ambiguous"])
def test_a_remote_that_cannot_be_asked_holds_nobody_up_and_is_told(
    shared: Path, git: Git, away: str
) -> None:
    where = narrow(git, shared, "--single-branch")
    if away == "gone":
        shared.rename(shared.with_name("away.git"))
    else:
        git("remote", "rename", "origin", "a", cwd=where)
        git("remote", "add", "b", str(shared), cwd=where)
    report = init(where)
    assert (report.branch, report.local_only) == ("created", True)
    assert ("r.git" if away == "gone" else "several remotes") in report.unasked


@pytest.mark.parametrize("said", ["by the environment", "by an earlier init"])
def test_a_remote_that_is_off_limits_is_not_asked(shared: Path, git: Git, said: str) -> None:
    where = narrow(git, shared, "--single-branch")
    trap = where.parent / "asked"
    git("config", "remote.origin.uploadpack", f"touch {trap}; git-upload-pack", cwd=where)
    if said == "by an earlier init":
        (where / ".thrum").mkdir()
        (where / ".thrum/config.json").write_text('{"daemon": {"local_only": true}}')
    environment = {"THRUM_LOCAL_ONLY": "true"} if said == "by the environment" else {}
    environment["PATH"] = os.environ["PATH"]
    report = initialize(where, environment=environment, now_ns=time.time_ns, ids=Ids(time.time_ns))
    assert report.local_only
    assert not trap.exists()


def test_from_a_linked_worktree_the_main_checkout_is_made_ready_too(
    repository: Path, git: Git
) -> None:
    git("commit", "--allow-empty", "-qm", "x", cwd=repository)
    side = repository.parent / "side"
    git("worktree", "add", "-q", str(side), cwd=repository)
    report = init(side)
    assert report.redirected
    assert report.place.shared == repository / ".thrum"
    assert (side / ".thrum/redirect").read_text() == f"{repository}/.thrum\n"
    assert (repository / ".thrum/config.json").is_file()
    assert not (side / ".thrum/config.json").exists()
    assert git("status", "--porcelain", cwd=side) == ""


def test_the_ignore_line_goes_where_it_is_asked_to_and_only_once(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.pyc")
    report = init(repository, gitignore=True)
    assert report.ignored_in == repository / ".gitignore"
    init(repository, gitignore=True)
    assert (repository / ".gitignore").read_text() == "*.pyc\n.thrum/\n"


def test_outside_git_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(ThrumError) as refusal:
        init(tmp_path)
    assert refusal.value.kind == "repository"
    assert not (tmp_path / ".thrum").exists()


def test_a_failed_first_run_takes_back_what_it_made(repository: Path, git: Git) -> None:
    git("config", "core.repositoryFormatVersion", "1", cwd=repository)
    git("config", "extensions.refStorage", "reftable", cwd=repository)
    with pytest.raises(ThrumError) as refusal:
        init(repository)
    assert refusal.value.kind == "repository"
    assert "reftable" in refusal.value.message
    assert not (repository / ".thrum").exists()


def test_it_is_safe_beside_a_daemon_at_work(repository: Path) -> None:
    init(repository)
    journal = repository / ".thrum/var/journal.jsonl"
    log = Log.open(repository, journal=journal)
    log.append([[("events.jsonl", b'{"event_id":"e"}')]])
    with journal.open("ab") as file:
        file.write(b'{"batch":[{"event":{"half')
    before = journal.read_bytes()
    init(repository)
    assert journal.read_bytes() == before
    log.close()


def test_git_agrees_that_the_place_is_ignored(repository: Path) -> None:
    init(repository)
    done = subprocess.run(
        ["git", "check-ignore", ".thrum/config.json"],
        cwd=repository,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0


def test_two_at_once_do_not_take_back_each_others_work(repository: Path) -> None:
    reports: list[Report] = []
    runs = [threading.Thread(target=lambda: reports.append(init(repository))) for _ in range(6)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(reports) == 6
    assert len({report.daemon_id for report in reports}) == 1
    assert sorted(report.fresh for report in reports) == [False] * 5 + [True]


def linked(repository: Path, git: Git) -> Path:
    """A linked worktree beside the repository."""
    git("commit", "--allow-empty", "-qm", "x", cwd=repository)
    side = repository.parent / "side"
    git("worktree", "add", "-q", str(side), cwd=repository)
    return side


def test_a_thrum_that_was_set_up_in_a_worktree_becomes_everybodys(
    repository: Path, git: Git
) -> None:
    side = linked(repository, git)
    (side / ".thrum/var").mkdir(parents=True)
    (side / ".thrum/config.json").write_text('{"identity": {"daemon_id": "d_OLD"}}')
    report = init(side)
    assert report.moved_from == side / ".thrum"
    assert report.daemon_id == "d_OLD"
    assert paths.find(repository, {}).shared == paths.find(side, {}).shared == repository / ".thrum"


def test_what_somebody_committed_counts_for_nothing_in_a_worktree(
    repository: Path, git: Git
) -> None:
    (repository / ".thrum").mkdir()
    (repository / ".thrum/config.json").write_text('{"identity": {"daemon_id": "d_THEIRS"}}')
    (repository / ".thrum/redirect").write_text("/home/somebody/else/.thrum\n")
    git("add", "-f", ".thrum", cwd=repository)
    side = linked(repository, git)
    with pytest.raises(ThrumError) as refusal:
        paths.find(repository, {})
    assert "thrum init" in (refusal.value.hint or "")
    init(repository)
    assert paths.find(repository, {}).shared == repository / ".thrum"
    assert paths.find(side, {}).shared == repository / ".thrum"
    assert init(side).redirected


@pytest.mark.parametrize("where", ["worktree", "folder", "repository", "plain repository"])
def test_a_bare_repository_has_one_thrum_wherever_it_begins(
    tmp_path: Path, git: Git, where: str
) -> None:
    git("init", "-q", "-b", "main", "seed", cwd=tmp_path)
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=tmp_path / "seed")
    proj = tmp_path / "proj"
    git("clone", "-q", "--bare", "seed", str(proj / ".bare"), cwd=tmp_path)
    if where != "plain repository":
        (proj / ".git").write_text("gitdir: ./.bare\n")
    git("worktree", "add", "-q", "../one", "main", cwd=proj / ".bare")
    git("worktree", "add", "-q", "-b", "two", "../two", cwd=proj / ".bare")
    begun = {"worktree": proj / "one", "folder": proj}.get(where, proj / ".bare")
    report = init(begun)
    assert report.fresh
    assert report.place.shared == proj / ".bare/thrum"
    assert report.place.name == "proj"
    for root in (proj / "one", proj / "two", proj / ".bare/refs", begun):
        again = init(root)
        assert again.daemon_id == report.daemon_id
        assert paths.find(root, {}).shared == proj / ".bare/thrum"
    git("worktree", "remove", str(proj / "one"), cwd=proj / "two")
    assert init(proj / "two").daemon_id == report.daemon_id
    assert git("status", "--porcelain", cwd=proj / "two") == ""


def test_a_worktree_without_its_repository_is_told_what_helps(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /not/here/.git/worktrees/x\n")
    for attempt in (init, lambda where: paths.find(where, {})):
        with pytest.raises(
            ThrumError, match="is a worktree of a repository that is not"
        ) as refusal:
            attempt(tmp_path)
        assert refusal.value.kind == "repository"
        assert f"git worktree repair {tmp_path}" in (refusal.value.hint or "")
    assert [each.name for each in tmp_path.iterdir() if each.name != "home-of-test"] == [".git"]


def test_a_file_in_the_way_is_left_alone(repository: Path) -> None:
    (repository / ".thrum").write_text("mine")
    with pytest.raises(ThrumError) as refusal:
        init(repository)
    assert refusal.value.kind == "conflict"
    assert (repository / ".thrum").read_text() == "mine"


def test_a_node_that_shares_without_saying_so_is_not_cut_off(repository: Path) -> None:
    (repository / ".thrum").mkdir()
    config = repository / ".thrum/config.json"
    config.write_text(json.dumps({"identity": {"daemon_id": "d_OLD"}}))
    assert not init(repository).local_only
    assert "local_only" not in json.loads(config.read_text()).get("daemon", {})


@pytest.mark.parametrize(
    ("before", "added"),
    [
        ("# about .thrum/ folders\n", True),
        ("!.thrum/\n", True),
        ("/.thrum\n", False),
        ("a\n.thrum/ \n", False),
    ],
)
def test_only_a_whole_line_counts_as_ignored(repository: Path, before: str, added: bool) -> None:
    exclude = repository / ".git/info/exclude"
    exclude.write_text(before)
    assert (init(repository).ignored_in == exclude) is added
    assert exclude.read_text() == before + (".thrum/\n" if added else "")


def test_the_ignore_file_is_used_when_asked_for_later(repository: Path) -> None:
    init(repository)
    assert init(repository, gitignore=True).ignored_in == repository / ".gitignore"
    assert (repository / ".gitignore").read_text() == ".thrum/\n"


@pytest.mark.skipif(not platform.LINUX, reason="such names are refused by other file systems")
@pytest.mark.parametrize("at", ["main", "side"])
def test_a_path_that_is_no_utf_8_is_refused_before_anything_is_made(
    tmp_path: Path, git: Git, at: str
) -> None:
    bad = tmp_path / os.fsdecode(b"n\xff")
    main, side = (bad, tmp_path / "side") if at == "main" else (tmp_path / "main", bad)
    git("init", "-q", str(main), cwd=tmp_path)
    git("commit", "--allow-empty", "-qm", "x", cwd=main)
    git("worktree", "add", "-q", str(side), cwd=main)
    with pytest.raises(ThrumError, match=r"udcff.* is not UTF-8.*") as refused:
        init(side)
    assert refused.value.kind == "repository"
    assert not (main / ".thrum").exists()
    assert not (side / ".thrum").exists()


@pytest.mark.skipif(not platform.LINUX, reason="such names are refused by other file systems")
def test_a_folder_in_a_worktree_may_have_any_name(repository: Path) -> None:
    inside = repository / os.fsdecode(b"n\xff") / "deep"
    inside.mkdir(parents=True)
    init(inside)
    assert paths.find(inside, {}).root == repository


def test_the_state_of_the_project_gets_its_headings_once(repository: Path, git: Git) -> None:
    init(repository)
    file = repository / ".thrum/context/project_state.md"
    assert file.read_text() == project.SKELETON
    file.write_text("# Ours\n")
    init(repository)
    git("commit", "-q", "--allow-empty", "-m", "first", cwd=repository)
    git("worktree", "add", "-q", "../linked", cwd=repository)
    init(repository.parent / "linked")
    assert file.read_text() == "# Ours\n"
    assert not (repository.parent / "linked/.thrum/context/project_state.md").exists()
