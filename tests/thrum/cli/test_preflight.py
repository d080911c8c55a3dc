"""Whose worktree it is, before a command; and files that are brought up to date."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from thrum.cli import preflight
from thrum.identity import process
from thrum.identity.guards import GuardError
from thrum.identity.process import Process

DEAD: dict[str, Any] = {"agent_pid": 2**22 + 5, "agent_pid_started": "1"}


@pytest.fixture
def other() -> Iterator[Process]:
    """Somebody else's program, which runs."""
    argv = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as child:
        found = process.look(child.pid)
        assert found is not None
        yield found
        child.communicate()


def under(world: Any, runtime: str, *argv: str) -> Any:
    """A context in a shell below this process, which is called so."""
    me = process.look(os.getpid())
    assert me is not None
    context = world.context(argv)
    context.ancestors = (me._replace(name=runtime),)
    return context


def belongs_to(world: Any, owner: Process) -> None:
    world.identity("furiosa", agent_pid=owner.pid, agent_pid_started=owner.started)


def file(world: Any) -> dict[str, Any]:
    path = world.root / ".thrum/identities/furiosa.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_a_shell_of_another_agents_program_is_refused_or_warned(world: Any, other: Process) -> None:
    belongs_to(world, other)
    with pytest.raises(GuardError, match="pid_mismatch"):
        preflight.run(under(world, "claude"), refuses=True)
    context = under(world, "claude")
    banner = preflight.run(context, refuses=False)
    assert banner.startswith("⚠ This is furiosa's worktree")
    assert context.stderr.getvalue() == f"{banner}\n"


def test_a_person_may_look_over_anybodys_shoulder(world: Any, other: Process) -> None:
    belongs_to(world, other)
    context = under(world, "bash")
    assert preflight.run(context, refuses=True) == context.stderr.getvalue() == ""


def test_another_repository_is_entered_on_purpose(world: Any, other: Process) -> None:
    belongs_to(world, other)
    context = under(world, "claude")
    context.options.repo = str(world.root)
    assert preflight.run(context, refuses=True) == ""


def test_where_nobody_lives_nothing_is_asked(world: Any, tmp_path: Any) -> None:
    (world.root / ".thrum/identities/furiosa.json").unlink()
    assert preflight.residents(under(world, "claude")) == []
    world.root = tmp_path
    assert preflight.residents(under(world, "claude")) == []
    assert preflight.run(under(world, "claude"), refuses=True) == ""


def test_a_variable_says_which_of_several(world: Any) -> None:
    world.identity("nux")
    assert len(preflight.residents(under(world, "bash"))) == 2
    world.env["THRUM_NAME"] = "nux"
    assert [each.name for each in preflight.residents(under(world, "bash"))] == ["nux"]


def test_a_program_that_has_ended_is_succeeded_by_the_one_that_asks(world: Any) -> None:
    world.identity("furiosa", worktree=str(world.root), **DEAD)
    world.daemon.answers["agent.register"] = {"agent_id": "furiosa"}
    context = under(world, "claude")
    assert preflight.run(context, refuses=True) == ""
    context.hang_up()
    assert file(world)["agent_pid"] == os.getpid()
    asked = world.daemon.params("agent.register")
    assert (asked["agent_pid"], asked["re_register"]) == (os.getpid(), True)


def test_it_is_succeeded_while_the_daemon_is_away(world: Any) -> None:
    world.identity("furiosa", worktree=str(world.root), **DEAD)
    world.daemon.close()
    world.daemon.path.unlink()
    context = under(world, "claude")
    assert preflight.run(context, refuses=True) == ""
    assert file(world)["agent_pid"] == os.getpid()
    assert "has not heard of the new process" in context.stderr.getvalue()


def test_of_several_that_have_ended_nobody_knows_which_is_meant(world: Any) -> None:
    for name in ("furiosa", "nux"):
        world.identity(name, worktree=str(world.root), **DEAD)
    with pytest.raises(GuardError, match="pid_mismatch"):
        preflight.run(under(world, "claude"), refuses=True)
    assert file(world)["agent_pid"] == DEAD["agent_pid"]


def test_a_branch_that_changed_is_written_down_once(world: Any) -> None:
    preflight.run(under(world, "bash"), refuses=True)
    assert file(world)["branch"] == "main"
    before = (world.root / ".thrum/identities/furiosa.json").stat().st_mtime_ns
    preflight.run(under(world, "bash"), refuses=True)
    assert (world.root / ".thrum/identities/furiosa.json").stat().st_mtime_ns == before
