"""The git program: what it refuses is told in its own words, and it works nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from thrum.errors import ThrumError


def test_answers_and_refusals(yard: Any) -> None:
    assert yard.git.run("rev-parse", "--is-inside-work-tree") == "true\n"
    assert yard.git.ask("symbolic-ref", "--short", "HEAD") == "main"
    assert yard.git.ask("rev-parse", "--verify", "--quiet", "refs/heads/nope") is None
    with pytest.raises(ThrumError) as caught:
        yard.git.run("checkout", "nope")
    assert caught.value.kind == "repository"
    assert "did not match" in caught.value.message
    assert "fatal:" not in caught.value.message


@pytest.mark.parametrize("script", ["exit 3", "exit 128", "echo 'hint: x' >&2; exit 1"])
def test_a_hook_that_says_nothing_is_thought_of(yard: Any, script: str) -> None:
    hook = yard.root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)
    with pytest.raises(ThrumError, match="did not say why") as caught:
        yard.make("nux")
    assert "hooks of the repository" in str(caught.value.hint)
    assert not (yard.folder / "nux").exists()


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
def test_what_a_hook_inherits_leads_nowhere_else(yard: Any, variable: str, tmp_path: Path) -> None:
    git = replace(yard.git, environment={**yard.env, variable: str(tmp_path / "other")})
    assert git.run("status", "--porcelain") == ""
    assert git.ask("rev-parse", "--show-toplevel") == str(yard.root.resolve())


def test_a_repository_of_somebody_else_is_named_with_what_helps(yard: Any) -> None:
    # What git has for its own tests: it takes everything for another person's.
    env = {**yard.env, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "true"}
    git = replace(yard.git, environment=env)
    for call in (git.run, git.ask):
        with pytest.raises(ThrumError, match="dubious ownership") as caught:
            call("status")
        assert str(caught.value.hint).endswith(f"--add safe.directory {yard.root}")
        assert "To add" not in caught.value.message


def test_a_folder_that_is_gone_and_a_missing_program(yard: Any, tmp_path: Path) -> None:
    without = replace(yard.git, environment={**yard.env, "PATH": str(tmp_path)})
    for git in (yard.git.standing_in(tmp_path / "gone"), without):
        with pytest.raises(ThrumError) as caught:
            git.run("status")
        assert caught.value.kind == "program"


def test_it_ends_by_a_deadline(yard: Any) -> None:
    yard.run("config", "alias.sleepy", "!sleep 60")
    with pytest.raises(ThrumError) as caught:
        yard.git.run("sleepy", limit_s=0.2)
    assert caught.value.kind == "timed_out"
