"""The branch is made, attached to or kept."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Branch, Log, Origin, Outcome, attach, bring, has_remote
from gitstore import branch as branch_module
from gitstore.ref import MARK
from tests.served import served

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


def test_clones_that_begin_apart_share_the_first_commit(clone: Clone, open_log: Open) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    assert one.opened.branch.origin is Origin.CREATED
    assert one.tip == two.tip


def test_a_fetched_branch_is_attached_to(clone: Clone, open_log: Open, event: Event) -> None:
    one = open_log(clone("one"))
    one.append([[("events.jsonl", event())]])
    one.exchange()
    late = open_log(clone("late"))
    assert late.opened.branch.origin is Origin.ATTACHED
    assert late.tip == one.tip


def test_a_branch_that_is_there_is_kept(clone: Clone) -> None:
    where = clone("one")
    assert attach(where).origin is Origin.CREATED
    again = attach(where)
    assert (again.origin, again.remote_has_it, again.stale_lock) == (Origin.KEPT, False, False)


@pytest.mark.parametrize("holds", [False, True])
def test_a_branch_that_holds_nothing_yet_starts_at_the_remotes(
    clone: Clone, open_log: Open, event: Event, git: Git, holds: bool
) -> None:
    """Who goes on from an empty one would take all that the remote knows for unknown."""
    one, where = open_log(clone("one")), clone("two")
    two = open_log(where)
    if holds:
        two.append([[("events.jsonl", event())]])
        two.commit()
    mine = two.tip
    two.close()
    one.append([[("events.jsonl", event())]])
    one.exchange()
    git("fetch", "-q", "origin", cwd=where)
    found = attach(where)
    assert found == Branch(Origin.KEPT if holds else Origin.ATTACHED, True, False)
    assert open_log(where).tip == (mine if holds else one.tip)


@pytest.mark.parametrize("way", ["files", "a second commit"])
def test_what_somebody_else_began_is_kept(clone: Clone, git: Git, way: str) -> None:
    """A first commit with files, or an empty one upon another."""
    where = clone("one")
    empty = git("hash-object", "-t", "tree", "-w", "/dev/null", cwd=where).strip()
    (where / "events.jsonl").write_text("{}\n")
    git("add", "events.jsonl", cwd=where)
    filled = git("write-tree", cwd=where).strip()
    first = git("commit-tree", "-m", "x", filled if way == "files" else empty, cwd=where).strip()
    tip = first
    if way != "files":
        tip = git("commit-tree", "-m", "y", "-p", first, empty, cwd=where).strip()
    other = git("commit-tree", "-m", "z", filled, cwd=where).strip()
    git("update-ref", "refs/heads/a-sync", tip, cwd=where)
    git("update-ref", "refs/remotes/origin/a-sync", other, cwd=where)
    assert attach(where).origin is Origin.KEPT
    assert git("rev-parse", "a-sync", cwd=where).strip() == tip


def test_the_first_commit_is_empty_and_has_the_same_date_everywhere(clone: Clone, git: Git) -> None:
    where = clone("one")
    attach(where)
    assert git("ls-tree", "a-sync", cwd=where) == ""
    assert git("log", "--format=%at %ct %s", "a-sync", cwd=where) == (
        "1735689600 1735689600 Initialize Thrum sync\n"
    )


def test_a_lock_that_a_crash_left_is_told_and_gone(clone: Clone) -> None:
    where = clone("one")
    lock = where / ".git/refs/heads/a-sync.lock"
    lock.write_bytes(MARK)
    assert attach(where).stale_lock
    assert not lock.exists()


def single(git: Git, remote: Path, where: Path) -> None:
    git("clone", "-q", "--single-branch", f"file://{remote}", where.name, cwd=where.parent)


def shallow(git: Git, remote: Path, where: Path) -> None:
    git("clone", "-q", "--depth", "1", f"file://{remote}", where.name, cwd=where.parent)


def partial(git: Git, remote: Path, where: Path) -> None:
    git("config", "uploadpack.allowFilter", "true", cwd=remote)
    flags = ("--filter=blob:none", "--single-branch")
    git("clone", "-q", *flags, f"file://{remote}", where.name, cwd=where.parent)


def checked_out_by_ci(git: Git, remote: Path, where: Path) -> None:
    """One commit, no branch, credentials as a header of each request."""
    git("init", "-q", where.name, cwd=where.parent)
    git("remote", "add", "origin", f"file://{remote}", cwd=where)
    commit = git("rev-parse", "main", cwd=remote).strip()
    into = f"+{commit}:refs/remotes/pull/1/merge"
    git("fetch", "-q", "--no-tags", "--depth=1", "origin", into, cwd=where)
    git("checkout", "-q", "--force", "refs/remotes/pull/1/merge", cwd=where)
    git("config", "http.https://example.org/.extraheader", "AUTHORIZATION: basic x", cwd=where)


def mirrored_name(git: Git, remote: Path, where: Path) -> None:
    git(
        "clone",
        "-q",
        "--single-branch",
        "-o",
        "up",
        f"file://{remote}",
        where.name,
        cwd=where.parent,
    )


NARROW = [single, shallow, partial, checked_out_by_ci, mirrored_name]


@pytest.fixture
def shared(clone: Clone, open_log: Open, event: Event, git: Git) -> Log:
    """A log that is at the remote, beside a main branch of two commits."""
    base = clone("base")
    for _ in range(2):
        git("commit", "-q", "--allow-empty", "-m", "x", cwd=base)
    git("push", "-q", "origin", "HEAD:main", cwd=base)
    log = open_log(base)
    for text in ("one", "two"):
        log.append([[("events.jsonl", event(text))]])
        log.commit()
    assert log.exchange().pushed
    return log


@pytest.mark.parametrize("make", NARROW, ids=lambda make: make.__name__)
def test_the_branch_is_found_where_nothing_of_it_was_cloned(
    shared: Log,
    remote: Path,
    tmp_path: Path,
    git: Git,
    open_log: Open,
    event: Event,
    make: Callable[[Git, Path, Path], None],
) -> None:
    where = tmp_path / "narrow"
    make(git, remote, where)
    assert "a-sync" not in git("for-each-ref", cwd=where)
    answer = bring(where, os.environ)
    assert (answer.outcome, answer.tip) == (Outcome.OK, shared.tip)
    assert bring(where, {"PATH": "/nowhere"}) == answer, "nobody is asked twice"
    found = attach(where)
    assert (found.origin, found.remote_has_it) == (Origin.ATTACHED, True)
    log = open_log(where)
    log.append([[("events.jsonl", event("from the narrow one"))]])
    assert log.exchange().pushed
    assert shared.exchange().merged
    assert shared.tip == log.tip
    assert len(list(shared.read())) == 3
    shared.append([[("events.jsonl", event("back"))]])
    assert shared.exchange().pushed
    assert log.exchange().merged
    assert git("status", "--porcelain", "--untracked-files=no", cwd=where) == ""


HEADER = f"AUTHORIZATION: Basic {base64.b64encode(b'ada:s3cret').decode()}"


def header_in_the_clone(git: Git, url: str, where: Path) -> None:
    git("remote", "add", "origin", url, cwd=where)
    git("config", f"http.{url.rpartition('/')[0]}/.extraheader", HEADER, cwd=where)


def header_in_an_included_file(git: Git, url: str, where: Path) -> None:
    git("remote", "add", "origin", url, cwd=where)
    more = str(where.parent / "credentials.config")
    git("config", "-f", more, f"http.{url.rpartition('/')[0]}/.extraheader", HEADER, cwd=where)
    git("config", f"includeIf.gitdir:{where}/.git.path", more, cwd=where)


def token_in_the_address(git: Git, url: str, where: Path) -> None:
    git("config", "remote.origin.url", url.replace("://", "://ada:s3cret@"), cwd=where)


def helper_in_an_included_file(git: Git, url: str, where: Path) -> None:
    more = str(where.parent / "helper.conf")
    helper = "!f() { echo username=ada; echo password=s3cret; }; f"
    git("config", "-f", more, "credential.helper", helper, cwd=where)
    git("config", "include.path", more, cwd=where)
    git("config", "remote.origin.url", url, cwd=where)


BUILDS = [
    header_in_the_clone,
    header_in_an_included_file,
    token_in_the_address,
    helper_in_an_included_file,
]


@pytest.mark.parametrize("credentials", BUILDS, ids=lambda build: build.__name__)
def test_a_build_with_a_commit_and_credentials_finds_the_branch_and_sends(
    shared: Log,
    remote: Path,
    tmp_path: Path,
    git: Git,
    open_log: Open,
    event: Event,
    credentials: Callable[[Git, str, Path], None],
) -> None:
    git("init", "-q", "build", cwd=tmp_path)
    where = tmp_path / "build"
    with served(tmp_path, "ada:s3cret") as address:
        credentials(git, f"{address}/{remote.name}", where)
        into = "+refs/heads/main:refs/remotes/origin/main"
        git("fetch", "-q", "--no-tags", "--depth=1", "origin", into, cwd=where)
        git("checkout", "-q", "--detach", "refs/remotes/origin/main", "--", cwd=where)
        assert bring(where, os.environ).tip == shared.tip
        assert attach(where).origin is Origin.ATTACHED
        log = open_log(where)
        log.append([[("events.jsonl", event("from the build"))]])
        assert log.exchange().pushed
    assert shared.exchange().merged
    assert len(list(shared.read())) == 3


def test_a_remote_that_has_no_such_branch_or_is_not_there_is_told_apart(
    remote: Path, tmp_path: Path, git: Git, clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = clone("one")
    assert bring(where, os.environ).outcome is Outcome.NO_SUCH_BRANCH
    remote.rename(tmp_path / "away.git")
    away = bring(where, os.environ)
    assert (away.outcome, away.tip) == (Outcome.UNREACHABLE, None)
    assert "remote.git" in away.words
    monkeypatch.setattr(branch_module, "ASKED_S", 0.3)
    git("config", "remote.origin.uploadpack", "sleep 60; true", cwd=where)
    (tmp_path / "away.git").rename(remote)
    assert bring(where, os.environ).outcome is Outcome.TIMED_OUT
    assert has_remote(where)
    git("remote", "remove", "origin", cwd=where)
    assert bring(where, os.environ).outcome is Outcome.NO_REMOTE
    assert not has_remote(where)
    git("remote", "add", "a", "/x", cwd=where)
    git("remote", "add", "b", "/y", cwd=where)
    assert "several remotes" in bring(where, os.environ).words


def test_what_the_remote_has_and_does_not_give_is_known_all_the_same(
    shared: Log, remote: Path, tmp_path: Path, git: Git
) -> None:
    where = tmp_path / "single"
    single(git, remote, where)
    (where / ".git/refs/remotes/origin/a-sync.lock").touch()
    answer = bring(where, os.environ)
    assert answer.outcome is not Outcome.OK
    assert answer.tip == shared.tip
