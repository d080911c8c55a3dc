"""Who is registered, and who may be."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from thrum import atomic, events
from thrum.errors import ThrumError
from thrum.identity import files, process

NUX = {"name": "nux", "role": "tester", "module": "auth"}


def count(node: Any) -> int:
    """How often anybody was registered."""
    rows = node.store.reader().execute("SELECT count(*) FROM events WHERE type = 'agent.register'")
    (number,) = rows.fetchone()
    return int(number)


def test_registering_again_writes_nothing(node: Any) -> None:
    assert node.call("nobody", "agent.register", **NUX)["status"] == "registered"
    assert node.call("nobody", "agent.register", **NUX)["status"] == "registered"
    assert node.call("nobody", "agent.register", **NUX, re_register=True)["status"] == "updated"
    assert count(node) == 1


def test_new_facts_are_written_only_when_asked_for(node: Any) -> None:
    node.call("nobody", "agent.register", **NUX)
    other = {**NUX, "module": "web"}
    node.call("nobody", "agent.register", **other)
    assert node.call("nobody", "agent.list")["agents"][0]["module"] == "auth"
    assert node.call("nobody", "agent.register", **other, force=True)["status"] == "updated"
    assert node.call("nobody", "agent.list", module="web")["agents"][0]["agent_id"] == "nux"


def test_without_a_name_the_same_facts_give_the_same_id(node: Any) -> None:
    facts = {"role": "tester", "module": "auth"}
    first = node.call("nobody", "agent.register", **facts)["agent_id"]
    assert node.call("nobody", "agent.register", **facts)["agent_id"] == first
    assert first.startswith("tester_")


@pytest.mark.parametrize(
    "params",
    [
        {},
        {**NUX, "name": "Nux"},
        {**NUX, "name": "a b"},
        {**NUX, "name": "../x"},
        {**NUX, "name": "system"},
        {**NUX, "name": "x" * 65},
        {**NUX, "name": "-rf"},
        {**NUX, "role": "-x"},
        {**NUX, "module": ".."},
        {**NUX, "role": "everyone"},
        {**NUX, "role": "a b"},
        {**NUX, "role": ""},
        {**NUX, "module": ""},
        {**NUX, "re_register": "yes"},
    ],
)
def test_wrong_params_are_refused(node: Any, params: dict[str, Any]) -> None:
    assert node.refused("nobody", "agent.register", **params) == "invalid_params"
    assert count(node) == 0


def test_a_name_is_no_role_and_a_role_no_name(node: Any) -> None:
    node.call("nobody", "agent.register", **NUX)
    for name, role in (("tester", "driver"), ("max", "nux"), ("slit", "slit")):
        params = {"name": name, "role": role, "module": "x"}
        assert node.refused("nobody", "agent.register", **params) == "name_taken"
    assert count(node) == 1


@pytest.mark.parametrize("extra", [{}, {"force": True}, {"re_register": True}])
def test_a_name_at_home_in_another_worktree_is_taken(node: Any, extra: dict[str, Any]) -> None:
    node.agent("nux")
    node.homes["elsewhere"] = node.worktree("elsewhere")
    for stranger in ("elsewhere", "nobody"):
        assert node.refused(stranger, "agent.register", **NUX, **extra) == "name_taken"
    assert node.call("nux", "agent.register", **NUX, **extra)["agent_id"] == "nux"


def test_an_agent_that_lives_gets_its_session_back(node: Any) -> None:
    node.call("nobody", "agent.register", **NUX)
    found = node.call("nobody", "agent.register", **NUX, agent_pid=os.getpid())
    assert found["status"] == "updated"
    assert found["session_resumed"] is True
    assert found["session_id"].startswith("ses_")


def test_whoami_knows_the_caller_by_the_kernel(node: Any) -> None:
    session_id = node.agent("nux")
    me = node.call("nux", "agent.whoami")
    assert me["agent_id"] == "nux"
    assert me["source"] == "peercred"
    assert me["session_id"] == session_id
    assert node.refused("nobody", "agent.whoami") == "anonymous_caller"
    node.agent("max")
    assert node.refused("max", "agent.whoami", caller_agent_id="nux") == "identity_mismatch"


def test_the_status_goes_into_the_identity_file(node: Any) -> None:
    node.agent("nux")
    assert node.refused("nux", "agent.set-status", agent="nux", status="idle") == "not_found"
    path = node.homes["nux"] / ".thrum/identities/nux.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"version": 5, "agent": {"name": "nux"}, "other": 1}))
    said = node.call("nux", "agent.set-status", agent="@nux", status="blocked")
    assert said == {"agent": "nux", "status": "blocked"}
    written = json.loads(path.read_text())
    assert written["agent_status"] == "blocked"
    assert written["other"] == 1
    for status in ("x", "", "Stuck", "Idle"):
        refused = node.refused("nux", "agent.set-status", agent="nux", status=status)
        assert refused == "invalid_params"
    outside = "../../nux"
    assert node.refused("nux", "agent.set-status", agent=outside, status="idle") == "invalid_params"


def test_who_waits_for_an_identity_file_holds_up_nobody_else(node: Any) -> None:
    node.agent("nux")
    folder = node.homes["nux"] / ".thrum/identities"
    folder.mkdir(parents=True)
    (folder / "nux.json").write_text(json.dumps({"version": 5, "agent": {"name": "nux"}}))
    node.stand("nux")
    waiting, other = node.connect(), node.connect()
    with atomic.locked(folder):
        waiting.write("agent.set-status", agent="nux", status="idle")
        other.call("health")
    assert waiting.read()["result"]["status"] == "idle"


def test_deleting_leaves_odd_folders_of_other_worktrees_alone(node: Any) -> None:
    node.agent("nux")
    elsewhere = node.repository.parent / "elsewhere"
    kept = elsewhere / "identities/nux.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    (node.worktree("linked") / ".thrum").symlink_to(elsewhere)
    (node.worktree("plain") / ".thrum").write_text("a file of the branch")
    path = node.homes["nux"] / ".thrum/identities/nux.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    assert node.call("nux", "agent.delete", name="nux")["deleted"] is True
    assert kept.exists()
    assert not path.exists()


def test_deleting_takes_agent_and_files_and_nothing_from_others(node: Any) -> None:
    node.agent("nux")
    node.agent("max")
    node.send("nux", "keep this", to="max")
    path = node.homes["nux"] / ".thrum/identities/nux.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    assert node.call("nux", "agent.delete", name="nux")["deleted"] is True
    assert not path.exists()
    assert [each["agent_id"] for each in node.call("max", "agent.list")["agents"]] == ["max"]
    assert node.inbox("max") == ["keep this"]
    assert node.refused("max", "agent.delete", name="nux") == "not_found"


def test_who_bears_the_name_of_a_deleted_agent_has_none_of_its_messages(node: Any) -> None:
    node.agent("max")
    node.agent("nux")
    old = node.send("nux", "from before", to="max")["message_id"]
    node.call("nux", "agent.delete", name="nux")
    node.homes["again"] = node.worktree("again")
    node.call("again", "agent.register", name="nux", role="tester", module="auth")
    refs = [{"type": "worktree", "value": str(node.homes["again"])}]
    node.call("again", "session.start", agent_id="nux", refs=refs)
    node.send("again", "from now", to="max")
    assert node.refused("again", "message.edit", message_id=old, content="x") == "not_allowed"
    assert node.refused("again", "message.delete", message_id=old) == "not_allowed"
    archived = {"archive_type": "agent", "identifier": "nux"}
    assert node.call("again", "message.archive", **archived)["archived_count"] == 1
    node.send("again", "from later", to="max")
    assert node.call("again", "message.deleteByAgent", agent_id="nux")["deleted_count"] == 1
    assert node.inbox("max") == ["from before"]


def test_an_id_that_names_no_file_is_no_agent_and_so_cannot_be_deleted(node: Any) -> None:
    node.agent("nux")
    register = events.AgentRegister(agent_id="../../x", kind="agent", role="r", module="m")
    with pytest.raises(ThrumError, match="cannot name a file"):
        node.store.transact_blocking(lambda transaction: transaction.emit(register))
    assert node.refused("nux", "agent.delete", name="../../x") == "not_found"


def test_the_team_is_who_works_and_on_request_all(node: Any) -> None:
    node.agent("nux")
    node.agent("max")
    node.send("nux", to="max")
    members = {each["agent_id"]: each for each in node.call("max", "team.list")["members"]}
    assert set(members) == {"nux", "max"}
    assert members["max"]["inbox_unread"] == 1
    assert members["max"]["is_local"] is True
    assert members["max"]["worktree"] == str(node.homes["max"])
    session = members["nux"]["session_id"]
    node.call("nux", "session.end", session_id=session)
    here = node.call("max", "team.list")["members"]
    assert [each["agent_id"] for each in here] == ["max"]
    every = node.call("max", "team.list", include_offline=True)["members"]
    assert {each["agent_id"] for each in every} == {"nux", "max"}


@pytest.mark.parametrize("name", ["user:boss", "agent:nux"])
def test_no_agent_registers_as_a_person_or_under_an_old_id(node: Any, name: str) -> None:
    node.homes["here"] = node.worktree("here")
    params = {"name": name, "role": "tester", "module": "m"}
    assert node.refused("here", "agent.register", **params) == "invalid_params"
    assert node.call("here", "agent.list") == {"agents": []}


def test_only_a_bridge_registers_those_behind_it(node: Any) -> None:
    """A bridge speaks as a person; anybody else would get the mail of the other end."""
    person = events.AgentRegister(agent_id="user:cy", kind="user", role="cy", module="ui")
    node.store.transact_blocking(lambda transaction: transaction.emit(person))
    node.homes["cy"] = node.worktree("cy")
    path = node.homes["cy"] / ".thrum/identities/user_cy.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"version": 5, "agent": {"name": "user:cy"}}))
    node.agent("nux")
    params = {"name": "tg:max", "role": "remote", "module": "tg"}
    for caller in ("nux", "nobody"):
        assert node.refused(caller, "agent.register", **params) == "not_allowed"
    assert node.call("cy", "agent.register", **params)["agent_id"] == "tg:max"
    for caller in ("nux", "nobody"):
        assert node.refused(caller, "agent.register", **params, force=True) == "not_allowed"
        assert node.refused(caller, "session.start", agent_id="tg:max") == "not_allowed"


def test_a_list_has_its_filters_and_its_bound(node: Any) -> None:
    for name, role, module in (("a", "r", "x"), ("b", "r", "y"), ("c", "s", "x")):
        node.call("nobody", "agent.register", name=name, role=role, module=module)

    def named(**filters: Any) -> list[str]:
        return [each["agent_id"] for each in node.call("nobody", "agent.list", **filters)["agents"]]

    assert named() == ["c", "b", "a"]
    assert named(role="r") == ["b", "a"]
    assert named(module="x") == ["c", "a"]
    assert named(role="r", module="x") == ["a"]
    assert named(role="R") == named(role="%") == []
    assert named(limit=2) == ["c", "b"]
    assert named(limit=0) == named()
    for limit in (-1, 2**63, 2**70):
        assert node.refused("nobody", "agent.list", limit=limit) == "invalid_params"


@pytest.mark.parametrize("name", ["supervisor_repository", "supervisor_repository_max"])
def test_nobody_registers_as_the_supervisor(node: Any, name: str) -> None:
    params = {"name": name, "role": "tester", "module": "m"}
    assert node.refused("nobody", "agent.register", **params) == "name_taken"
    other = {**params, "name": "supervisor_of_nothing"}
    assert node.call("nobody", "agent.register", **other)["status"] == "registered"
    rows = node.store.reader().execute("SELECT event_json FROM events")
    assert json.loads(rows.fetchone()[0])["worktree"] == "repository"


def test_a_process_is_noted_with_its_start(node: Any) -> None:
    me = process.look(os.getpid())
    assert me is not None
    node.call("nobody", "agent.register", **NUX, agent_pid=me.pid)

    def started() -> Any:
        return node.store.reader().execute("SELECT agent_pid_start_time FROM agents").fetchone()[0]

    assert started() == me.started
    # A number that was given out again: nothing new is registered, the start is noted anew.
    node.store.transact_blocking(
        lambda t: t.db.execute("UPDATE agents SET agent_pid_start_time = '1'")
    )
    node.call("nobody", "agent.register", **NUX, agent_pid=me.pid)
    assert started() == me.started
    assert count(node) == 1


@pytest.mark.parametrize("pid", [-1, 0, 1, 2**22 + 1, 2**62])
def test_only_a_process_above_the_caller_is_the_agents(node: Any, pid: int) -> None:
    """The first process is above everybody, and would make the agent live for ever."""
    node.call("nobody", "agent.register", **NUX)
    node.call("nobody", "agent.register", **NUX, agent_pid=pid)
    with subprocess.Popen(["sleep", "60"]) as other:
        node.call("nobody", "agent.register", **NUX, agent_pid=other.pid)
        other.kill()
    assert "agent_pid" not in node.call("nobody", "agent.list")["agents"][0]
    assert node.call("nobody", "session.list")["sessions"] == []
    assert count(node) == 1


def test_who_comes_back_is_where_it_was(node: Any) -> None:
    session = node.agent("nux")
    node.call("nux", "session.end", session_id=session)
    path = node.homes["nux"] / ".thrum/identities/nux.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": 5, "agent": {"name": "nux"}, "agent_pid": os.getpid()}))
    found = process.look(os.getpid())
    assert found is not None
    files.write(path.parent, "nux", "2026-01-01T00:00:00Z", agent_pid_started=found.started)
    answer = node.call("nobody", "agent.register", **NUX, agent_pid=os.getpid())
    assert answer["session_resumed"] is True
    refs = node.store.reader().execute(
        "SELECT ref_value FROM session_refs WHERE session_id = ?", (answer["session_id"],)
    )
    assert refs.fetchone()[0] == str(node.homes["nux"])
