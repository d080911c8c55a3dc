"""Who lived here and lives elsewhere now."""

from __future__ import annotations

import json
import os
import threading
from typing import Any

import pytest

from gitstore import canonical
from tests.thrum.daemon.callers.conftest import file
from thrum import events
from thrum.daemon.callers import departure
from thrum.daemon.callers.departure import Departure
from thrum.identity import process


def taken(node: Any, name: str, number: int = 1, second: int = 1) -> None:
    """Another clone takes the name over, and this one hears of it."""
    event = events.AgentRegister(
        agent_id=name,
        kind="agent",
        role="tester",
        module="auth",
        hostname="fury",
        moves=number,
        moved_from="d_here",
        moved_by="max@example.org",
        moved_why="forced",
    )
    event.timestamp = f"2099-01-01T00:00:{second:02}.000000000Z"
    event.event_id, event.v = f"evt_taken_{name}_{number}", 1
    event.origin_daemon = "d_there"
    node.store.log.append([[("events.jsonl", canonical(event))]])
    node.store.catch_up()


def test_where_it_went_is_told_as_far_as_it_is_known() -> None:
    known = Departure("nux", "fury", "2026-01-01T00:00:00.000000000Z", "max@x", "forced")
    error = known.refusal()
    assert error.kind == "moved"
    for part in ("@nux", "fury", "2026-01-01T00:00:00Z", "max@x", "--force"):
        assert part in str(error)
    bare = Departure("nux", "", "2026-01-01T00:00:00.000000000Z", "", "whim").refusal()
    assert "on " not in bare.message
    assert "whim" not in bare.message


def test_nobody_here_is_an_agent_that_moved_away(node: Any) -> None:
    session_id = node.agent("nux")
    file(node.homes["nux"], "nux", worktree=str(node.homes["nux"]))
    assert departure.of(node.store.reader(), "nux", "d_here") is None
    taken(node, "nux")
    for method, params in (
        ("agent.whoami", {}),
        ("message.send", {"content": "hello"}),
        ("message.list", {"for_agent": "nux"}),
        ("message.list", {"unread": True}),
        ("message.list", {"unread_for_agent": "nux"}),
        ("message.wait", {"timeout_ms": 0}),
        ("session.start", {"agent_id": "nux"}),
        ("session.end", {"session_id": session_id}),
        ("session.setIntent", {"session_id": session_id, "intent": "steal"}),
    ):
        for claim in ({}, {"caller_agent_id": "nux"}):
            answer = node.stand("nux").ask(method, **params, **claim)
            assert answer["error"]["data"]["kind"] == "moved", (method, answer)
            assert answer["error"]["code"] == -32002
    assert answer["error"]["data"]["host"] == "fury"
    assert node.call("nux", "team.list")["members"] is not None, "what anybody may ask is answered"
    params = {"name": "nux", "role": "tester", "module": "auth"}
    for how in ({}, {"re_register": True}, {"agent_pid": os.getpid()}):
        assert node.refused("nux", "agent.register", **params, **how) == "name_taken"


def test_whoever_lives_there_besides_goes_on(node: Any) -> None:
    node.agent("nux")
    home = node.homes["nux"]
    for name in ("nux", "slit"):
        if name == "slit":
            node.call("nux", "agent.register", name=name, role="driver", module="x")
        file(home, name, worktree=str(home))
    taken(node, "nux")
    assert node.call("nux", "agent.whoami")["agent_id"] == "slit"
    assert node.refused("nux", "agent.whoami", caller_agent_id="nux") == "moved"
    assert node.refused("nux", "agent.whoami", caller_agent_id="max") == "identity_mismatch"


def test_its_program_becomes_nobody_else_by_where_it_stands(node: Any) -> None:
    node.agent("nux")
    node.agent("furiosa")
    me = process.look(os.getpid())
    assert me
    own = {"worktree": str(node.homes["nux"]), "agent_pid": me.pid, "agent_pid_started": me.started}
    file(node.homes["nux"], "nux", **own)
    assert node.call("furiosa", "agent.whoami")["agent_id"] == "nux"
    taken(node, "nux")
    assert node.refused("furiosa", "agent.whoami") == "moved"
    assert node.refused("furiosa", "agent.whoami", caller_agent_id="furiosa") == "moved"


def test_a_copy_of_a_file_makes_nobody_a_departed_agent(node: Any) -> None:
    node.agent("nux")
    node.homes["there"] = node.worktree("there")
    file(node.homes["there"], "nux", worktree=str(node.homes["nux"]))
    taken(node, "nux")
    assert node.refused("there", "agent.whoami") == "anonymous_caller"


def test_who_waits_is_told_at_once(node: Any) -> None:
    node.agent("nux")
    file(node.homes["nux"], "nux", worktree=str(node.homes["nux"]))
    waiter = node.stand("nux")
    waiter.write("message.wait", timeout_ms=60_000)
    news = threading.Thread(target=taken, args=(node, "nux"))
    news.start()
    answer = waiter.read()
    news.join()
    assert answer["error"]["data"]["kind"] == "moved", json.dumps(answer)


@pytest.mark.parametrize("number", [1, 2])
def test_whoever_is_told_by_a_sandboxed_system_is_nobody_as_well(
    node: Any, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr("thrum.platform.peer_pid", lambda _connection: 0)
    node.homes["nux"] = node.worktree("nux")
    node.call("nux", "agent.register", name="nux", role="tester", module="auth")
    file(node.homes["nux"], "nux", worktree=str(node.homes["nux"]))
    claim = {"caller_agent_id": "nux"}
    assert node.call("nux", "agent.whoami", **claim)["agent_id"] == "nux"
    taken(node, "nux", number)
    assert node.refused("nux", "agent.whoami", **claim) == "anonymous_caller"
