"""``thrum init``; `test_real` has the wizard and the daemon."""

from __future__ import annotations

import json
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
    assert (document["repo_path"], document["fresh"]) == (str(fresh.root), True)
    assert document["branch"] == "created"
    assert {"daemon", "quickstart", "worktree"}.isdisjoint(document)


def test_where_it_is_ignored_is_a_choice(fresh: Any) -> None:
    fresh.run("init", "--no-daemon", "--gitignore")
    assert ".thrum" in (fresh.root / ".gitignore").read_text()
    assert fresh.run("init", "--no-daemon", "--gitignore", "--stealth").code == 2


def test_a_name_without_a_daemon_registers_nobody(fresh: Any) -> None:
    line = ["init", "--no-daemon", "--name", "nux", "--role", "tester", "--module", "api"]
    ran = fresh.run(*line, terminal=True)
    assert ran.code == 0
    assert ran.err == "@nux is not registered: that needs the daemon (--no-daemon)\n"
    assert not list((fresh.root / ".thrum").glob("identities/*.json"))


@pytest.mark.parametrize("where", ["fresh", "set up", "a linked worktree"])
def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    fresh: Any, clone: Any, tmp_path: Path, where: str
) -> None:
    main = fresh.root
    if where != "fresh":
        fresh.run("init", "--no-daemon")
    if where == "a linked worktree":
        clone.git("worktree", "add", "-q", str(tmp_path / "side"))
        fresh.root = tmp_path / "side"
    before = sorted(str(each) for each in tmp_path.rglob("*"))
    document = fresh.run("init", "--dry-run", "--json", "--name", "nux").document
    assert document["shared"] == str(main / ".thrum")
    assert document["fresh"] is (where != "set up")
    assert ("worktree" in document) is (where == "a linked worktree")
    assert document["registers"] == "nux"
    ran = fresh.run("init", "--dry-run", "--name", "nux")
    assert ran.out.startswith(f"Would {'look again at' if where == 'set up' else 'initialise'}")
    assert "register @nux" in ran.out
    assert sorted(str(each) for each in tmp_path.rglob("*")) == before


def test_where_worktrees_shall_be_made_is_kept(fresh: Any, tmp_path: Path) -> None:
    for given in ("../trees", str(tmp_path / "trees")):
        assert fresh.run("init", "--no-daemon", "--worktrees-root", given).code == 0
        kept = json.loads((fresh.root / ".thrum/config.json").read_text())
        assert kept["worktrees"]["base_path"] == str(tmp_path / "trees")
    inside = fresh.run("init", "--no-daemon", "--worktrees-root", "trees")
    assert (inside.code, "lies in the work tree" in inside.err) == (2, True)


def test_files_that_moved_are_told(fresh: Any, clone: Any, tmp_path: Path) -> None:
    clone.git("worktree", "add", "-q", str(tmp_path / "side"))
    old = tmp_path / "side/.thrum"
    (old / "var").mkdir(parents=True)
    (old / "config.json").write_text("{}")
    assert f"Would move them there from {old}" in fresh.run("init", "--dry-run").out
    assert f"✓ The shared files moved here from {old}" in fresh.run("init", "--no-daemon").out


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


def test_programs_are_told_what_comes_next(clone: Any) -> None:
    first = clone("init", "--non-interactive", "--no-daemon", "--json").document
    (hint,) = first["hints"]
    assert hint["code"] == "init.next-quickstart"
    assert hint["options"][0]["cmd"].startswith("thrum quickstart ")
    assert "hints" not in clone("init", "--non-interactive", "--no-daemon", "--json").document
