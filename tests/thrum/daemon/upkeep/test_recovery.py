"""What is made of sessions and contexts that were left when no daemon ran."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from thrum import events
from thrum.clock import format_ns, parse
from thrum.daemon.upkeep.reconcile import Claim, restore
from thrum.daemon.upkeep.recovery import recover
from thrum.identity import process
from thrum.identity.process import Process

RECORDED: Final = Path(__file__).parents[4] / "fixtures/branch/0.10.4-main/A/tree/events.jsonl"
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


def run(
    node: Any, *claims: Claim, pids: tuple[tuple[int, str], ...] = (), gone: Collection[str] = ()
) -> int:
    """Recovers with these identity files, while these processes run."""
    running = {pid: Process(pid, 1, "claude", started) for pid, started in pids}
    count: int = node.store.transact_blocking(
        lambda t: recover(t, claims, gone, lambda _: parse(t.now), running.get)
    )
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


def test_a_file_says_again_which_process_a_number_meant(node: Any) -> None:
    """As in a database that was built anew, where the agent has another process by now."""
    node.agent("filed")
    process_of(node, "filed", 20, "")
    claim = Claim("filed", str(node.homes["filed"]), 21, "3")
    assert run(node, claim, pids=((21, "3"),)) == 0
    node.store.transact_blocking(lambda t: restore(t, [claim]))
    rows = node.store.reader().execute("SELECT agent_id, agent_pid FROM agents")
    assert dict(rows) == {"filed": 21}
    assert ended(node) == {}


def numbered(node: Any, agent_id: str, pid: int, noted_ns: int) -> None:
    """Registers an agent as an older program does: a number, and the time of the event."""
    node.agent(agent_id)
    process_of(node, agent_id, pid, "")
    noted = format_ns(noted_ns)
    for sql in (
        "UPDATE agents SET registration = ?1 || ' evt_1', last_seen_at = ?1 WHERE agent_id = ?2",
        "UPDATE sessions SET started_at = ?1, last_seen_at = ?1 WHERE agent_id = ?2",
    ):
        execute(node, sql, noted, agent_id)


def left(node: Any) -> dict[str, str]:
    """Which processes are known, by agent, with their start times."""
    rows = node.store.reader().execute(
        "SELECT agent_id, agent_pid_start_time FROM agents WHERE agent_pid > 0"
    )
    return dict(rows)


@pytest.fixture
def sleeper() -> Iterator[Process]:
    """A process that runs, of no runtime that anybody knows."""
    with subprocess.Popen(["sleep", "600"]) as running:
        found = process.look(running.pid)
        assert found is not None
        yield found
        running.kill()


def began(found: Process) -> int:
    moment = process.began_ns(found)
    assert moment is not None
    return moment


def recover_here(node: Any) -> int:
    count: int = node.store.transact_blocking(lambda t: recover(t, [], (), lambda _: parse(t.now)))
    return count


@pytest.mark.parametrize("after", [0, 60_000_000_000, 30 * DAY])
def test_who_was_taken_over_alive_stays_so(node: Any, sleeper: Process, after: int) -> None:
    """Also if it was not heard of for long: its process tells more than that."""
    numbered(node, "nux", sleeper.pid, began(sleeper) + after)
    long_ago = format_ns(began(sleeper))
    execute(node, "UPDATE sessions SET last_seen_at = ?", long_ago)
    assert recover_here(node) == 0
    assert left(node) == {"nux": sleeper.started}
    assert recover_here(node) == 0


@pytest.mark.parametrize("before", [3_600_000_000_000, DAY, 400 * DAY])
def test_who_has_the_number_of_another_is_not_taken_for_it(
    node: Any, sleeper: Process, before: int
) -> None:
    """The longest of these was before the machine last began."""
    numbered(node, "nux", sleeper.pid, began(sleeper) - before)
    assert recover_here(node) == 1
    assert (left(node), ended(node)) == ({}, {"nux": "dead_pid"})


def test_the_first_process_of_a_machine_is_of_this_boot(node: Any) -> None:
    first = process.look(1)
    assert first is not None
    numbered(node, "nux", 1, began(first) - DAY)
    assert recover_here(node) == 1
    assert ended(node) == {"nux": "dead_pid"}


def test_who_was_taken_over_dead_is_ended_and_who_has_no_process_is_not(node: Any) -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    now = node.parts.now_ns()
    numbered(node, "dead", gone.pid, now)
    numbered(node, "zero", 0, now)
    assert recover_here(node) == 1
    assert ended(node) == {"dead": "dead_pid"}


def test_recorded_agents_are_told_by_their_processes(node: Any, sleeper: Process) -> None:
    """Registrations of another program: of a process that runs, of one that does not."""
    lines = RECORDED.read_text().splitlines()
    found = [event for event in map(json.loads, lines) if event.get("agent_pid")]
    for number, event in enumerate({each["agent_id"]: each for each in found}.values()):
        kept = {key: event[key] for key in ("agent_id", "kind", "name", "role", "module")}
        pid = sleeper.pid if event["agent_id"] == "frank" else 4_000_000 + number
        session = events.SessionStart(
            session_id=f"ses_01M7XCMNVS4RYV6N772VPNAV{number:02}", agent_id=event["agent_id"]
        )
        register = events.AgentRegister(**kept, agent_pid=pid, worktree="alpha")
        node.store.transact_blocking(lambda t, r=register, s=session: [t.emit(r), t.emit(s)])
    recover_here(node)
    assert left(node) == {"frank": sleeper.started}
    assert set(ended(node).values()) == {"dead_pid"}
    assert "frank" not in ended(node)


def test_who_was_left_without_a_process_or_a_worktree(node: Any) -> None:
    begun = {name: node.agent(name) for name in ("unseen", "homeless", "writer", "fresh", "kept")}
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
    gone = {begun["homeless"], begun["kept"]}
    assert run(node, pids=((30, "1"),), gone=gone) == 2
    assert ended(node) == {"unseen": "crash_recovered", "homeless": "crash_recovered"}


def test_who_moved_while_no_daemon_ran_has_a_home(node: Any) -> None:
    gone = {node.agent("moved"), node.agent("homeless")}
    claim = Claim("moved", str(node.worktree("elsewhere")), 0)
    assert run(node, claim, gone=gone) == 1
    assert ended(node) == {"homeless": "crash_recovered"}


def test_recovery_asks_no_disk(node: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the writer's turn, and a disk may not answer."""
    node.agent("nux")
    asked: list[Path] = []
    stat = Path.stat

    def note(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.is_relative_to(node.homes["nux"]):
            asked.append(path)
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", note)
    assert run(node) == 0
    assert asked == []


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
