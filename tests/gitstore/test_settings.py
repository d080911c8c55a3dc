"""What git accepts in a shell holds for an exchange: settings, addresses and credentials."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from gitstore import Log, Outcome
from tests.served import served

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]

NOWHERE = "nowhere:team/repository"
"""An address that means something only where a setting rewrites it."""


def exchanged(where: Path, environment: Mapping[str, str]) -> Outcome:
    journal = where / ".thrum" / "var" / "journal.jsonl"
    log = Log.open(where, journal=journal, environment=environment, sleep=lambda _s: None)
    try:
        result = log.exchange()
        assert result.pushed or not result.ok, result
        return result.outcome
    finally:
        log.close()


def by_count(tmp_path: Path, key: str, value: str) -> dict[str, str]:
    """Settings in variables, as CI systems make them."""
    return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": value}


def by_parameters(tmp_path: Path, key: str, value: str) -> dict[str, str]:
    """What a hook inherits of ``git -c``."""
    return {"GIT_CONFIG_PARAMETERS": f"'{key}'='{value}'"}


def by_global_file(tmp_path: Path, key: str, value: str) -> dict[str, str]:
    """Another file than ``~/.gitconfig``."""
    file = tmp_path / "settings"
    subprocess.run(["git", "config", "--file", str(file), key, value], check=True)
    return {"GIT_CONFIG_GLOBAL": str(file)}


def by_include(tmp_path: Path, key: str, value: str) -> dict[str, str]:
    """A file that counts only where a remote has a certain address."""
    file, main = tmp_path / "included", tmp_path / "home" / ".gitconfig"
    subprocess.run(["git", "config", "--file", str(file), key, value], check=True)
    condition = f"includeIf.hasconfig:remote.*.url:{NOWHERE}.path"
    subprocess.run(["git", "config", "--file", str(main), condition, str(file)], check=True)
    return {}


@pytest.mark.parametrize("way", [by_count, by_parameters, by_global_file, by_include])
def test_an_address_is_rewritten_wherever_the_setting_stands(
    way: Callable[[Path, str, str], dict[str, str]],
    clone: Clone,
    git: Git,
    remote: Path,
    tmp_path: Path,
) -> None:
    where = clone("one")
    git("remote", "set-url", "origin", NOWHERE, cwd=where)
    settings = way(tmp_path, f"url.{remote}.insteadOf", NOWHERE)
    assert exchanged(where, {**os.environ, **settings}) is Outcome.OK
    assert git("for-each-ref", "refs/heads/a-sync", cwd=remote)


@pytest.fixture
def locked(clone: Clone, git: Git, remote: Path) -> Iterator[Path]:
    """A clone whose remote asks for a name and a password."""
    where = clone("one")
    with served(remote.parent, "ada:secret") as address:
        git("remote", "set-url", "origin", f"{address}/{remote.name}", cwd=where)
        yield where


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return str(path)


ASKED = 'case "$1" in User*) echo ada ;; *) echo secret ;; esac'


def test_without_a_password_the_remote_refuses_and_nothing_waits(locked: Path) -> None:
    assert exchanged(locked, os.environ) is Outcome.AUTH_FAILED


@pytest.mark.parametrize("variable", ["GIT_ASKPASS", "SSH_ASKPASS"])
def test_a_program_that_knows_the_password_is_asked(
    variable: str, locked: Path, tmp_path: Path
) -> None:
    program = script(tmp_path / "ask", ASKED)
    assert exchanged(locked, {**os.environ, variable: program}) is Outcome.OK


def test_a_program_that_a_setting_names_is_asked(locked: Path, git: Git, tmp_path: Path) -> None:
    git("config", "core.askPass", script(tmp_path / "ask", ASKED), cwd=locked)
    assert exchanged(locked, os.environ) is Outcome.OK


def test_a_helper_with_a_token_in_a_variable_is_asked(locked: Path, git: Git) -> None:
    helper = '!f() { echo username=ada; echo "password=$TEAM_TOKEN"; }; f'
    git("config", "credential.helper", helper, cwd=locked)
    assert exchanged(locked, os.environ) is Outcome.AUTH_FAILED
    assert exchanged(locked, {**os.environ, "TEAM_TOKEN": "secret"}) is Outcome.OK


def test_a_header_in_the_environment_is_sent(locked: Path, tmp_path: Path) -> None:
    header = by_count(tmp_path, "http.extraHeader", "Authorization: Basic YWRhOnNlY3JldA==")
    assert exchanged(locked, {**os.environ, **header}) is Outcome.OK


@pytest.mark.parametrize("below", ["", "a/b"])
def test_a_relative_address_counts_from_the_main_worktree(
    below: str, clone: Clone, git: Git, remote: Path, tmp_path: Path
) -> None:
    where = clone("one")
    git("remote", "set-url", "origin", f"../{remote.name}", cwd=where)
    (where / below).mkdir(parents=True, exist_ok=True)
    git("ls-remote", cwd=where / below)
    assert exchanged(where / below, os.environ) is Outcome.OK


def test_a_relative_address_counts_from_the_main_worktree_for_a_linked_one(
    clone: Clone, git: Git, remote: Path, tmp_path: Path
) -> None:
    where = clone("one")
    git("commit", "-q", "--allow-empty", "-m", "first", cwd=where)
    git("worktree", "add", "-q", str(tmp_path / "elsewhere" / "deep" / "two"), cwd=where)
    git("remote", "set-url", "origin", f"../{remote.name}", cwd=where)
    assert exchanged(tmp_path / "elsewhere" / "deep" / "two", os.environ) is Outcome.OK


def test_a_relative_address_counts_from_a_repository_without_a_worktree(
    git: Git, remote: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare.git"
    git("init", "-q", "--bare", str(bare), cwd=tmp_path)
    git("remote", "add", "origin", f"../{remote.name}", cwd=bare)
    assert exchanged(bare, os.environ) is Outcome.OK


def test_a_relative_address_counts_from_a_worktree_whose_repository_lies_apart(
    git: Git, remote: Path, tmp_path: Path
) -> None:
    work, apart = tmp_path / "work", tmp_path / "stores" / "deep" / "git"
    apart.parent.mkdir(parents=True)
    git("init", "-q", "--separate-git-dir", str(apart), str(work), cwd=tmp_path)
    git("remote", "add", "origin", f"../{remote.name}", cwd=work)
    assert exchanged(work, os.environ) is Outcome.OK
