"""``thrum sync``."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        ({"sync_state": "synced", "tip": "abcdef0123456"}, 0, "✓ Synced, tip abcdef0123\n"),
        ({"sync_state": "local-only", "local_only": True}, 0, "nothing was exchanged"),
        ({"sync_state": "error", "last_error": "no \x07 route"}, 1, "Last error: no \\x07 route\n"),
    ],
)
def test_sync_force(office: Any, answer: dict[str, Any], code: int, says: str) -> None:
    office.daemon.answers["sync.force"] = answer
    ran = office.run("sync", "force")
    assert ran.code == code
    assert says in ran.out
    assert office.run("sync", "force", "--json").document == answer


def test_who_reads_and_cannot_push_is_told_all_of_the_reason(office: Any) -> None:
    reason = "cannot push: remote: " + "an explanation; " * 60 + "https://example.org/unblock"
    answer = {"sync_state": "error", "reads": True, "last_error": reason, "remote": "o", "ahead": 2}
    for command in ("status", "force"):
        office.daemon.answers[f"sync.{command}"] = answer
        said = office.run("sync", command).out
        assert (
            f"State: cannot push; mail comes in\nLast sync: never\nLast error: {reason}\n" in said
        )
        assert "Ahead: 2\n" in said


def test_clocks_that_are_off_and_lines_that_stay_are_told(office: Any) -> None:
    office.daemon.answers["sync.status"] = {
        "sync_state": "synced",
        "clocks": ["one is \x07 off", "another"],
        "purged_lines": 3,
    }
    said = office.run("sync", "status").out
    assert "Clock: one is \\x07 off\nClock: another\n" in said
    assert "Purged: 3 lines in the files, which an older program" in said


def test_sync_status(office: Any) -> None:
    office.daemon.answers["sync.status"] = {
        "sync_state": "offline",
        "last_sync_at": "2026-01-02T03:02:05Z",
        "last_error": "unreachable",
        "remote": "origin",
        "ahead": 3,
        "behind": 0,
    }
    assert office.run("sync", "status").out == (
        "State: offline\nLast sync: 2m ago\nLast error: unreachable\nRemote: origin\n"
        "Ahead: 3\nBehind: 0\n"
    )


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        ({"sync_state": "synced", "tip": "abcdef0123456"}, 0, "✓ Synced, tip abcdef0123\n"),
        ({"sync_state": "error", "last_error": "no route"}, 1, "Last error: no route\n"),
        (
            {"sync_state": "local-only", "local_only": True, "local_only_reason": "it is public"},
            1,
            "Local only: it is public\n",
        ),
        ({"sync_state": "idle", "outcome": "no remote"}, 0, "nothing was exchanged"),
    ],
)
def test_sync_on(office: Any, answer: dict[str, Any], code: int, says: str) -> None:
    office.daemon.answers["sync.on"] = answer
    ran = office.run("sync", "on")
    assert (ran.code, says in ran.out) == (code, True), ran.out
    assert office.run("sync", "on", "--json").document == answer


def test_sync_off(office: Any) -> None:
    answer = {"sync_state": "local-only", "local_only": True}
    office.daemon.answers["sync.off"] = answer
    assert "stay on this machine" in office.run("sync", "off").out
    assert office.run("sync", "off", "--json").document == answer


def test_what_the_remote_refuses_is_named_with_the_way_out(office: Any) -> None:
    held = {"event_id": "evt_1", "type": "message.create", "message_id": "msg_1", "file": "f"}
    other = {"event_id": "evt_2", "type": "agent.register", "file": "events.jsonl"}
    office.daemon.answers["sync.status"] = {"sync_state": "error", "held": [held, other]}
    said = office.run("sync", "status").out
    assert said.startswith("State: all but what the remote refuses is there\n")
    assert (
        "Held back: msg_1 (message.create) in f; take it back: `thrum message withdraw msg_1`"
        in said
    )
    assert "Held back: evt_2 (agent.register) in events.jsonl\n" in said
