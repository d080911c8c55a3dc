"""Agents are seen by their processes: real ones that run, end, and pass their number on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gitstore import canonical
from thrum import events
from thrum.clock import format_ns
from thrum.daemon.upkeep.sweeper import Sweeper
from thrum.identity import files, process
from thrum.ids import Ids


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own."""
    made = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield made
    made.kill()
    made.wait(20)
    assert made.stdin
    made.stdin.close()


def sweeper(node: Any, **how: Any) -> Sweeper:
    """A sweeper of the node's store."""
    parts = node.parts
    return Sweeper(parts.store, parts.callers.identities, "d_here", **how)


def sweep(node: Any, **how: Any) -> int:
    """One pass; how many sessions it ended."""
    return asyncio.run(sweeper(node, **how).sweep())


def runs_as(node: Any, agent_id: str, pid: int, started: str = "") -> None:
    """The agent's process is this one."""
    found = process.look(pid)
    started = started or (found.started if found else "")
    node.store.transact_blocking(
        lambda t: t.db.execute(
            "UPDATE agents SET agent_pid = ?, agent_pid_start_time = ? WHERE agent_id = ?",
            (pid, started, agent_id),
        )
    )


def sessions(node: Any, agent_id: str) -> list[tuple[str, str]]:
    """Status and reason of the agent's sessions, the newest first."""
    found = node.call("nobody", "session.list", **{"agent_id": agent_id})["sessions"]
    return [(each["status"], each.get("end_reason", "")) for each in found]


def test_an_agent_ends_with_its_process(node: Any, child: subprocess.Popen[bytes]) -> None:
    node.agent("furiosa")
    node.agent("nux")
    runs_as(node, "nux", child.pid)
    assert sweep(node) == 0
    assert sessions(node, "nux") == [("active", "")]
    child.kill()
    child.wait(20)
    assert sweep(node) == 1
    assert sessions(node, "nux") == [("ended", "dead_pid")]
    assert sessions(node, "furiosa") == [("active", "")]
    assert sweep(node) == 0
    pid = "SELECT agent_pid, agent_pid_start_time FROM agents WHERE agent_id = 'nux'"
    assert node.store.reader().execute(pid).fetchone() == (0, "")


def test_a_process_that_nobody_has_reaped_is_dead(
    node: Any, child: subprocess.Popen[bytes], wait_until: Any
) -> None:
    node.agent("nux")
    runs_as(node, "nux", child.pid)
    child.kill()
    wait_until(lambda: not process.alive(child.pid))
    assert sweep(node) == 1


def test_another_process_of_that_number_is_not_the_agent(
    node: Any, child: subprocess.Popen[bytes]
) -> None:
    node.agent("nux")
    runs_as(node, "nux", child.pid, started="1")
    assert process.alive(child.pid)
    assert sweep(node) == 1
    assert sessions(node, "nux") == [("ended", "dead_pid")]


def test_a_new_process_takes_over(node: Any, child: subprocess.Popen[bytes]) -> None:
    node.agent("nux")
    runs_as(node, "nux", child.pid, started="1")
    found = process.look(child.pid)
    assert found
    now = "2026-01-01T00:00:00Z"
    claim = {"agent_pid": child.pid, "agent_pid_started": found.started}
    files.write(node.homes["nux"] / ".thrum/identities", "nux", now, role="tester", **claim)
    assert sweep(node) == 0
    assert sessions(node, "nux") == [("active", "")]
    child.kill()
    child.wait(20)
    assert sweep(node) == 1


def test_what_was_worked_on_is_told(node: Any) -> None:
    session_id = node.agent("nux")
    node.call("nux", "session.setIntent", session_id=session_id, intent="mend the lid")
    runs_as(node, "nux", 2**22 + 1, started="1")
    assert sweep(node) == 1
    told = "SELECT event_json FROM events WHERE type = 'agent.update'"
    assert "mend the lid" in node.store.reader().execute(told).fetchone()[0]


def delete_elsewhere(node: Any, agent_id: str, when: str) -> None:
    """Another clone deleted the agent at that time, and says so now."""
    line = {
        "type": "agent.cleanup",
        "timestamp": when,
        "event_id": Ids(time.time_ns).make("evt"),
        "v": 1,
        "origin_daemon": "d_there",
        "agent_id": agent_id,
    }
    node.store.log.append([[("events.jsonl", canonical(line))]])
    node.store.catch_up()


