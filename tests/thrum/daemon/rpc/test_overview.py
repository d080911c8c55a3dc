"""What somebody wants to know at first: of themselves, of the others, of their mail."""

from __future__ import annotations

import subprocess
from typing import Any


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


def test_who_is_alone_has_no_team(node: Any) -> None:
    node.agent("max")
    page = node.call("max", "team.overview")
    assert "team" not in page
    assert page["inbox"] == {"total": 0, "unread": 0}
    assert node.call("nobody", "team.overview").keys() == {"health", "team"}


def test_without_a_session_there_is_mail_and_no_work(node: Any) -> None:
    session = node.agent("max")
    node.agent("nux")
    node.send("nux", to="max")
    node.call("max", "session.end", session_id=session)
    files = node.homes["max"] / ".thrum/identities"
    files.mkdir(parents=True, exist_ok=True)
    (files / "max.json").write_text(
        '{"version": 5, "agent": {"name": "max", "role": "tester", "module": "auth"}}'
    )
    page = node.call("max", "team.overview")
    assert page["agent"]["agent_id"] == "max"
    assert "work_context" not in page
    assert page["inbox"] == {"total": 1, "unread": 1}
    assert [each["agent_id"] for each in page["team"]] == ["nux"]
    assert "team" not in node.call("nux", "team.overview"), "max works on nothing"


def test_processes_of_other_clones_are_not_told(node: Any) -> None:
    node.agent("max")
    node.agent("nux")
    change = "UPDATE agents SET origin_daemon = ?, agent_pid = 77, agent_pid_start_time = '1'"
    for origin, local in (("d_there", False), ("d_here", True), ("", True)):
        node.store.transact_blocking(lambda t, each=origin: t.db.execute(change, (each,)))
        (other,) = node.call("max", "team.overview")["team"]
        assert other.get("is_local", False) is local, origin
        told = (other.get("agent_pid", 0), other.get("agent_pid_started", ""))
        assert told == ((77, "1") if local else (0, "")), origin


def test_looking_reads_no_mail(node: Any) -> None:
    node.agent("max")
    node.agent("nux")
    node.send("nux", to="max")
    for _ in range(2):
        assert node.call("max", "team.overview")["inbox"] == {"total": 1, "unread": 1}
