"""Everybody, or one, at a glance: what the tables, the files and the processes say together."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from thrum import events
from thrum.identity import process


def file_of(node: Any, name: str, **fields: Any) -> None:
    folder = node.homes[name] / ".thrum" / "identities"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.unlink(missing_ok=True)
    agent = {"name": name, "role": "tester", "module": "auth"}
    path.write_text(json.dumps({"version": 5, "agent": agent, **fields}))


def member(node: Any, name: str, **params: Any) -> dict[str, Any]:
    listed = node.call("max", "team.list", **params)["members"]
    (found,) = [each for each in listed if each["agent_id"] == name]
    return dict(found)


def test_an_agent_is_there_while_its_process_is(node: Any) -> None:
    node.agent("max")
    node.agent("nux")
    assert member(node, "nux")["status"] == "active", "it never told of a process"
    with subprocess.Popen(["sleep", "60"]) as other:
        found = process.look(other.pid)
        assert found is not None
        of = {"agent_pid": found.pid, "runtime": "claude", "tmux_session": "nux:0.0"}
        file_of(node, "nux", **of, agent_pid_started=found.started)
        shown = member(node, "nux")
        assert (shown["status"], shown["tmux_state"], shown["runtime"]) == (
            "active",
            "dead",
            "claude",
        )
        assert (shown["agent_pid"], shown["agent_pid_started"]) == (found.pid, found.started)
        file_of(node, "nux", **of, agent_pid_started="1")
        assert member(node, "nux")["status"] == "offline", "the number was given out again"
        file_of(node, "nux", **of, agent_pid_started=found.started)
        other.kill()
    shown = member(node, "nux")
    assert (shown["status"], shown["tmux_state"]) == ("offline", "dead")
    assert member(node, "nux", include_offline=True)["status"] == "offline"


def test_the_database_may_know_a_process_that_the_file_does_not(node: Any) -> None:
    node.agent("max")
    node.agent("nux")
    file_of(node, "nux", agent_pid=2**22 - 1)
    assert member(node, "nux")["status"] == "offline"
    node.store.transact_blocking(
        lambda t: t.db.execute("UPDATE agents SET agent_pid = ?", (os.getpid(),))
    )
    shown = member(node, "nux")
    assert (shown["status"], shown["agent_pid"]) == ("active", os.getpid())


def test_who_is_reserved_is_shown_on_request_only(node: Any) -> None:
    node.agent("max")
    node.agent("nux")
    file_of(node, "nux", reserved=True)
    subprocess.run(
        ["git", "-C", str(node.repository), "config", "user.name", "Imperator F."], check=True
    )
    names = [each["agent_id"] for each in node.call("max", "team.list")["members"]]
    assert names == ["max"]
    assert member(node, "nux", include_system=True)["status"] == "reserved"
    shown = member(node, "supervisor_repository_imperator_f", include_system=True)
    assert (shown["role"], shown["module"], shown["display"], shown["reserved"]) == (
        "supervisor",
        "daemon",
        "Supervisor (repository)",
        True,
    )
    listed = node.call("max", "agent.list")["agents"]
    assert {each["agent_id"] for each in listed} == {"max", "nux"}


def test_one_agent_can_be_looked_up(node: Any) -> None:
    node.agent("max")
    node.agent("nux")
    node.send("max", to="nux")
    found = node.call("max", "agent.lookup", name="@nux")["member"]
    assert found["agent_id"] == "nux"
    assert (found["status"], found["is_local"]) == ("active", True)
    assert (found["inbox_total"], found["inbox_unread"], found["unmerged_commits"]) == (0, 0, 0)
    assert node.call("max", "agent.lookup", name="slit") == {"member": None}
    assert node.refused("max", "agent.lookup") == "invalid_params"
    assert node.refused("nobody", "agent.lookup", name="nux") == "anonymous_caller"
    found = node.call("max", "agent.lookup", name="supervisor_repository")["member"]
    assert found["reserved"] is True


def test_a_branch_is_known_before_anybody_looked(node: Any) -> None:
    session = node.agent("nux")
    node.agent("max")
    file_of(node, "nux", branch="welding")
    assert member(node, "nux")["branch"] == "welding"
    (other,) = node.call("max", "team.overview")["team"]
    assert other["branch"] == "welding"
    git = ["git", "-C", str(node.homes["nux"]), "checkout", "-q", "-b", "driving"]
    subprocess.run(git, check=True)
    assert member(node, "nux")["branch"] == "driving", "what is seen counts more"
    node.call("nux", "session.end", session_id=session)
    assert "branch" not in member(node, "nux", include_offline=True)


def test_what_another_clone_says_of_a_process_is_not_looked_for_here(node: Any) -> None:
    """Its numbers are of its own machine, whatever runs under them on this one."""
    node.agent("max")
    node.agent("nux")
    file_of(node, "nux", agent_pid=2**22 - 1, tmux_session="nux:0.0", runtime="claude")
    there = "UPDATE agents SET origin_daemon = 'd_there', agent_pid = ? WHERE agent_id = 'nux'"
    node.store.transact_blocking(lambda t: t.db.execute(there, (2**22 - 1,)))
    shown = member(node, "nux")
    assert (shown["status"], shown["agent_pid"]) == ("active", 2**22 - 1)
    assert not {"is_local", "runtime", "tmux_session", "tmux_state"} & shown.keys()
    assert member(node, "max")["is_local"] is True


def test_who_has_no_open_session_is_shown_on_request_only(node: Any) -> None:
    node.agent("max")
    session = node.agent("nux")
    node.call("nux", "session.end", session_id=session)
    names = [each["agent_id"] for each in node.call("max", "team.list")["members"]]
    assert names == ["max"]
    assert member(node, "nux", include_offline=True)["status"] == "offline"


def test_what_went_to_all_and_to_groups_is_told_once(node: Any) -> None:
    node.agent("max")
    node.agent("nux")
    assert "shared_messages" not in node.call("max", "team.list")
    node.call("max", "group.create", name="crew")
    node.call("max", "group.member.add", group="crew", member_type="agent", member_value="nux")
    node.send("max", mentions=["crew"])
    node.send("max")
    shared = node.call("nobody", "team.list")["shared_messages"]
    assert shared["broadcast_total"] == 1
    assert [each["name"] for each in shared["groups"]] == ["crew"]


def test_who_is_looked_up_bears_exactly_that_name(node: Any) -> None:
    node.agent("max")
    file_of(node, "max", branch="welding")
    register = events.AgentRegister(agent_id="nux", kind="agent", role="r", module="m")
    node.store.transact_blocking(lambda t: t.emit(register))
    found = node.call("max", "agent.lookup", name="nux")["member"]
    assert "branch" not in found
    assert found["status"] == "offline"
    for name in ("../max", "max\0", "'; DROP TABLE agents; --", "%", "@@max", "MAX"):
        assert node.call("max", "agent.lookup", name=name) == {"member": None}, name


@pytest.mark.parametrize("says", ["blocked", "stuck", "idle"])
def test_what_an_agent_says_of_itself_is_told(node: Any, says: str) -> None:
    node.agent("max")
    file_of(node, "max", agent_status=says)
    assert member(node, "max")["agent_status"] == says
    assert node.call("max", "agent.lookup", name="max")["member"]["agent_status"] == says
    node.agent("nux")
    (colleague,) = node.call("nux", "team.overview")["team"]
    assert colleague["agent_status"] == says
    assert node.call("max", "team.overview")["work_context"]["agent_status"] == says


def test_what_an_agent_of_another_clone_says_comes_with_its_work(node: Any) -> None:
    node.agent("max")
    for event in (
        events.AgentRegister(agent_id="far", kind="agent", role="r", module="m"),
        events.SessionStart(session_id="ses_far", agent_id="far"),
        events.AgentUpdate(
            agent_id="far",
            work_contexts=[
                events.WorkContext(
                    "ses_far", agent_status="blocked", status_updated_at="2026-01-01T00:00:00Z"
                )
            ],
        ),
    ):
        node.store.transact_blocking(lambda t, each=event: t.emit(each))
    assert member(node, "far")["agent_status"] == "blocked"
    (work,) = node.call("max", "agent.listContext", agent_id="far")["contexts"]
    assert work["agent_status"] == "blocked"
