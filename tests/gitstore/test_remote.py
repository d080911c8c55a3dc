"""Which remote is taken, whatever people call theirs and do to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest

from gitstore import Log, Outcome, Standing, attach
from gitstore.remote import choose

Git = Callable[..., str]
Clone = Callable[[str], Path]
Event = Callable[..., bytes]
Open = Callable[..., Log]


@pytest.mark.parametrize(
    ("names", "upstream", "wanted", "expected", "words"),
    [
        ([], "", "", None, ""),
        (["origin"], "", "", "origin", ""),
        (["fork", "origin"], "", "", "origin", ""),
        (["fork"], "", "", "fork", ""),
        (["a", "b"], "", "", None, "git config branch.a-sync.remote"),
        (["a", "b"], "b", "", "b", ""),
        (["origin", "b"], "b", "", "b", ""),
        (["origin", "b"], "gone", "", "origin", ""),
        (["origin", "b"], ".", "", "origin", ""),
        (["origin", "b", "c"], "c", "b", "b", ""),
        (["origin"], "", "gone", None, "gone does not exist; there are: origin"),
        ([], "", "gone", None, "none at all"),
    ],
)
def test_the_first_rule_that_applies(
    tmp_path: Path,
    git: Git,
    names: list[str],
    upstream: str,
    wanted: str,
    expected: str | None,
    words: str,
) -> None:
    git("init", "-q", "one", cwd=tmp_path)
    where = tmp_path / "one"
    for name in names:
        git("remote", "add", name, f"/nowhere/{name}", cwd=where)
    if upstream:
        git("config", "branch.a-sync.remote", upstream, cwd=where)
    found = choose(pygit2.Repository(str(where)), "a-sync", wanted)
    assert found.name == expected
    assert words in found.words
    assert bool(found.words) == bool(words)


def say(log: Log, event: Event) -> bytes:
    raw = event()
    log.append([[("events.jsonl", raw)]])
    return raw


def test_a_clone_whose_remote_has_another_name(
    remote: Path, tmp_path: Path, git: Git, clone: Clone, open_log: Open, event: Event
) -> None:
    first = open_log(clone("first"))
    raw = say(first, event)
    first.exchange()
    git("clone", "-q", "-o", "upstream", str(remote), "two", cwd=tmp_path)
    assert attach(tmp_path / "two").remote_has_it
    log = open_log(tmp_path / "two")
    assert log.upstream.format.remote == "upstream"
    assert [line.raw for line in log.read()] == [raw]
    say(log, event)
    done = log.exchange()
    assert done.pushed
    assert git("config", "branch.a-sync.remote", cwd=tmp_path / "two") == "upstream\n"
    assert first.exchange().merged


def test_a_remote_that_is_renamed_under_a_running_daemon(
    clone: Clone, git: Git, open_log: Open, event: Event
) -> None:
    where = clone("one")
    log = open_log(where)
    say(log, event)
    assert log.exchange().pushed
    git("remote", "rename", "origin", "elsewhere", cwd=where)
    say(log, event)
    done = log.exchange()
    assert (done.outcome, done.processes) == (Outcome.OK, 1)
    assert log.standing() == Standing(log.tip, 0, 0, "elsewhere")
    refs = git("for-each-ref", "--format=%(refname)", cwd=where).split()
    assert "refs/remotes/elsewhere/a-sync" in refs
    assert "refs/remotes/origin/a-sync" not in refs
    git("remote", "remove", "elsewhere", cwd=where)
    say(log, event)
    assert log.exchange().outcome is Outcome.NO_REMOTE
    assert log.addresses == ()


def test_one_of_several_is_named_before_anything_is_sent(
    clone: Clone, remote: Path, git: Git, open_log: Open, event: Event
) -> None:
    where = clone("one")
    git("remote", "rename", "origin", "a", cwd=where)
    git("remote", "add", "b", str(remote), cwd=where)
    log = open_log(where)
    say(log, event)
    refused = log.exchange()
    assert refused.outcome is Outcome.FAILED
    assert "several remotes (a, b)" in refused.words
    assert refused.committed
    assert refused.processes == 0
    git("config", "branch.a-sync.remote", "b", cwd=where)
    assert log.exchange().pushed
    assert log.addresses == (str(remote),)


def test_a_relative_address_means_what_it_means_to_people(
    clone: Clone, remote: Path, git: Git, open_log: Open, event: Event
) -> None:
    where = clone("one")
    git("remote", "set-url", "origin", f"../{remote.name}", cwd=where)
    log = open_log(where)
    say(log, event)
    assert log.exchange().pushed
    assert log.addresses == (f"../{remote.name}",)
    assert git("rev-parse", "a-sync", cwd=remote).strip() == log.tip


def test_what_is_configured_beats_all(
    clone: Clone, tmp_path: Path, git: Git, open_log: Open, event: Event
) -> None:
    where = clone("one")
    git("init", "-q", "--bare", "second.git", cwd=tmp_path)
    git("remote", "add", "second", str(tmp_path / "second.git"), cwd=where)
    log = open_log(where)
    log.use_remote("second")
    say(log, event)
    assert log.exchange().pushed
    assert "a-sync" in git("branch", cwd=tmp_path / "second.git")
    log.use_remote("third")
    assert "third does not exist" in log.exchange().words


def test_a_remote_with_another_address_for_pushes(
    clone: Clone, remote: Path, tmp_path: Path, git: Git, open_log: Open, event: Event
) -> None:
    where = clone("one")
    (tmp_path / "other-way.git").symlink_to(remote)
    git("remote", "set-url", "--push", "origin", str(tmp_path / "other-way.git"), cwd=where)
    log = open_log(where)
    say(log, event)
    assert log.exchange().pushed
    assert log.addresses == (str(tmp_path / "other-way.git"),)
    two = open_log(clone("two"))
    say(two, event)
    assert two.exchange().ok
    assert log.exchange().merged
    assert log.exchange().processes == 1
