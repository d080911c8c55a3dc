"""Commands as they are listed."""

from __future__ import annotations

import msgspec

from thrum.daemon.queue.command import Command, State
from thrum.daemon.queue.shown import shown

NEW = Command("cmd_1", "api", "alice", "make", 1000, 2000, False, "2026-01-01T00:00:00Z")


def test_what_has_not_come_is_in_the_year_one_or_absent() -> None:
    assert msgspec.to_builtins(shown(NEW)) == {
        "id": "cmd_1",
        "text": "make",
        "requester_agent": "alice",
        "timeout_ns": 1_000_000_000,
        "silence_ms": 2000,
        "notify_on_complete": False,
        "state": "queued",
        "submitted_at": "2026-01-01T00:00:00Z",
        "sent_at": "0001-01-01T00:00:00Z",
        "completed_at": "0001-01-01T00:00:00Z",
        "session_name": "api",
    }


def test_what_has_is_there() -> None:
    ended = Command(
        *("cmd_1", "api", "alice", "make", 1000, 2000, True, "2026-01-01T00:00:00Z"),
        state=State.COMPLETED,
        sent_at="2026-01-01T00:00:01Z",
        completed_at="2026-01-01T00:00:02Z",
        output="said",
        exit_status=0,
    )
    found = msgspec.to_builtins(shown(ended))
    assert (found["state"], found["captured_output"], found["exit_status"]) == (
        "completed",
        "said",
        0,
    )
    assert found["completed_at"] == "2026-01-01T00:00:02Z"
