"""``thrum wait``."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli.commands import wait

ASKED = {"caller_agent_id": "furiosa"}
ROWS = [
    {"message_id": f"msg_01ARZ3NDEKTSV4RRFFQ69G5F{end}", "agent_id": name}
    for end, name in (("AA", "nux"), ("BB", "toast"), ("CC", "nux"))
]


def test_a_push_ends_it(world: Any) -> None:
    world.daemon.answers["message.wait"] = {
        "received": True,
        "messages": ROWS,
        "cursor": "c",
        "count": 30,
    }
    ran = world.run("wait")
    assert (ran.code, ran.out) == (0, "MESSAGES_RECEIVED\n")
    assert ran.err == "30 unread from @nux, @toast: 9G5FAA, 9G5FBB, 9G5FCC\n"
    assert world.daemon.requests == [("message.wait", ASKED | {"timeout_ms": 30_000})]
    document = world.run("wait", "--json").document
    assert document == {
        "status": "received",
        "action": wait.ACTION,
        "count": 30,
        "senders": ["nux", "toast"],
        "message_ids": [row["message_id"] for row in ROWS],
    }
    assert world.run("wait", "--quiet").err == ""


@pytest.mark.parametrize(
    ("answer", "count"),
    [({"received": True}, 1), ({"received": True, "messages": [{}, {}]}, 2)],
)
def test_an_older_daemon_says_less(world: Any, answer: dict[str, Any], count: int) -> None:
    world.daemon.answers["message.wait"] = answer
    assert world.run("wait", "--json").document["count"] == count


@pytest.mark.parametrize(
    ("flags", "params"),
    [
        (["--timeout", "5m"], {"timeout_ms": 60_000}),
        (["--mention", "@tester"], {"mention_role": "tester"}),
        (["--after", "-30s"], {"created_after": "2026-01-02T03:03:35.000000000Z"}),
        (["--after=+1m"], {"created_after": "2026-01-02T03:05:05.000000000Z"}),
        (["--scope", "module:auth"], {"scope": {"type": "module", "value": "auth"}}),
        (["--agent-name", "@nux"], {"caller_agent_id": "nux"}),
        (["--agent-name", "nux"], {"caller_agent_id": "nux"}),
    ],
)
def test_what_is_asked(world: Any, flags: list[str], params: dict[str, Any]) -> None:
    world.daemon.answers["message.wait"] = {"received": True, "messages": [{}]}
    assert world.run("wait", *flags).code == 0
    assert world.daemon.params("message.wait") == {"timeout_ms": 30_000} | ASKED | params


def test_the_time_is_over(world: Any) -> None:
    def nothing(params: dict[str, Any]) -> dict[str, Any]:
        world.clock += params["timeout_ms"] / 1000
        return {"received": False, "messages": []}

    world.daemon.answers["message.wait"] = nothing
    ran = world.run("wait", "--timeout", "150s")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("NO_MESSAGES_TIMEOUT")
    asked = [params["timeout_ms"] for _, params in world.daemon.requests]
    assert asked == [60_000, 60_000, 30_000]
    assert world.run("wait", "--quiet").err == ""
    ran = world.run("wait", "--json")
    assert (ran.code, ran.document, ran.err) == (1, {"status": "timeout"}, "")


def test_a_daemon_that_cannot_push_is_asked_twice_a_second(world: Any) -> None:
    empty: dict[str, Any] = {"messages": [], "total": 0}
    world.daemon.answers["message.list"] = [empty, empty, {"messages": ROWS[:2], "total": 7}]
    document = world.run("wait", "--json").document
    assert (document["count"], document["senders"]) == (7, ["nux", "toast"])
    assert world.daemon.methods == ["message.wait", "health", *["message.list"] * 3]
    assert world.daemon.params("message.list") == ASKED | {
        "exclude_self": True,
        "for_agent": "furiosa",
        "for_agent_role": "implementer",
        "unread": True,
        "page_size": 10,
        "sort_by": "created_at",
        "sort_order": "desc",
    }
    assert world.slept == [0.5, 0.5]


def test_polling_ends_at_the_deadline(world: Any) -> None:
    world.daemon.answers["message.list"] = {"messages": []}
    assert world.run("wait", "--timeout", "1.2s").code == 1
    assert sum(world.slept) == pytest.approx(1.2)


def test_a_daemon_that_restarts_is_waited_for(world: Any, hang_up: type[Exception]) -> None:
    world.daemon.answers["message.wait"] = [hang_up(), hang_up(), {"received": True}]
    ran = world.run("wait")
    assert ran.code == 0
    said = ["the daemon is away; waiting for it", "the daemon is back", "1 unread"]
    assert ran.err.splitlines() == said


def test_a_daemon_that_does_not_come_back_is_an_error(world: Any) -> None:
    world.daemon.close()
    world.daemon.path.unlink()
    ran = world.run("wait", "--timeout", "10m", "--json")
    assert ran.code == 2
    assert ran.error["kind"] == "daemon_down"
    assert 60 <= world.clock < 70


@pytest.mark.parametrize(
    "flags", [["--timeout", "10"], ["--after", "x"], ["--scope", "auth"], ["--nope"]]
)
def test_what_is_wrong_is_2(world: Any, flags: list[str]) -> None:
    ran = world.run("wait", *flags, "--json")
    assert (ran.code, ran.error["kind"]) == (2, "usage")


def test_a_refusal_is_2(world: Any, refuse: Any) -> None:
    world.daemon.answers["message.wait"] = refuse("anonymous_caller", "who are you", -32002)
    ran = world.run("wait", "--json")
    assert (ran.code, ran.error["kind"]) == (2, "anonymous_caller")
