"""Beginning, noting and ending work."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def nux(node: Any) -> str:
    """The session of an agent nux, beside an agent max."""
    node.agent("max")
    session_id: str = node.agent("nux")
    return session_id


def of(node: Any, agent_id: str) -> list[dict[str, Any]]:
    """The sessions of an agent, the newest first."""
    found: list[dict[str, Any]] = node.call("nobody", "session.list", **{"agent_id": agent_id})[
        "sessions"
    ]
    return found


def test_a_new_session_ends_the_one_that_was_left_open(node: Any, nux: str) -> None:
    second = node.call("nux", "session.start", **{"agent_id": "nux"})
    newest, oldest = of(node, "nux")
    assert newest["session_id"] == second["session_id"]
    assert newest["status"] == "active"
    assert oldest["session_id"] == nux
    assert (oldest["status"], oldest["end_reason"]) == ("ended", "crash_recovered")
    only = node.call("nux", "session.list", active_only=True)["sessions"]
    assert [each["session_id"] for each in only].count(nux) == 0


def test_a_session_needs_an_agent(node: Any, nux: str) -> None:
    assert node.stand("nobody").refused("session.start", agent_id="a_b") == "not_found"
    assert node.stand("nobody").refused("session.start") == "invalid_params"


def test_intent_and_task_are_kept_and_cleared(node: Any, nux: str) -> None:
    said = node.call("nux", "session.setIntent", session_id=nux[-5:], intent="mend it")
    assert said["session_id"] == nux
    assert said["intent"] == "mend it"
    node.call("nux", "session.setTask", session_id=nux, current_task="the lid")
    (context,) = node.call("max", "agent.listContext", agent_id="nux")["contexts"]
    assert (context["intent"], context["current_task"]) == ("mend it", "the lid")
    node.call("nux", "session.setIntent", session_id=nux, intent="")
    (context,) = node.call("max", "agent.listContext", agent_id="nux")["contexts"]
    assert "intent" not in context


def test_a_heartbeat_moves_scopes_and_the_time(node: Any, nux: str) -> None:
    scope = {"type": "file", "value": "a.py"}
    beaten = node.call("nux", "session.heartbeat", session_id=nux, add_scopes=[scope, scope])
    (session,) = of(node, "nux")
    assert session["last_seen_at"] == beaten["last_seen_at"]
    rows = node.store.reader().execute("SELECT scope_type, scope_value FROM session_scopes")
    assert rows.fetchall() == [("file", "a.py")]
    node.call("nux", "session.heartbeat", session_id=nux, remove_scopes=[scope])
    assert not node.store.reader().execute("SELECT 1 FROM session_scopes").fetchall()


def test_a_session_shows_its_scopes_and_refs(node: Any, nux: str) -> None:
    scope, ref = {"type": "module", "value": "auth"}, {"type": "pr", "value": "a:b"}
    started = node.call(
        "nux", "session.start", agent_id="nux", scopes=[scope, scope], refs=[*home(node), ref]
    )["session_id"]
    found = of(node, "nux")[0]
    assert found["scopes"] == [scope]
    assert sorted(found["refs"], key=str) == sorted([*home(node), ref], key=str)
    # What is to go goes first, so that one call may move something to the end.
    node.call(
        "nux",
        "session.heartbeat",
        session_id=started,
        remove_scopes=[scope],
        add_scopes=[{"type": "file", "value": "a.py"}, scope],
        remove_refs=[ref, ref],
    )
    found = of(node, "nux")[0]
    assert found["scopes"] == [{"type": "file", "value": "a.py"}, scope]
    assert found["refs"] == home(node)
    assert "scopes" not in of(node, "max")[0]
    listed = node.call("nobody", "session.list", limit=1)["sessions"]
    assert [each["session_id"] for each in listed] == [started]


@pytest.mark.parametrize(
    ("pair", "kind"),
    [
        ({"type": "", "value": "x"}, "invalid_params"),
        ({"type": "x", "value": ""}, "invalid_params"),
        ({"type": "a:b", "value": "x"}, "invalid_params"),
        ({"type": "x"}, "invalid_params"),
        ({"type": "x" * 65, "value": "x"}, "too_large"),
        ({"type": "x", "value": "x" * 4097}, "too_large"),
    ],
)
def test_scopes_and_refs_that_cannot_be(
    node: Any, nux: str, pair: dict[str, str], kind: str
) -> None:
    for what in ("scopes", "refs"):
        more = {f"add_{what}": [pair]}
        assert node.refused("nux", "session.heartbeat", session_id=nux, **more) == kind
        assert node.refused("nux", "session.start", agent_id="nux", **{what: [pair]}) == kind
    assert [each["session_id"] for each in of(node, "nux")] == [nux]


def test_a_session_has_so_many_scopes(node: Any, nux: str) -> None:
    scopes = [{"type": "n", "value": str(n)} for n in range(257)]
    node.call("nux", "session.heartbeat", session_id=nux, add_scopes=scopes[:256])
    more = {"add_scopes": scopes[256:]}
    assert node.refused("nux", "session.heartbeat", session_id=nux, **more) == "too_large"
    node.call("nux", "session.heartbeat", session_id=nux, remove_scopes=scopes[:1], **more)
    assert len(of(node, "nux")[0]["scopes"]) == 256


def test_a_worktree_that_is_a_link_to_itself_is_none(node: Any, nux: str) -> None:
    loop = node.homes["nux"] / "loop"
    loop.symlink_to("loop")
    ref = {"type": "worktree", "value": str(loop)}
    assert node.refused("nux", "session.start", agent_id="nux", refs=[ref]) == "not_allowed"
    beat = {"session_id": nux, "add_refs": [ref]}
    assert node.refused("nux", "session.heartbeat", **beat) == "not_allowed"
    node.call("nux", "session.heartbeat", session_id=nux, remove_refs=[ref])
    where = {"agent_name": "nux", "repo_path": str(loop)}
    assert node.refused("nux", "context.show", **where) == "not_found"


def test_a_reason_is_short(node: Any, nux: str) -> None:
    assert node.refused("nux", "session.end", session_id=nux, reason="x" * 201) == "too_large"
    node.call("nux", "session.end", session_id=nux, reason="x" * 200)


def test_ending_twice_answers_the_same_and_writes_once(node: Any, nux: str) -> None:
    max_session = of(node, "max")[0]["session_id"]
    first = node.call("max", "session.end", session_id=max_session, reason="done")
    assert first["duration_ms"] >= 0
    # The agent is unknown now; a person may still ask.
    assert node.refused("max", "session.end", session_id=max_session) == "anonymous_caller"
    count = "SELECT count(*) FROM events WHERE type = 'agent.session.end'"
    assert node.store.reader().execute(count).fetchone() == (1,)
    assert of(node, "max")[0]["end_reason"] == "done"


def test_an_ended_session_takes_no_notes(node: Any, nux: str) -> None:
    node.call("nux", "session.start", **{"agent_id": "nux", "refs": home(node)})
    assert node.refused("nux", "session.setTask", session_id=nux, current_task="x") == "conflict"
    again = node.call("nux", "session.end", session_id=nux)
    assert again["ended_at"] == of(node, "nux")[1]["ended_at"]


def home(node: Any) -> list[dict[str, str]]:
    """The ref that says where nux is at home."""
    return [{"type": "worktree", "value": str(node.homes["nux"])}]
