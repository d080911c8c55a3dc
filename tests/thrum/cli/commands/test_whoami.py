"""``thrum whoami``."""

from __future__ import annotations

from typing import Any

import pytest

from tests.thrum.cli.answers import ME


@pytest.fixture
def paned(world: Any, tmp_path: Any) -> Any:
    """furiosa's file names a pane, and tmux has that session."""
    program = tmp_path / "bin/tmux"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ "$3" = =shop ]\n')
    program.chmod(0o700)
    world.env["PATH"] = f"{program.parent}:/usr/bin:/bin"
    world.identity("furiosa", tmux_session="shop:0.0")
    return world


def test_the_pane_is_told_and_whether_its_session_is_there(paned: Any) -> None:
    document = paned.run("whoami", "--json").document
    assert (document["tmux_session"], document["tmux_alive"]) == ("shop:0.0", True)
    paned.identity("furiosa", tmux_session="sho:0.0")
    assert paned.run("whoami", "--json").document["tmux_alive"] is False
    assert "tmux_alive: false" in paned.run("whoami").out
    assert paned.run("whoami", "--field", "tmux_alive").out == "false\n"


def test_without_a_pane_nothing_is_told_of_it(world: Any) -> None:
    assert not {"tmux_session", "tmux_alive"} & set(world.run("whoami", "--json").document)


@pytest.mark.parametrize("kind", ["identity_mismatch", "anonymous_caller"])
def test_whom_the_daemon_does_not_believe_is_refused(world: Any, refuse: Any, kind: str) -> None:
    world.daemon.answers["agent.whoami"] = refuse(kind, "no")
    ran = world.run("whoami")
    assert (ran.code, ran.out) == (1, "")
    assert "thrum identity explain" in ran.err
    assert world.run("whoami", "--json").error["kind"] == kind
    world.daemon.answers["agent.whoami"] = refuse("internal", "no")
    assert world.run("whoami").err == ""


def test_of_several_it_is_asked_once_who_it_is(world: Any) -> None:
    world.identity("nux")
    world.daemon.answers["agent.whoami"] = {"agent_id": "nux", "role": "tester", "intent": "x"}
    document = world.run("whoami", "--json").document
    assert (document["agent_id"], document["role"], document["intent"]) == ("nux", "tester", "x")
    assert (document["rule"], document["source"]) == ("daemon", "daemon")
    assert document["identity_file"] == ".thrum/identities/nux.json"
    assert world.daemon.methods == ["agent.whoami"]


def test_who_has_no_file_is_told_by_the_daemon_or_a_variable(world: Any) -> None:
    (world.root / ".thrum/identities/furiosa.json").unlink()
    world.env["THRUM_AGENT_ID"] = "nux"
    document = world.run("whoami", "--json").document
    assert (document["agent_id"], document["source"]) == ("nux", "environment")
    assert "identity_file" not in document
    world.daemon.answers["agent.whoami"] = {"agent_id": "nux", "role": "tester"}
    document = world.run("whoami", "--json").document
    assert (document["source"], document["role"]) == ("daemon", "tester")


def test_whoami_by_the_daemon(office: Any) -> None:
    document = office.run("whoami", "--json").document
    assert document["source"] == "daemon"
    assert document["session_start"] == ME["session_start"]
    assert document["identity_file"] == ".thrum/identities/furiosa.json"
    assert office.run("agent", "whoami", "--field", "agent_id").out == "furiosa\n"
    assert office.run("whoami", "--field", "branch").out == "main\n"
    assert office.run("whoami", "--field", "nope").code == 2


def test_whoami_without_a_daemon(office: Any) -> None:
    office.daemon.close()
    office.daemon.path.unlink()
    document = office.run("whoami", "--json").document
    assert (document["agent_id"], document["role"], document["source"]) == (
        "furiosa",
        "implementer",
        "file",
    )


def test_whoami_where_two_agents_could_be_meant(office: Any, refuse: Any) -> None:
    office.identity("nux")
    assert office.run("whoami", "--json").document["agent_id"] == "furiosa"
    office.daemon.answers["agent.whoami"] = refuse("internal", "no")
    error = office.run("whoami", "--json").error
    assert error["kind"] == "identity"
    assert "THRUM_NAME" in error["hint"]
    office.env["THRUM_NAME"] = "nux"
    office.daemon.answers["agent.whoami"] = ME  # of somebody else, so the file counts
    assert office.run("whoami", "--json").document["source"] == "file"
