"""The remote of a log as it is known here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Log, LogError
from gitstore.upstream import Upstream

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


@pytest.fixture
def where(clone: Clone) -> Path:
    return clone("one")


@pytest.fixture
def log(where: Path, open_log: Open) -> Log:
    return open_log(where)


@pytest.fixture
def upstream(log: Log) -> Upstream:
    return log.upstream


def test_a_remote_that_is_turned_to_changes_ref_locks_and_program(
    upstream: Upstream, where: Path, git: Git
) -> None:
    git("remote", "add", "second", "/nowhere", cwd=where)
    upstream.wanted = "second"
    assert upstream.choose().name == "second"
    assert upstream.exists
    assert upstream.format.tracking == upstream.ref.name == "refs/remotes/second/a-sync"
    assert upstream.git.format is upstream.format
    assert upstream.ref.lock in upstream.leftovers.locks
    upstream.wanted = "third"
    assert not upstream.exists
    assert upstream.addresses == ()
    assert upstream.format.remote == "second"


def test_every_place_that_a_push_goes_to_is_an_address(
    upstream: Upstream, where: Path, remote: Path, git: Git
) -> None:
    assert list(upstream.addresses) == [str(remote)]
    for place in ("/second", "/third"):
        git("remote", "set-url", "--add", "--push", "origin", place, cwd=where)
    assert list(upstream.addresses) == ["/second", "/third"]
    git("config", "--unset-all", "remote.origin.pushurl", cwd=where)
    git("remote", "set-url", "--add", "origin", "/fourth", cwd=where)
    assert list(upstream.addresses) == [str(remote), "/fourth"]


def in_repository(git: Git, where: Path, value: str, home: Path) -> None:
    git("config", "url.https://h/pub.pushInsteadOf", value, cwd=where)


def of_the_user(git: Git, where: Path, value: str, home: Path) -> None:
    git("config", "--global", "url.https://h/pub.insteadOf", value, cwd=where)


def included_for_this_remote(git: Git, where: Path, value: str, home: Path) -> None:
    git("config", "-f", str(home / "more"), "url.https://h/pub.pushInsteadOf", value, cwd=where)
    key = f"includeIf.hasconfig:remote.*.url:{value}.path"
    git("config", "--global", key, str(home / "more"), cwd=where)


def included_for_this_place(git: Git, where: Path, value: str, home: Path) -> None:
    git("config", "-f", str(home / "more"), "remote.origin.pushurl", "https://h/pub", cwd=where)
    git("config", "--global", f"includeIf.gitdir:{where}/.path", str(home / "more"), cwd=where)


def by_the_environment(git: Git, where: Path, value: str, home: Path) -> None:
    git("config", "-f", str(home / "other"), "url.https://h/pub.insteadOf", value, cwd=where)


REWRITES = [
    in_repository,
    of_the_user,
    included_for_this_remote,
    included_for_this_place,
    by_the_environment,
]


@pytest.mark.parametrize("rewrite", REWRITES, ids=lambda rewrite: rewrite.__name__)
def test_an_address_is_what_git_makes_of_it(
    where: Path,
    remote: Path,
    git: Git,
    open_log: Open,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rewrite: Callable[[Git, Path, str, Path], None],
) -> None:
    rewrite(git, where, str(remote), tmp_path)
    if rewrite is by_the_environment:
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "other"))
    assert open_log(where).addresses == ("https://h/pub",)


def test_where_git_does_not_say_it_nobody_guesses(upstream: Upstream, tmp_path: Path) -> None:
    upstream.git.environment = {"PATH": str(tmp_path / "nothing")}
    with pytest.raises(LogError, match="does not say where a push goes"):
        upstream.addresses  # noqa: B018


def test_what_was_pushed_is_noted_and_the_branch_gets_its_upstream(
    log: Log, upstream: Upstream, where: Path, git: Git
) -> None:
    assert upstream.tip is None
    upstream.stands_at(log.tip)
    assert upstream.tip == log.tip
    assert git("config", "branch.a-sync.remote", cwd=where) == "origin\n"
    assert git("config", "branch.a-sync.merge", cwd=where) == "refs/heads/a-sync\n"
    git("config", "branch.a-sync.remote", "theirs", cwd=where)
    upstream.stands_at(log.tip)
    assert git("config", "branch.a-sync.remote", cwd=where) == "theirs\n"


def test_a_damaged_note_of_the_remote_is_dropped(log: Log, upstream: Upstream) -> None:
    upstream.stands_at(log.tip)
    upstream.ref.path.write_bytes(b"")
    assert upstream.tip is None
    assert not upstream.ref.path.exists()


def test_only_a_partial_clone_is_completed(log: Log, upstream: Upstream) -> None:
    assert not upstream.is_partial
    upstream.complete(log.tip)
    upstream.complete(None)
    assert upstream.git.started == 0


def test_nothing_is_started_to_open_a_log(where: Path, git: Git, open_log: Open) -> None:
    git("remote", "remove", "origin", cwd=where)
    log = open_log(where)
    assert log.upstream.git.started == 0
    assert not log.upstream.exists
    asked = log.upstream.git.started
    assert asked > 0
    assert not log.upstream.exists
    assert log.upstream.git.started == asked


def test_a_remote_that_only_git_knows_is_found_by_whoever_asks_for_its_tip(
    where: Path, git: Git, open_log: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = git("config", "remote.origin.url", cwd=where).strip()
    git("remote", "remove", "origin", cwd=where)
    for name, value in (("COUNT", "1"), ("KEY_0", "remote.up.url"), ("VALUE_0", url)):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    upstream = open_log(where).upstream
    assert upstream.tip is None
    assert upstream.format.remote == "up"