def test_who_was_deleted_elsewhere_while_it_began_to_work_is_nobody(node: Any) -> None:
    """The session is younger than the deletion, and so it is not forgotten with the agent."""
    node.agent("nux")
    node.agent("max")
    then = format_ns(time.time_ns())
    home = [{"type": "worktree", "value": str(node.homes["nux"])}]
    node.call("nux", "session.start", agent_id="nux", refs=home)
    delete_elsewhere(node, "nux", then)
    assert sessions(node, "nux") == [("active", "")]
    for method, params in (
        ("agent.whoami", {}),
        ("message.send", {"content": "boo", "to": "max"}),
        ("group.create", {"name": "ghosts"}),
    ):
        assert node.refused("nux", method, **params) == "anonymous_caller"
    assert sweep(node) == 1
    assert sweep(node) == 0
    assert sessions(node, "nux") == [("ended", "superseded")]
    assert sessions(node, "max") == [("active", "")]
    node.call("nux", "agent.register", name="nux", role="tester", module="auth")
    node.call("nux", "session.start", agent_id="nux", refs=home)
    node.send("nux", "I am back", to="max")
    assert node.inbox("max") == ["I am back"]


def test_other_clones_judge_their_own(node: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    node.agent("nux")
    runs_as(node, "nux", 2**22 + 1, started="1")
    for table in ("sessions", "agents"):
        where = f"UPDATE {table} SET origin_daemon = ?"
        node.store.transact_blocking(lambda t, sql=where: t.db.execute(sql, ("d_there",)))
        assert sweep(node) == 0
        node.store.transact_blocking(lambda t, sql=where: t.db.execute(sql, ("d_here",)))
    assert sweep(node) == 1


def test_who_registers_anew_during_a_pass_stays(node: Any, child: subprocess.Popen[bytes]) -> None:
    node.agent("nux")
    runs_as(node, "nux", 2**22 + 1, started="1")

    def look(pid: int) -> process.Process | None:
        runs_as(node, "nux", child.pid)
        return None

    assert sweep(node, look=look) == 0
    assert sessions(node, "nux") == [("active", "")]


def test_who_lives_is_seen_without_saying_a_word(node: Any, child: subprocess.Popen[bytes]) -> None:
    node.agent("nux")
    node.agent("max")
    runs_as(node, "nux", child.pid)
    node.store.transact_blocking(
        lambda t: [
            t.db.execute(f"UPDATE {table} SET last_seen_at = ?", (format_ns(0),))
            for table in ("agents", "sessions")
        ]
    )
    count = node.store.reader().execute("SELECT count(*) FROM events").fetchone()

    assert asyncio.run(sweeper(node).note_seen()) == 1
    seen = dict(node.store.reader().execute("SELECT agent_id, last_seen_at FROM agents"))
    assert seen["nux"] > format_ns(0)
    assert seen["max"] == format_ns(0)
    assert node.store.reader().execute("SELECT count(*) FROM events").fetchone() == count


def test_a_pass_asks_once_for_each_agent(node: Any) -> None:
    asked: list[int] = []
    for number in range(5):
        node.agent(f"agent{number}")
        runs_as(node, f"agent{number}", 1000 + number, started="7")

    def look(pid: int) -> process.Process:
        asked.append(pid)
        return process.Process(pid, 1, "claude", "7")

    assert sweep(node, look=look) == 0
    assert sorted(asked) == [1000 + number for number in range(5)]


def test_registering_keeps_the_start_of_the_process(node: Any) -> None:
    import os

    node.agent("nux")
    own = process.look(os.getpid())
    assert own
    params = {"name": "nux", "role": "tester", "module": "auth", "agent_pid": own.pid}
    node.call("nux", "agent.register", **params)
    kept = "SELECT agent_pid, agent_pid_start_time FROM agents WHERE agent_id = 'nux'"
    assert node.store.reader().execute(kept).fetchone() == (own.pid, own.started)


def test_only_ones_own_sessions_are_crash_recovered(node: Any) -> None:
    node.agent("nux")
    theirs = events.SessionStart(session_id="ses_01M7XCMNVS4RYV6N772VPNAVN5", agent_id="nux")
    node.store.transact_blocking(lambda t: t.emit(theirs))
    node.store.transact_blocking(
        lambda t: t.db.execute(
            "UPDATE sessions SET origin_daemon = 'd_there' WHERE session_id = ?",
            (theirs.session_id,),
        )
    )
    node.call("nux", "session.start", agent_id="nux")
    assert sorted(sessions(node, "nux")) == [
        ("active", ""),
        ("active", ""),
        ("ended", "crash_recovered"),
    ]
