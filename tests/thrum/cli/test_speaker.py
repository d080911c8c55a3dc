"""Who a shell is: when the daemon is asked, and what stands in for it."""

from __future__ import annotations

import os
from typing import Any

import pytest

from thrum.cli import speaker
from thrum.cli.speaker import Speaker
from thrum.errors import ThrumError
from thrum.identity import process

ME = {"agent_id": "slit", "role": "planner", "module": "engine", "rule": "worktree"}


def found(world: Any) -> Speaker:
    context = world.context(())
    try:
        return speaker.find(context)
    finally:
        context.hang_up()


def refused(world: Any) -> ThrumError:
    with pytest.raises(ThrumError) as caught:
        found(world)
    return caught.value


def owned() -> dict[str, Any]:
    """Fields of a file that names this process."""
    me = process.look(os.getpid())
    assert me
    return {"agent_pid": me.pid, "agent_pid_started": me.started}


def test_one_agent_costs_no_question(world: Any) -> None:
    me = found(world)
    assert (me.agent_id, me.rule, me.role) == ("furiosa", "only", "implementer")
    world.identity("furiosa", **owned())
    assert found(world).rule == "pid"
    assert world.daemon.requests == []


def test_a_name_is_taken_at_its_word_and_judged_by_the_daemon_later(world: Any) -> None:
    world.identity("nux")
    world.env |= {"THRUM_NAME": "nux", "THRUM_AGENT_ID": "x"}
    assert found(world)[:2] == ("nux", "name")
    assert world.daemon.requests == []


@pytest.mark.parametrize(("name", "kind"), [("absent", "identity"), ("No Name", "invalid_params")])
def test_a_name_that_is_not_here_is_nobody_else(world: Any, name: str, kind: str) -> None:
    world.env["THRUM_NAME"] = name
    world.daemon.answers["agent.whoami"] = ME
    error = refused(world)
    assert (error.kind, "THRUM_NAME" in error.message) == (kind, True)


def test_of_several_the_daemon_says_who_without_a_claim(world: Any) -> None:
    world.identity("slit")
    world.identity("nux")
    world.daemon.answers["agent.whoami"] = ME
    me = found(world)
    assert (me.agent_id, me.rule, me.role, me.module) == ("slit", "daemon", "planner", "engine")
    assert me.identity
    assert me.identity.name == "slit"
    assert world.daemon.requests == [("agent.whoami", {})]
    world.daemon.answers["message.send"] = {"message_id": "msg_1", "resolved_to": 1}
    assert world.run("send", "hi", "--to", "@nux").code == 0
    assert world.daemon.params("message.send")["caller_agent_id"] == "slit"


@pytest.mark.parametrize("answer", ["down", "refuses", "silent kernel", "no agent"])
def test_where_the_daemon_does_not_tell_it_is_said_who_lives_here(
    world: Any, refuse: Any, answer: str
) -> None:
    world.identity("nux")
    if answer == "down":
        world.daemon.close()
        world.daemon.path.unlink()
    silent = refuse("anonymous_caller", "no")
    silent.error["data"]["reason"] = "no_caller_agent_id"
    answers = {"refuses": refuse("internal", "no"), "silent kernel": silent, "no agent": {}}
    world.daemon.answers["agent.whoami"] = answers.get(answer)
    error = refused(world)
    assert (error.kind, "furiosa, nux" in error.message) == ("identity", True)
    assert "THRUM_NAME" in (error.hint or "")
    world.identity("nux", **owned())
    assert found(world)[:2] == ("nux", "pid")


def test_whom_the_daemon_takes_for_nobody_is_nobody(world: Any, refuse: Any) -> None:
    world.identity("nux")
    world.daemon.answers["agent.whoami"] = refuse("anonymous_caller", "no")
    error = refused(world)
    assert (error.kind, "the daemon knows of no agent" in error.message) == ("identity", True)
    for name in ("furiosa", "nux"):
        (world.root / f".thrum/identities/{name}.json").unlink()
    assert "no agent is registered" in refused(world).message
    world.daemon.answers["agent.whoami"] = refuse("identity_mismatch", "no")
    assert refused(world).kind == "identity_mismatch"


def test_a_name_that_contradicts_the_process_is_the_daemons_matter(
    world: Any, refuse: Any, tmp_path: Any
) -> None:
    """This process is furiosa's, whose file lies here only as a copy of another place's."""
    world.identity("nux")
    world.identity("furiosa", worktree=str(tmp_path), **owned())
    world.env["THRUM_NAME"] = "nux"
    world.daemon.answers["agent.whoami"] = ME | {"agent_id": "nux"}
    assert found(world)[:2] == ("nux", "daemon")
    assert world.daemon.requests == [("agent.whoami", {"caller_agent_id": "nux"})]
    world.daemon.answers["agent.whoami"] = refuse("anonymous_caller", "no")
    assert refused(world).kind == "anonymous_caller"
    del world.daemon.answers["agent.whoami"]
    error = refused(world)
    assert (error.kind, error.details["detected_agent"]) == ("identity_mismatch", "furiosa")


def test_beside_a_file_that_cannot_be_read_only_the_daemon_or_a_process_tells(world: Any) -> None:
    (world.root / ".thrum/identities/slit.json").write_text("{")
    assert "slit.json cannot be read" in refused(world).message
    world.daemon.answers["agent.whoami"] = ME
    assert found(world) == Speaker("slit", "daemon", None, ME)
    world.env["THRUM_NAME"] = "slit"
    assert "slit.json cannot be read" in refused(world).message
    world.env["THRUM_NAME"] = "furiosa"
    assert found(world)[:2] == ("furiosa", "name")
    del world.env["THRUM_NAME"], world.daemon.answers["agent.whoami"]
    world.identity("furiosa", **owned())
    assert found(world)[:2] == ("furiosa", "pid")


def test_a_copy_is_asked_about_and_counts_for_nobody(world: Any, tmp_path: Any) -> None:
    world.identity("furiosa", worktree=str(tmp_path))
    assert refused(world).kind == "identity"
    assert world.daemon.methods == ["agent.whoami"]
    world.env["THRUM_NAME"] = "furiosa"
    assert found(world)[:2] == ("furiosa", "name"), "nobody can be asked, and the user said so"


def test_another_variable_stands_in_where_there_is_no_file(world: Any) -> None:
    world.env["THRUM_AGENT_ID"] = "x"
    assert found(world).agent_id == "furiosa"
    (world.root / ".thrum/identities/furiosa.json").unlink()
    assert found(world) == Speaker("x", "environment")
    assert world.daemon.requests == []
    world.daemon.answers["agent.whoami"] = ME
    del world.env["THRUM_AGENT_ID"]
    assert found(world).agent_id == "slit", "the file is lost, its session is not"
