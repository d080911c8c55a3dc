"""What the methods tell of the sync loop."""

from __future__ import annotations

from typing import Any

import pytest

from gitstore import Exchange, Outcome, canonical
from thrum import events
from thrum.clock import format_ns
from thrum.daemon.sync.service import SyncService
from thrum.daemon.sync.status import SyncStatus


class Told:
    """A loop that says what a test says."""

    def __init__(self, status: SyncStatus) -> None:
        self.now = status
        self.forced = 0

    def status(self) -> SyncStatus:
        return self.now

    async def force(self) -> SyncStatus:
        self.forced += 1
        return self.now


def test_a_stranger_may_see_how_it_stands(node: Any) -> None:
    node.parts.service(SyncService).loop = Told(
        SyncStatus(True, "offline", "2026-01-01T00:00:00Z", last_error="no route", ahead=2)
    )
    assert node.call("nobody", "sync.status") == {
        "running": True,
        "last_sync_at": "2026-01-01T00:00:00Z",
        "sync_state": "offline",
        "local_only": False,
        "last_error": "no route",
        "ahead": 2,
    }
    assert node.call("nobody", "health")["sync_state"] == "offline"


def test_it_tells_whose_clock_is_off_and_what_cannot_leave_the_files(node: Any) -> None:
    event = events.SessionStart(session_id="ses_far", agent_id="far")
    event.event_id, event.origin_daemon = "evt_far", "d_far"
    event.timestamp = format_ns(node.parts.now_ns() + 50 * 3_600_000_000_000)
    node.store.log.append([[("events.jsonl", canonical(event))]])
    node.store.catch_up()
    node.store.log.joining.omitter.kept = 7
    answer = node.call("nobody", "sync.status")
    assert answer["clocks"] == ["the clock of d_far is about 2 days ahead of this one"]
    assert answer["purged_lines"] == 7


def test_an_agent_starts_a_cycle_and_hears_how_it_ended(node: Any) -> None:
    node.agent("nux")
    exchange = Exchange(Outcome.OK, pushed=True, processes=2)
    told = node.parts.service(SyncService).loop = Told(
        SyncStatus(True, "synced", "T", exchange=exchange)
    )
    result = node.call("nux", "sync.force")
    assert result["triggered"] is True
    assert result["sync_state"] == "synced"
    assert result["pushed"] is True
    assert result["processes"] == 2
    assert told.forced == 1


class Switched:
    """A service that only notes what it is told."""

    def __init__(self, loop: Told) -> None:
        self.loop = loop
        self.told: list[bool] = []

    def share(self, is_on: bool) -> None:
        self.told.append(is_on)


def test_sharing_is_switched_and_the_first_cycle_told(
    node: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.agent("nux")
    told = Told(SyncStatus(True, "local-only", local_only=True, local_only_reason="it is public"))
    switched = Switched(told)
    monkeypatch.setitem(node.parts._services, "sync", switched)
    assert node.call("nux", "sync.on")["local_only_reason"] == "it is public"
    assert node.call("nux", "sync.off")["sync_state"] == "local-only"
    assert (switched.told, told.forced) == ([True, False], 2)
    assert node.refused("nobody", "sync.on") == "anonymous_caller"


def test_a_stranger_starts_none(node: Any) -> None:
    told = node.parts.service(SyncService).loop = Told(SyncStatus(True, "synced"))
    assert node.refused("nobody", "sync.force") == "anonymous_caller"
    assert told.forced == 0
