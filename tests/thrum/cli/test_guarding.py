"""Asking the guards from the command line."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from thrum.cli import guarding
from thrum.identity import process
from thrum.identity.guards import Fire, GuardError
from thrum.identity.process import Process

FIRE = Fire("cross_worktree", "pid_mismatch", expected_agent="nux", caller_pid=7)


def set_mode(world: Any, mode: str) -> None:
    section = {"identity_guard": {"cross_worktree": mode}}
    (world.root / ".thrum/config.json").write_text(json.dumps(section))


def log(world: Any) -> list[str]:
    path: Path = world.root / ".thrum/var/daemon.log"
    return path.read_text().splitlines() if path.exists() else []


def test_what_does_not_fire_passes_in_silence(world: Any) -> None:
    assert guarding.ask(world.context([]), None) is False
    assert log(world) == []


def test_strict_refuses_with_a_line_in_the_log(world: Any) -> None:
    with pytest.raises(GuardError, match="pid_mismatch"):
        guarding.ask(world.context([]), FIRE)
    (line,) = log(world)
    assert line.startswith("2026-01-02T03:04:05")
    assert "WARNING thrum.guard: identity_guard_fire guard=cross_worktree" in line
    assert "outcome=denied" in line


def test_warn_lets_through_and_says_so_once_for_a_command(world: Any) -> None:
    set_mode(world, "warn")
    context = world.context([])
    assert guarding.ask(context, FIRE) is True
    assert guarding.ask(context, FIRE) is True
    assert len(log(world)) == 1
    assert context.let_through == {FIRE}


def test_off_does_not_ask(world: Any) -> None:
    set_mode(world, "off")
    assert guarding.ask(world.context([]), FIRE) is False
    assert log(world) == []


def test_where_there_is_no_log_a_refusal_says_it_all(world: Any, tmp_path: Path) -> None:
    world.root = tmp_path
    context = world.context([])
    with pytest.raises(GuardError):
        guarding.ask(context, FIRE)
    assert context.stderr.getvalue() == ""
    assert guarding.modes(context).modes["cross_worktree"] == "strict"


def test_what_is_let_through_without_a_log_is_said_on_stderr(world: Any) -> None:
    set_mode(world, "warn")
    (world.root / ".thrum/var/daemon.log").mkdir()
    context = world.context([])
    assert guarding.ask(context, FIRE) is True
    assert "identity_guard_fire" in context.stderr.getvalue()


def test_the_shell_is_the_program_around_it(world: Any) -> None:
    context = world.context([])
    context.ancestors = (Process(9, 8, "bash", "1"), Process(8, 1, "claude", "1"))
    assert guarding.shell(context) == (8, str(world.root))
    context.ancestors = (Process(9, 8, "bash", "1"),)
    assert guarding.shell(context) == (0, str(world.root))


def test_who_is_held_here_and_in_other_worktrees(world: Any, tmp_path: Path) -> None:
    me = process.look(os.getpid())
    assert me is not None
    world.identity("nux", agent_pid=me.pid, agent_pid_started=me.started)
    context = world.context([])
    assert {each.name: each.standing for each in guarding.held(context)} == {
        "furiosa": "free",
        "nux": "mine",
    }


def test_the_other_worktrees_are_looked_into(clone: Any, world: Any) -> None:
    clone.git("worktree", "add", "-q", str(clone.root.parent / "beside"))
    for root, name in ((clone.root, "furiosa"), (clone.root.parent / "beside", "nux")):
        folder = root / ".thrum" / "identities"
        folder.mkdir(parents=True)
        agent = {"kind": "agent", "name": name, "role": "r", "module": "m"}
        (folder / f"{name}.json").write_text(json.dumps({"version": 5, "agent": agent}))
    (clone.root / ".thrum" / "config.json").write_text("{}")
    world.root = clone.root
    found = [each.name for each in guarding.held_anywhere(world.context([]))]
    assert found == ["furiosa", "nux"]
    assert subprocess.run(["git", "-C", clone.root, "status"], capture_output=True).returncode == 0
