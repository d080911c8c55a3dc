"""What is made of sessions and contexts that were left when no daemon ran."""

from __future__ import annotations

import shutil
from typing import Any, Final

from thrum import events
from thrum.clock import format_ns
from thrum.daemon.upkeep.reconcile import Claim, restore
from thrum.daemon.upkeep.recovery import recover
from thrum.identity.process import Process

DAY: Final = 24 * 3600 * 1_000_000_000


def execute(node: Any, sql: str, *values: object) -> None:
    """Changes a table as time or another program would."""
    node.store.transact_blocking(lambda t: t.db.execute(sql, values))


def ended(node: Any) -> dict[str, str]:
    """Why sessions ended, by agent."""
    rows = node.store.reader().execute(
        "SELECT agent_id, end_reason FROM sessions WHERE ended_at IS NOT NULL"
    )
    return dict(rows)


def run(node: Any, *claims: Claim, pids: tuple[tuple[int, str], ...] = ()) -> int:
    """Recovers with these identity files, while these processes run."""
    running = {pid: Process(pid, 1, "claude", started) for pid, started in pids}
    count: int = node.store.transact_blocking(lambda t: recover(t, claims, running.get))
    return count


def process_of(node: Any, agent_id: str, pid: int, started: str) -> None:
    execute(
        node,
        "UPDATE agents SET agent_pid = ?, agent_pid_start_time = ? WHERE agent_id = ?",
        *(pid, started, agent_id),
    )


def test_the_dead_are_told_from_those_who_live(node: Any) -> None:
    for name in ("dead", "reused", "alive", "heir", "plain"):
        node.agent(name)
    process_of(node, "dead", 10, "1")
    process_of(node, "reused", 11, "1")
    process_of(node, "alive", 12, "1")
    process_of(node, "heir", 13, "1")
    claim = Claim("heir", str(node.homes["heir"]), 14, "9")
    assert run(node, claim, pids=((11, "2"), (12, "1"), (14, "9"))) == 2
    assert ended(node) == {"dead": "dead_pid", "reused": "dead_pid"}
    pids = dict(node.store.reader().execute("SELECT agent_id, agent_pid FROM agents"))
    assert pids == {"dead": 0, "reused": 0, "alive": 12, "heir": 14, "plain": 0}
    assert run(node, claim, pids=((12, "1"), (14, "9"))) == 0


def test_a_number_without_a_start_time_is_believed_only_if_a_file_says_it_again(node: Any) -> None:
    """As in a database that was built anew."""
    for name in ("filed", "other"):
        node.agent(name)
        process_of(node, name, 20, "")
    claim = Claim("filed", str(node.homes["filed"]), 20, "3")
    assert run(node, claim, pids=((20, "3"),)) == 0
    node.store.transact_blocking(lambda t: restore(t, [claim]))
    rows = node.store.reader().execute("SELECT agent_id, agent_pid FROM agents")
    assert dict(rows) == {"filed": 20, "other": 0}
    assert ended(node) == {}


def test_who_was_left_without_a_process_or_a_worktree(node: Any) -> None:
    for name in ("unseen", "homeless", "writer", "fresh", "kept"):
        node.agent(name)
    old = format_ns(node.parts.now_ns() - 8 * DAY)
    for name in ("unseen", "writer", "kept"):
        execute(node, "UPDATE sessions SET last_seen_at = ? WHERE agent_id = ?", old, name)
        execute(node, "UPDATE agents SET last_seen_at = ? WHERE agent_id = ?", old, name)
    body = events.Body(format="markdown", content="still here")
    message = events.MessageCreate(
        message_id="msg_01M7XCNHBQTZPY0FK2ZT000001", agent_id="writer", session_id="s", body=body
    )
    node.store.transact_blocking(lambda t: t.emit(message))
    process_of(node, "kept", 30, "1")
    shutil.rmtree(node.homes["homeless"])
    assert run(node, pids=((30, "1"),)) == 2
    assert ended(node) == {"unseen": "crash_recovered", "homeless": "crash_recovered"}


def test_of_several_open_sessions_the_newest_stays(node: Any) -> None:
    first = node.agent("nux")
    second = events.SessionStart(session_id="ses_01M7XCMNVS4RYV6N772VPNAVN5", agent_id="nux")
    node.store.transact_blocking(lambda t: t.emit(second))
    assert run(node) == 1
    rows = node.store.reader().execute("SELECT session_id FROM sessions WHERE ended_at IS NOT NULL")
    assert rows.fetchall() == [(first,)]


def test_a_session_does_not_outlive_its_agent(node: Any) -> None:
    node.agent("nux")
    node.agent("max")
    execute(node, "DELETE FROM agents WHERE agent_id = 'nux'")
    assert run(node) == 1
    assert ended(node) == {"nux": "superseded"}


def test_sessions_of_other_clones_are_theirs(node: Any) -> None:
    node.agent("nux")
    process_of(node, "nux", 40, "1")
    execute(node, "UPDATE sessions SET origin_daemon = 'd_there', last_seen_at = ?", format_ns(0))
    assert run(node) == 0
