"""Whose a session is, and what others are told who act on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.thrum.daemon.rpc.test_session import home, of


@pytest.fixture
def nux(node: Any) -> str:
    """The session of an agent nux, beside an agent max."""
    node.agent("max")
    session_id: str = node.agent("nux")
    return session_id


def test_nobody_begins_a_session_for_an_agent_at_home_elsewhere(node: Any, nux: str) -> None:
    for caller in ("nobody", "max"):
        assert node.stand(caller).refused("session.start", agent_id="nux") == "not_allowed"
    assert [each["session_id"] for each in of(node, "nux")] == [nux]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("session.end", {}),
        ("session.heartbeat", {}),
        ("session.setIntent", {"intent": "mischief"}),
        ("session.setTask", {"current_task": "mischief"}),
    ],
)
def test_anothers_session_is_left_alone(
    node: Any, nux: str, method: str, params: dict[str, Any]
) -> None:
    assert node.refused("max", method, session_id=nux, **params) == "not_allowed"
    strange = node.refused("nobody", method, session_id=nux, **params)
    assert strange in {"anonymous_caller", "not_allowed"}
    (session,) = of(node, "nux")
    assert session["status"] == "active"
    assert "intent" not in session


def asked(session_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Everything that names a session; the last one ends it."""
    named = {"session_id": session_id}
    return [
        ("session.heartbeat", named),
        ("session.setIntent", {**named, "intent": "help"}),
        ("session.setTask", {**named, "current_task": "help"}),
        ("session.end", named),
    ]


def test_a_coordinator_begins_beats_and_ends_for_others(node: Any, nux: str) -> None:
    node.agent("boss", "coordinator")
    for method, params in asked(nux):
        assert node.call("boss", method, **params)["session_id"] == nux
    assert of(node, "nux")[0]["status"] == "ended"
    begun = node.call("boss", "session.start", agent_id="nux")["session_id"]
    assert node.call("nux", "session.start", agent_id="nux", refs=home(node))["session_id"] != begun
    node.send("nux", to="boss")


def test_a_coordinator_brings_nobody_into_its_own_worktree(node: Any, nux: str) -> None:
    """Else it would be that agent."""
    node.agent("boss", "coordinator")
    refs = [{"type": "worktree", "value": str(node.homes["boss"])}]
    assert node.refused("boss", "session.start", agent_id="nux", refs=refs) == "not_allowed"
    beat = {"session_id": nux, "add_refs": refs}
    assert node.refused("boss", "session.heartbeat", **beat) == "not_allowed"
    assert node.call("boss", "agent.whoami").get("others") in (None, [])
    assert node.refused("boss", "agent.whoami", caller_agent_id="nux") == "identity_mismatch"


def test_who_may_be_the_owner_by_its_worktree_is(node: Any, nux: str) -> None:
    """Older clients say no more than which session they mean."""
    node.call("nux", "agent.register", name="slit", role="driver", module="x")
    slit = node.call("nux", "session.start", agent_id="slit", refs=home(node))["session_id"]
    assert node.call("nux", "agent.whoami")["agent_id"] == "slit"
    for method, params in asked(nux):
        assert node.call("nux", method, **params)["session_id"] == nux
    assert [each["status"] for each in of(node, "slit")] == ["active"]
    for method, params in asked(slit):
        assert node.refused("max", method, **params) == "not_allowed"


def test_who_ended_its_session_begins_again_where_it_is_at_home(node: Any, nux: str) -> None:
    node.call("nux", "session.end", session_id=nux)
    assert node.refused("nux", "agent.whoami") == "anonymous_caller"
    assert node.refused("max", "session.start", agent_id="nux") == "not_allowed"
    started = node.call("nux", "session.start", agent_id="nux", refs=home(node))
    me = node.call("nux", "agent.whoami")
    assert (me["agent_id"], me["session_id"]) == ("nux", started["session_id"])
    node.send("nux", to="max")


def test_agents_of_one_worktree_are_told_apart_by_whom_a_request_is_for(node: Any) -> None:
    """Older clients say no more than that."""
    node.agent("furiosa")
    node.agent("max")
    home = node.homes["nux"] = node.homes["furiosa"]
    refs = [{"type": "worktree", "value": str(home)}]
    node.call("nux", "agent.register", name="nux", role="tester", module="auth")
    for name in ("nux", "furiosa", "nux"):
        started = node.call(name, "session.start", agent_id=name, refs=refs)
        assert started["agent_id"] == name
    node.send("max", "for furiosa", to="furiosa")
    node.send("max", "for nux", to="nux")
    assert node.inbox("furiosa") == ["for furiosa"]
    assert node.inbox("nux") == ["for nux"]
    for name in ("furiosa", "nux"):
        listed = node.call(name, "message.list", unread_for_agent=name, for_agent=name)
        assert [row["is_read"] for row in listed["messages"]] == [False]
    assert node.refused("furiosa", "message.list", for_agent="max") == "not_allowed"
    assert node.refused("furiosa", "session.start", agent_id="max") == "not_allowed"
    claim = {"agent_id": "nux", "caller_agent_id": "furiosa"}
    assert node.refused("furiosa", "session.start", **claim) == "not_allowed"
