"""The remote of a log as it is known here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Log
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
    assert upstream.addresses == (str(remote),)
    for place in ("/second", "/third"):
        git("remote", "set-url", "--add", "--push", "origin", place, cwd=where)
    assert set(upstream.addresses) == {str(remote), "/second", "/third"}
    assert upstream.addresses[0] == str(remote)


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
