"""The views of the team: what they say, that they ask once however many there are, and no write."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from thrum import events
from thrum.daemon.projection import connection
from thrum.identity import process

VIEWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("team.list", {}),
    ("team.list", {"include_offline": True}),
    ("team.overview", {}),
    ("agent.listContext", {"file": "src/valve.py"}),
    ("agent.lookup", {"name": "max"}),
)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What readers that are opened from now on are asked."""
    asked: list[str] = []
    real = connection.reader

    def traced(path: Path) -> sqlite3.Connection:
        db = real(path)
        db.set_trace_callback(asked.append)
        return db

    monkeypatch.setattr(connection, "reader", traced)
    yield asked


def populate(node: Any, count: int) -> None:
    """So many more agents with sessions, contexts and mail."""

    def decide(transaction: Any) -> None:
        for number in range(count):
            name, session = f"agent{number}", f"ses_{number:026}"
            for event in (
                events.AgentRegister(agent_id=name, kind="agent", role="r", module="m"),
                events.SessionStart(session_id=session, agent_id=name),
                events.MessageCreate(
                    message_id=f"msg_{number:026}",
                    agent_id="max",
                    session_id="s",
                    body=events.Body(format="markdown", content="x"),
                    recipients=[name],
                    refs=[events.Pair("mention", name)],
                ),
            ):
                transaction.emit(event)
            transaction.db.execute(
                "INSERT INTO agent_work_contexts (session_id, agent_id, branch, intent,"
                " changed_files, git_updated_at) VALUES (?, ?, 'b', 'i', ?, ?)",
                (session, name, '["src/valve.py"]', transaction.now),
            )

    node.store.transact_blocking(decide)


@pytest.mark.parametrize("count", [3, 60])
def test_a_view_is_one_statement_and_no_write(node: Any, statements: list[str], count: int) -> None:
    node.agent("max")
    populate(node, count)
    before = written(node)
    for method, params in VIEWS:
        node.call("max", method, **params)  # the caller is found, and identities are read
        statements.clear()
        answer = node.call("max", method, **params)
        assert len(statements) == 1, (method, statements)
        assert statements[0].lstrip().startswith("SELECT")
        rows = answer.get("members") or answer.get("team") or answer.get("contexts")
        assert method == "agent.lookup" or len(rows) >= count
    assert written(node) == before


def written(node: Any) -> tuple[Any, ...]:
    """What any write of an event or a sign of life would change."""
    db = sqlite3.connect(node.parts.place.database)
    found = [
        db.execute(f"SELECT count(*), group_concat({column}) FROM {table}").fetchone()
        for table, column in (
            ("events", "event_id"),
            ("agents", "last_seen_at"),
            ("sessions", "last_seen_at"),
            ("message_deliveries", "read_at"),
        )
    ]
    db.close()
    return (*found, node.parts.place.journal.stat().st_size)


def test_all_counts_are_those_of_the_inboxes(node: Any) -> None:
    for name in ("max", "nux", "slit"):
        node.agent(name)
    sent = [node.send("max", f"{n}", to="nux")["message_id"] for n in range(3)]
    node.send("max", "to all")
    node.send("nux", "to myself", to="nux")
    node.call("nux", "message.markRead", message_ids=sent[:1])
    listed = {each["agent_id"]: each for each in node.call("max", "team.list")["members"]}
    for name in listed:
        role = {"for_agent": name, "for_agent_role": "tester"}
        inbox = node.call(name, "message.list", **role)
        assert listed[name]["inbox_total"] == inbox["total"]
        assert listed[name]["inbox_unread"] == inbox["unread"]
        others = node.call(name, "message.list", exclude_self=True, **role)
        shown = node.call(name, "team.overview")["inbox"]
        assert shown == {"total": others["total"], "unread": others["unread"]}
    assert listed["nux"]["inbox_unread"] == 3
    assert node.call("max", "team.list")["shared_messages"] == {"broadcast_total": 1}


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
            "alive",
            "claude",
        )
        assert (shown["agent_pid"], shown["agent_pid_started"]) == (found.pid, found.started)
        file_of(node, "nux", **of, agent_pid_started="1")
        assert member(node, "nux")["status"] == "offline", "the number was given out again"
        file_of(node, "nux", **of, agent_pid_started=found.started)
        other.kill()
    shown = member(node, "nux")
    assert (shown["status"], shown["tmux_state"]) == ("offline", "stale")
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
    looked = "UPDATE agent_work_contexts SET branch = 'driving' WHERE agent_id = 'nux'"
    node.store.transact_blocking(lambda t: t.db.execute(looked))
    assert member(node, "nux")["branch"] == "driving", "what was seen counts more"
    node.call("nux", "session.end", session_id=session)
    assert "branch" not in member(node, "nux", include_offline=True)


def test_the_overview_is_of_the_caller(node: Any) -> None:
    node.agent("max")
    session = node.agent("nux")
    node.call("nux", "session.setIntent", session_id=session, intent="weld it")
    node.send("nux", to="max")
    page = node.call("max", "team.overview")
    assert page["agent"]["agent_id"] == "max"
    assert page["agent"]["source"] == "peercred"
    assert page["health"]["status"] == "ok"
    assert page["inbox"] == {"total": 1, "unread": 1}
    (other,) = page["team"]
    assert (other["agent_id"], other["intent"], other["role"]) == ("nux", "weld it", "tester")
    mine = node.call("nux", "team.overview")
    assert mine["work_context"]["intent"] == mine["agent"]["intent"] == "weld it"
    page = node.call("nobody", "team.overview")
    assert {each["agent_id"] for each in page["team"]} == {"max", "nux"}
    assert page.keys() == {"health", "team"}


def test_the_overview_agrees_with_whoami(node: Any) -> None:
    session = node.agent("max")
    node.call("max", "session.setIntent", session_id=session, intent="weld it")
    git = ["git", "-C", str(node.homes["max"]), "checkout", "-q", "-b", "welding"]
    subprocess.run(git, check=True)
    me = node.call("max", "agent.whoami")
    assert me["branch"] == "welding"
    assert node.call("max", "team.overview")["agent"] == me
