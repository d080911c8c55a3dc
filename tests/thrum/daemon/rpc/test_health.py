"""Whether the daemon says that it is well."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from gitstore import Log
from thrum.daemon.rpc.health import describe, problems_of
from thrum.daemon.service.supervisor import Report, Standing
from thrum.daemon.sync.held import HeldEvent
from thrum.daemon.sync.service import SyncService
from thrum.daemon.sync.status import SyncStatus


def test_a_stranger_may_ask(node: Any) -> None:
    health = node.call("nobody", "health")
    assert health["status"] == "ok"
    assert health["uptime_ms"] >= 0
    assert health["repo_id"] == "repository"
    assert health["sync_state"] == "idle"
    assert health["local_only"] is False
    assert health["identity"]["daemon_id"] == "d_here"
    assert "local_only_reason" not in health


@pytest.mark.parametrize("count", [0, 1, 3])
def test_it_counts_what_the_remote_refuses(parts: Any, count: int) -> None:
    held = (HeldEvent("evt_1", "message.create", "msg_1"),) * count
    loop = parts.service(SyncService).loop
    loop.status = lambda: SyncStatus(running=True, sync_state="error", held=held)
    assert describe(parts).held == count


@pytest.mark.parametrize(("threshold", "asks"), [(0, False), (1, True), (80, True)])
def test_it_says_whether_something_follows_from_full_sessions(
    parts: Any, threshold: int, asks: bool
) -> None:
    """From the configuration as it is at that moment."""
    parts.config.set("restart.auto_threshold", threshold)
    assert describe(parts).asks_fullness is asks


class Reports:
    """A supervisor that says what it is told to."""

    def __init__(self, *reports: Report) -> None:
        self.reports = list(reports)

    def report(self) -> list[Report]:
        return self.reports


def test_each_service_that_does_not_work_is_a_problem(parts: Any) -> None:
    now = "2026-01-02T03:04:05Z"
    parts.supervisor = Reports(
        Report("push", Standing.RUNNING, "", 0, now),
        Report("done", Standing.DONE, "", 0, now),
        Report("sync", Standing.BROKEN, "it crashed: OSError: no disk", 3, now),
        Report("work", Standing.RUNNING, "the disk is slow", 0, now),
        Report("upkeep", Standing.STARTING, "", 0, now),
    )
    found = describe(parts)
    assert found.status == "degraded"
    assert found.problems == [
        "service sync: it crashed: OSError: no disk",
        "service work: the disk is slow",
        "service upkeep: starting",
    ]
    told = [(each.name, each.state, each.crashes) for each in found.services]
    assert told[2] == ("sync", "broken", 3)
    assert [state for _, state, _ in told] == ["running", "done", "broken", "running", "starting"]


def test_a_journal_that_takes_nothing_is_a_problem(node: Any, log: Log) -> None:
    assert node.call("nobody", "health")["status"] == "ok"
    log.close()
    found = node.call("nobody", "health")
    assert found["status"] == "degraded"
    (problem,) = found["problems"]
    assert problem.startswith("journal: ")


def test_a_writer_that_ended_is_a_problem_and_everything_else_is_served(
    node: Any, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def append(batches: object) -> None:
        raise Killed

    node.agent("furiosa")
    with monkeypatch.context() as patch:
        patch.setattr(threading, "excepthook", lambda told: None)
        patch.setattr(log, "append", append)
        assert node.refused("furiosa", "message.send", content="x") == "internal"
        node.store._writer._thread.join(20)
    found = node.call("nobody", "health")
    assert found["status"] == "degraded"
    assert found["problems"] == [f"writer: {node.store.trouble}"]
    assert node.refused("furiosa", "message.send", content="x") == "storage"
    assert node.inbox("furiosa") == []


def test_local_facts_that_cannot_be_used_are_a_problem(
    parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(parts.state), "trouble", lambda state: {"push": "a newer program's"})
    assert problems_of(parts, parts.reports()) == ["local facts of push: a newer program's"]
