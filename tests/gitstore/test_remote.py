"""Which remote is taken, whatever people call theirs and do to them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest

from gitstore import Examination, Log, Outcome, Standing, attach, bring, has_remote
from gitstore.remote import Told, choose

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


def by_counted_variables(git: Git, where: Path, url: str, aside: Path) -> dict[str, str]:
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "remote.origin.url",
        "GIT_CONFIG_VALUE_0": url,
    }


def by_settings_of_a_command_line(git: Git, where: Path, url: str, aside: Path) -> dict[str, str]:
    return {"GIT_CONFIG_PARAMETERS": f"'remote.origin.url'='{url}'"}


def by_another_file_of_the_user(git: Git, where: Path, url: str, aside: Path) -> dict[str, str]:
    git("config", "-f", str(aside), "remote.upstream.url", url, cwd=where)
    return {"GIT_CONFIG_GLOBAL": str(aside)}


def by_another_file_of_the_system(git: Git, where: Path, url: str, aside: Path) -> dict[str, str]:
    git("config", "-f", str(aside), "remote.fork.url", url, cwd=where)
    return {"GIT_CONFIG_SYSTEM": str(aside), "GIT_CONFIG_NOSYSTEM": "0"}


def by_a_file_in_that_file(git: Git, where: Path, url: str, aside: Path) -> dict[str, str]:
    more = aside.with_name("more")
    git("config", "-f", str(more), "remote.origin.url", url, cwd=where)
    git("config", "-f", str(aside), f"includeIf.gitdir:{where}/.path", str(more), cwd=where)
    return {"GIT_CONFIG_GLOBAL": str(aside)}


HIDDEN = [
    by_counted_variables,
    by_settings_of_a_command_line,
    by_another_file_of_the_user,
    by_another_file_of_the_system,
    by_a_file_in_that_file,
]
Hide = Callable[[Git, Path, str, Path], dict[str, str]]


@pytest.mark.parametrize("hide", HIDDEN, ids=lambda hide: hide.__name__)
def test_a_remote_that_only_git_knows_is_one_like_another(
    clone: Clone,
    remote: Path,
    tmp_path: Path,
    git: Git,
    open_log: Open,
    event: Event,
    monkeypatch: pytest.MonkeyPatch,
    hide: Hide,
) -> None:
    first = open_log(clone("first"))
    raw = say(first, event)
    first.exchange()
    git("init", "-q", "two", cwd=tmp_path)
    where = tmp_path / "two"
    assert not has_remote(where)
    assert bring(where, os.environ).outcome is Outcome.NO_REMOTE
    for name, value in hide(git, where, str(remote), tmp_path / "aside").items():
        monkeypatch.setenv(name, value)
    assert list(pygit2.Repository(str(where)).remotes.names()) == []
    assert has_remote(where)
    assert bring(where, os.environ).outcome is Outcome.OK
    assert attach(where).remote_has_it
    log = open_log(where)
    assert [line.raw for line in log.read()] == [raw]
    assert log.addresses == (str(remote),)
    say(log, event)
    done = log.exchange()
    assert (done.pushed, done.processes) == (True, 1)
    assert log.standing().remote == Examination.of(where).format.remote
    assert log.standing().remote in {"origin", "upstream", "fork"}
    assert first.exchange().merged


def test_a_remote_that_only_git_knows_beside_others(
    clone: Clone, tmp_path: Path, git: Git, open_log: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = clone("one")
    git("remote", "rename", "origin", "fork", cwd=where)
    for number, (key, value) in enumerate(
        {"remote.origin.url": "/elsewhere", "remote.third.url": "/third"}.items()
    ):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    log = open_log(where)
    assert log.upstream.choose().name == "fork"
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    assert log.addresses == ("/elsewhere",)
    assert log.upstream.choose().name == "origin"
    log.use_remote("third")
    assert log.addresses == ("/third",)
    log.use_remote("")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "branch.a-sync.remote")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "third")
    assert log.addresses == ("/third",)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "0")
    git("remote", "rename", "fork", "again", cwd=where)
    assert log.upstream.choose().name == "third"
    assert "remote.git" in log.addresses[0]
    assert log.upstream.choose().name == "again"


def test_a_remote_that_git_does_not_know_is_none(clone: Clone, git: Git) -> None:
    where = clone("one")
    repository = pygit2.Repository(str(where))
    alone = Told(fewer=frozenset({"origin"}), addresses={})
    assert choose(repository, "a-sync", told=alone).refusal.outcome is Outcome.NO_REMOTE
    assert "none at all" in choose(repository, "a-sync", "origin", alone).words
    git("remote", "add", "second", "/second", cwd=where)
    assert choose(repository, "a-sync", told=alone).name == "second"


def test_asking_for_remotes_takes_one_program(
    clone: Clone, git: Git, open_log: Open, event: Event
) -> None:
    where = clone("one")
    log = open_log(where)
    say(log, event)
    git_program = log.upstream.git
    assert git_program.started == 0
    assert log.addresses
    log.exchange()
    before = git_program.started
    git("remote", "add", "second", "/second", cwd=where)
    assert log.addresses
    log.standing()
    assert git_program.started == before + 1
