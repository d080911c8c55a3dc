"""``thrum init``; `test_real` has the wizard and the daemon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def fresh(world: Any, clone: Any) -> Any:
    """A world in a repository without Thrum."""
    world.root, world.env = clone.root, clone.env
    return world


def test_a_repository_is_made_ready_once(fresh: Any) -> None:
    ran = fresh.run("init", "--no-daemon")
    assert ran.out.startswith(f"✓ Initialised {fresh.root} (branch a-sync created)\n")
    assert "✓ .thrum/ is ignored in " in ran.out
    assert ran.out.endswith("Next: thrum quickstart NAME --role ROLE --module MODULE\n")
    assert fresh.run("init", "--no-daemon").out.startswith("✓ Already initialised: ")


def test_the_document(fresh: Any) -> None:
    document = fresh.run("init", "--no-daemon", "--json").document
    assert (document["repository"], document["fresh"]) == (str(fresh.root), True)
    assert document["branch"] == "created"
    assert {"daemon", "quickstart", "worktree"}.isdisjoint(document)


def test_where_it_is_ignored_is_a_choice(fresh: Any) -> None:
    fresh.run("init", "--no-daemon", "--gitignore")
    assert ".thrum" in (fresh.root / ".gitignore").read_text()
    assert fresh.run("init", "--no-daemon", "--gitignore", "--stealth").code == 2


def test_a_name_without_a_daemon_registers_nobody(fresh: Any) -> None:
    line = ["init", "--no-daemon", "--name", "nux", "--role", "tester", "--module", "api"]
    assert fresh.run(*line, terminal=True).code == 0
    assert not list((fresh.root / ".thrum").glob("identities/*.json"))


def test_outside_git_there_is_nothing_to_begin_in(world: Any, tmp_path: Path) -> None:
    world.root = tmp_path / "plain"
    world.root.mkdir()
    ran = world.run("init", "--json")
    assert (ran.code, ran.error["kind"]) == (1, "guard")
    assert ran.error["reason"] == "not_a_git_repo"
    assert ran.error["message"] == f"{world.root} is in no git work tree"
    said = world.run("init").err
    assert said.startswith(f"Error: {world.root} is in no git work tree; run `git init` first")
    assert said.count("\n") == 1
    assert list(world.root.iterdir()) == []
