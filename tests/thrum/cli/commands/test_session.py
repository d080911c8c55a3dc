"""``thrum session`` and its other name, ``thrum agent``."""

from __future__ import annotations

import json
from typing import Any

import pytest

SESSION = "ses_01M7XCMNVS4RYV6N772VPNAVN5"


@pytest.fixture
def office(world: Any) -> Any:
    """A daemon that knows the caller's open session."""
    world.daemon.answers |= {
        "agent.whoami": {"agent_id": "furiosa", "session_id": SESSION},
        "session.start": {"session_id": SESSION, "agent_id": "furiosa", "started_at": "t"},
        "session.end": {"session_id": SESSION, "ended_at": "t", "duration_ms": 57_128},
        "session.heartbeat": {"session_id": SESSION, "last_seen_at": "t", "branch": "main"},
        "session.setIntent": {"session_id": SESSION, "intent": "x"},
        "session.setTask": {"session_id": SESSION, "current_task": "x"},
    }
    return world


def file_of(world: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((world.root / ".thrum/identities/furiosa.json").read_text())
    return found


@pytest.mark.parametrize("group", ["session", "agent"])
def test_start(office: Any, group: str) -> None:
    ran = office.run(group, "start")
    assert ran.out == f"✓ Session {SESSION[-6:]} of @furiosa started\n"
    assert office.daemon.params("session.start")["refs"] == [
        {"type": "worktree", "value": str(office.root)}
    ]
    assert file_of(office)["session_id"] == SESSION
    office.run(group, "start", "--scope", "module:auth", "--ref", "pr:a:4")
    asked = office.daemon.params("session.start")
    assert asked["scopes"] == [{"type": "module", "value": "auth"}]
    assert asked["refs"][1:] == [{"type": "pr", "value": "a:4"}]
    assert office.run(group, "start", "--scope", "module").code == 2


def test_it_begins_with_the_intent_that_was_given(office: Any) -> None:
    office.run("session", "start")
    assert "session.setIntent" not in office.daemon.methods
    office.run("session", "set-intent", "weld the valve")
    office.run("session", "end")
    ran = office.run("session", "start")
    assert ran.out == f"✓ Session {SESSION[-6:]} of @furiosa started: weld the valve\n"
    asked = office.daemon.params("session.setIntent")
    assert (asked["session_id"], asked["intent"]) == (SESSION, "weld the valve")


def test_end(office: Any) -> None:
    office.run("session", "start")
    assert office.run("session", "end").out == f"✓ Session {SESSION[-6:]} ended after 57s\n"
    assert office.daemon.params("session.end") == {
        "session_id": SESSION,
        "reason": "normal",
        "caller_agent_id": "furiosa",
    }
    assert "session_id" not in file_of(office)
    office.run("session", "end", "--session-id", "NAVN5", "--reason", "crash")
    assert office.daemon.params("session.end")["session_id"] == "NAVN5"


@pytest.mark.parametrize(
    "argv", [["session", "end"], ["session", "heartbeat"], ["session", "set-intent", "x"]]
)
def test_without_a_session(office: Any, argv: list[str]) -> None:
    office.daemon.answers["agent.whoami"] = {"agent_id": "furiosa"}
    error = office.run(*argv, "--json").error
    assert error["kind"] == "no_session"
    assert "thrum session start" in error["hint"]


def test_heartbeat(office: Any) -> None:
    flags = ["--add-scope", "module:auth,file:x", "--remove-ref", "pr:4"]
    assert office.run("session", "heartbeat", *flags).out == "✓ Heartbeat on main\n"
    assert office.daemon.params("session.heartbeat") == {
        "session_id": SESSION,
        "caller_agent_id": "furiosa",
        "add_scopes": [{"type": "module", "value": "auth"}, {"type": "file", "value": "x"}],
        "remove_refs": [{"type": "pr", "value": "4"}],
    }


def test_a_heartbeat_says_how_much_is_not_merged(office: Any) -> None:
    seen = {"branch": "fix\n1", "unmerged_commits": 2, "file_changes": [{"path": "a"}] * 3}
    office.daemon.answers["session.heartbeat"] |= seen
    assert office.run("session", "heartbeat").out == "✓ Heartbeat on fix 1, 2 commits, 3 files\n"
    seen |= {"unmerged_commits": 1, "file_changes": [{"path": "a"}]}
    office.daemon.answers["session.heartbeat"] |= seen
    assert office.run("session", "heartbeat").out == "✓ Heartbeat on fix 1, 1 commit, 1 file\n"


@pytest.mark.parametrize(
    ("command", "method", "key"),
    [
        ("set-intent", "session.setIntent", "intent"),
        ("set-task", "session.setTask", "current_task"),
    ],
)
def test_intent_and_task(office: Any, command: str, method: str, key: str) -> None:
    assert office.run("session", command, "build \x1b it").out.endswith("build \\x1b it\n")
    assert office.daemon.params(method)[key] == "build \x1b it"
    assert office.run("agent", command, "").out.endswith("cleared\n")
    assert office.daemon.params(method)[key] == ""


def test_the_intent_is_kept_for_the_next_shell(office: Any) -> None:
    office.run("session", "set-intent", "build it")
    assert file_of(office)["intent"] == "build it"


def test_list(office: Any) -> None:
    rows = [
        {
            "session_id": SESSION,
            "agent_id": "a",
            "started_at": "2026-01-02T03:02:05Z",
            "intent": "line\nbreak",
            "scopes": [{"type": "file", "value": "a\nb"}],
            "refs": [{"type": "worktree", "value": "/w"}, {"type": "pr", "value": "4"}],
            "status": "active",
        },
        {
            "session_id": "ses_01M7XCMNVS4RYV6N772VPNAVN6",
            "agent_id": "b",
            "started_at": "x",
            "ended_at": "2026-01-02T03:03:05Z",
            "end_reason": "crash",
            "status": "ended",
        },
    ]
    office.daemon.answers["session.list"] = {"sessions": rows}
    assert office.run("session", "list").out == (
        "PNAVN5 @a started 2m ago open [file:a b pr:4] line break\n"
        "PNAVN6 @b started never ended 1m ago (crash)\n"
    )
    assert office.run("session", "list", terminal=True).out.splitlines() == [
        "SESSION  AGENT  BEGAN  ENDED  WHY    ABOUT          INTENT",
        "PNAVN5   @a     2m     open          file:a b pr:4  line break",
        "PNAVN6   @b            1m     crash",
    ]
    office.run("session", "list", "--active", "--agent", "@a", "--limit", "3")
    asked = office.daemon.params("session.list")
    assert asked == {"active_only": True, "agent_id": "a", "limit": 3}
    assert office.run("session", "list", "--json").document == {"sessions": rows}
    office.daemon.answers["session.list"] = {"sessions": []}
    assert office.run("session", "list").out == "No sessions.\n"


def test_of_many_scopes_some_are_named(office: Any) -> None:
    scopes = [{"type": "n", "value": str(number)} for number in range(9)]
    refs = [{"type": "worktree", "value": "/w"}]
    row = {"session_id": SESSION, "agent_id": "a", "started_at": "x", "scopes": scopes}
    long = {**row, "scopes": [{"type": "file", "value": "x" * 100}], "refs": refs}
    office.daemon.answers["session.list"] = {"sessions": [row, long]}
    many, one = office.run("session", "list").out.splitlines()
    assert many.endswith("[n:0 n:1 n:2 n:3 n:4 +4]")
    assert one.endswith("xxx…]")
    assert len(one) < 80


def test_a_list_of_somebody_whom_nobody_knows_is_no_empty_one(office: Any) -> None:
    office.daemon.answers |= {
        "session.list": {"sessions": []},
        "agent.list": {"agents": [{"agent_id": "nux"}]},
    }
    assert office.run("session", "list", "--agent", "@nux").out == "No sessions.\n"
    ran = office.run("session", "list", "--agent", "nxu", "--json")
    assert (ran.code, ran.out, ran.error["hint"]) == (1, "", "did you mean @nux?")
