"""Taking an identity: who must not, and what is written then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from thrum.cli.steps import claiming
from thrum.identity import process
from thrum.identity.guards import GuardError
from thrum.identity.process import Process


@pytest.fixture
def other() -> Iterator[Process]:
    """Somebody else's program, which runs."""
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as child:
        found = process.look(child.pid)
        assert found is not None
        yield found
        child.communicate()


def under(world: Any, runtime: str = "") -> Any:
    """A context in a shell below this process, which a program of that name may be."""
    me = process.look(os.getpid())
    assert me is not None
    context = world.context([])
    context.ancestors = (me._replace(name=runtime or me.name),)
    return context


def file(world: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((world.root / f".thrum/identities/{name}.json").read_text())
    return found


def test_a_free_name_may_be_taken(world: Any) -> None:
    claiming.check(under(world), "nux", force=False, binds=True)
    claiming.check(under(world), "furiosa", force=False, binds=True)


def test_a_name_that_is_held_is_refused_or_put_aside(world: Any, other: Process) -> None:
    world.identity("nux", agent_pid=other.pid, agent_pid_started=other.started)
    with pytest.raises(GuardError, match="name_held_by_live_foreign_pid"):
        claiming.check(under(world), "nux", force=False, binds=True)
    # A dry run changes nothing, whatever it is told.
    claiming.check(under(world), "nux", force=True, binds=True, does=False)
    assert (world.root / ".thrum/identities/nux.json").exists()
    context = under(world)
    claiming.check(context, "nux", force=True, binds=True)
    assert (world.root / ".thrum/identities/nux.json.deleted").exists()
    assert "put aside" in context.stderr.getvalue()


def test_one_program_is_one_agent(world: Any) -> None:
    me = process.look(os.getpid())
    assert me is not None
    world.identity("nux", agent_pid=me.pid, agent_pid_started=me.started)
    with pytest.raises(GuardError, match="caller_already_owns_identity"):
        claiming.check(under(world), "slit", force=False, binds=True)


def test_who_else_lives_here_is_told(world: Any) -> None:
    context = under(world)
    claiming.tell_of_others(context, "furiosa")
    assert context.stderr.getvalue() == ""
    claiming.tell_of_others(context, "nux")
    assert context.stderr.getvalue().startswith("also here: @furiosa;")


def test_the_file_names_the_program_that_it_is_bound_to(world: Any) -> None:
    claiming.write(under(world, "claude"), "nux", {"kind": "agent", "role": "tester"}, binds=True)
    found = file(world, "nux")
    assert found["agent_pid"] == os.getpid()
    assert found["agent"]["role"] == "tester"
    claiming.write(under(world, "claude"), "slit", {"kind": "agent"}, binds=False)
    assert not file(world, "slit").get("agent_pid")


def test_a_person_does_not_take_a_running_program_its_identity(world: Any) -> None:
    me = process.look(os.getpid())
    assert me is not None
    world.identity("nux", agent_pid=me.pid, agent_pid_started=me.started)
    context = under(world)
    claiming.write(context, "nux", {"role": "tester"}, binds=True)
    assert file(world, "nux")["agent_pid"] == me.pid
    assert "goes on to belong to its running process" in context.stderr.getvalue()


def test_under_the_lock_the_first_one_has_the_name(world: Any, other: Process) -> None:
    world.identity("nux", agent_pid=other.pid, agent_pid_started=other.started)
    with pytest.raises(GuardError, match="name_held_by_live_foreign_pid"):
        claiming.write(under(world, "claude"), "nux", {}, binds=True)
    claiming.write(under(world, "claude"), "nux", {}, binds=True, force=True)
    assert file(world, "nux")["agent_pid"] == os.getpid()
