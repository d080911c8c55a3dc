"""``thrum tmux queue`` and its kin: what is asked of the daemon, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

ID = "cmd_01M7XCRJ40638CQEKH23QGNRQD"
DONE = {"command_id": ID, "state": "completed", "output": "one\x1b[31m\ntwo", "exit_status": 0}


@pytest.fixture
def room(world: Any) -> Any:
    world.daemon.answers |= {
        "tmux.queue": {"command_id": ID, "position": 2},
        "tmux.queue-wait": DONE,
        "tmux.queue-status": {"session": "api"},
        "tmux.status": {"sessions": [{"name": "api", "state": "alive"}], "socket": "/s"},
        "tmux.cancel": {"command_id": ID, "state": "canceled"},
    }
    return world


def test_a_command_is_queued(room: Any) -> None:
    ran = room.run("tmux", "queue", "api", "--timeout", "7", "--", "ls", "-la", "$(x)")
    assert ran.out == f"✓ Queued {ID} in api, at place 2\n"
    assert room.daemon.params("tmux.queue") == {
        "session": "api",
        "text": "ls -la $(x)",
        "requester": "furiosa",
        "timeout_ms": 7000,
        "silence_ms": 5000,
        "caller_agent_id": "furiosa",
    }
    assert room.run("tmux", "queue", "api", "true", "--json").document["command_id"] == ID
    assert "tmux.queue-wait" not in room.daemon.methods


def test_its_end_is_waited_for(room: Any) -> None:
    ran = room.run("tmux", "queue", "api", "true", "--wait", "--silence", "0.5", "--timeout", "2m")
    assert (ran.code, ran.out, ran.err) == (0, "one\\x1b[31m\ntwo\n", "")
    asked = room.daemon.params("tmux.queue")
    assert asked["notify_on_complete"] is False
    assert (asked["timeout_ms"], asked["silence_ms"]) == (120_000, 500)
    waited = room.daemon.params("tmux.queue-wait")
    assert waited["command_id"] == ID
    assert 0 < waited["timeout_ms"] <= 120_000
    document = room.run("tmux", "queue", "api", "true", "--wait", "--json").document
    assert document == {**DONE, "position": 2}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"exit_status": 3}, "completed with exit status 3"),
        ({"state": "canceled"}, "canceled"),
        ({"state": "interrupted"}, "interrupted"),
    ],
)
def test_what_did_not_end_well_is_a_failure(room: Any, how: Any, said: str) -> None:
    room.daemon.answers["tmux.queue-wait"] = {**DONE, **how}
    ran = room.run("tmux", "queue", "api", "true", "--wait")
    assert (ran.code, said in ran.err) == (1, True)
    assert ran.out.endswith("two\n")


def test_so_is_what_takes_longer(room: Any) -> None:
    room.daemon.answers["tmux.queue-wait"] = {"command_id": ID, "state": "timeout_waiting"}
    ran = room.run("tmux", "queue", "api", "true", "--wait", "--timeout", "0.01")
    assert (ran.code, ran.out) == (1, "")
    assert "timeout_waiting" in ran.err
    assert f"thrum tmux cancel {ID} --interrupt" in ran.err


@pytest.mark.parametrize(
    "argv",
    [("api",), ("api", " "), ("api", "x", "--timeout", "soon"), ("api", "x", "--silence", "0")],
)
def test_a_line_that_makes_no_sense_is_refused(room: Any, argv: tuple[str, ...]) -> None:
    assert room.run("tmux", "queue", *argv).code == 2
    assert "tmux.queue" not in room.daemon.methods


def test_a_queue_is_shown(room: Any) -> None:
    ran = room.run("tmux", "queue-status", "api")
    assert (ran.out, ran.err) == ("Nothing is queued.\n", "")
    room.daemon.answers["tmux.status"] = {"sessions": None, "socket": "/s"}
    assert (
        "there is no session api; `thrum tmux list`" in room.run("tmux", "queue-status", "api").err
    )
    row = {"id": ID, "state": "sent", "requester_agent": "alice", "text": "make \x1b[0m"}
    room.daemon.answers["tmux.queue-status"] = {
        "session": "api",
        "active": row,
        "queued": [{**row, "state": "queued", "text": "true"}],
        "waiting_for": "make runs in api:0.0",
    }
    ran = room.run("tmux", "queue-status", "api")
    assert ran.out.splitlines() == [
        f"{ID} sent alice make \\x1b[0m",
        f"{ID} queued alice true",
    ]
    assert "waiting: make runs in api:0.0" in ran.err


def test_a_command_is_taken_out(room: Any) -> None:
    assert room.run("tmux", "cancel", ID).out == f"✓ {ID} is canceled\n"
    assert room.daemon.params("tmux.cancel") == {"command_id": ID, "caller_agent_id": "furiosa"}
    room.daemon.answers["tmux.cancel"]["not_interrupted"] = "the pane is gone"
    ran = room.run("tmux", "cancel", ID, "--interrupt")
    assert room.daemon.params("tmux.cancel")["interrupt"] is True
    assert (ran.code, "the pane is gone" in ran.err) == (0, True)
