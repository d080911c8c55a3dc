"""What a hook says where its runtime asks for leave."""

from __future__ import annotations

import json
from typing import Any

import pytest

from thrum.runtimes import registry

ASKS = {
    "session_id": "s1",
    "hook_event_name": "PermissionRequest",
    "tool_name": "Bash",
    "tool_input": {"command": "make"},
}
RUNTIMES = pytest.mark.parametrize("runtime", ["claude", "codex", "qwen"])


def hook(world: Any, runtime: str, **given: Any) -> str:
    about = json.dumps({**ASKS, **given})
    ran = world.run("hook", "PermissionRequest", "--runtime", runtime, stdin=about)
    assert (ran.code, ran.err) == (0, "")
    return str(ran.out)


def asked(world: Any) -> list[str]:
    return [name for name, _ in world.daemon.requests if name.startswith("prompt.")]


@pytest.fixture
def held(world: Any) -> Any:
    """A world in which somebody is asked, and boss has allowed it."""
    world.daemon.answers["delivery.ask"] = {"agent_id": "furiosa", "count": 0}
    world.daemon.answers["prompt.ask"] = {"id": "msg_1", "seconds": 60}
    world.daemon.answers["prompt.wait"] = {"decision": "allow", "by": "boss"}
    return world


@RUNTIMES
@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_an_answer_is_said_in_the_runtimes_own_shape(
    held: Any, runtime: str, decision: str
) -> None:
    held.daemon.answers["prompt.wait"] = {"decision": decision, "by": "boss"}
    said = json.loads(hook(held, runtime))["hookSpecificOutput"]
    assert said["hookEventName"] == "PermissionRequest"
    found = {"behavior": "allow"}
    if decision == "deny":
        found = {"behavior": "deny", "message": "@boss does not allow this."}
    assert said["decision"] == found
    params = held.daemon.params("prompt.ask")
    assert (params["tool"], params["session"], params["runtime"]) == ("Bash", "s1", runtime)
    assert params["details"] == '{"command": "make"}'
    assert params["asks_meanwhile"] is (runtime == "claude")
    assert held.daemon.params("prompt.wait")["id"] == "msg_1"
    assert held.daemon.params("delivery.ask")["boundary"] == "permission"


@RUNTIMES
@pytest.mark.parametrize(
    "answer",
    [
        {"decision": "", "by": ""},
        {"decision": "always", "by": "boss"},
        {"decision": True},
        {},
        None,
    ],
)
def test_whatever_is_no_answer_says_nothing(held: Any, runtime: str, answer: Any) -> None:
    held.daemon.answers["prompt.wait"] = answer
    assert hook(held, runtime) == registry.adapter(runtime).silence


@RUNTIMES
def test_nobody_waits_where_nobody_is_asked(held: Any, runtime: str) -> None:
    held.daemon.answers["prompt.ask"] = {"id": "", "seconds": 0}
    assert hook(held, runtime) == registry.adapter(runtime).silence
    assert asked(held) == ["prompt.ask"]


@RUNTIMES
def test_where_the_daemon_is_away_the_runtime_asks_its_person(world: Any, runtime: str) -> None:
    world.daemon.path.unlink()
    assert hook(world, runtime) == registry.adapter(runtime).silence


@pytest.mark.parametrize(
    ("runtime", "tool"),
    [
        ("claude", "AskUserQuestion"),
        ("claude", "ExitPlanMode"),
        ("qwen", "ask_user_question"),
        ("qwen", "exit_plan_mode"),
    ],
)
def test_what_asks_the_person_something_is_left_to_the_person(
    held: Any, runtime: str, tool: str
) -> None:
    assert hook(held, runtime, tool_name=tool) == registry.adapter(runtime).silence
    assert asked(held) == []


def test_a_helper_asks_as_well_without_its_session_being_said_to(held: Any) -> None:
    said = json.loads(hook(held, "claude", agent_id="sub"))["hookSpecificOutput"]
    assert said["decision"] == {"behavior": "allow"}
    assert held.daemon.params("prompt.ask")["is_helper"] is True
    assert all(name != "delivery.ask" for name, _ in held.daemon.requests)
