"""``thrum sent``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.thrum.cli.answers import page

Make = Callable[..., dict[str, Any]]


def test_sent(world: Any, message: Make) -> None:
    people = [{"agent_id": "a", "read_at": "t"}, {"agent_id": "b", "delivered_at": "t"}]
    row = message("AAAAAA", "text", audiences=[{"type": "role", "value": "x"}], recipients=people)
    world.daemon.answers["message.outbox"] = page(row)
    assert world.run("sent").out == "AAAAAA to @x 2m, 1/2 read\ntext\n"
    assert world.run("sent", terminal=True).out.splitlines() == [
        "ID      TO  SENT  READ  TEXT",
        "AAAAAA  @x  2m    1/2   text",
    ]
    assert "@b (stored)" in world.run("sent", "--verbose").out
    assert world.run("sent", "--to", "x", "--unread", "--json").document == page(row)
    assert world.daemon.params("message.outbox") == {
        "caller_agent_id": "furiosa",
        "to": "x",
        "unread": True,
        "page": 1,
        "page_size": 10,
    }
    world.daemon.answers["message.outbox"] = page()
    assert world.run("sent").out == "No messages sent.\n"
    assert world.run("sent", "--page", "3").code == 2


def test_what_was_sent_to_nobody_is_not_simply_none(world: Any) -> None:
    world.daemon.answers |= {
        "message.outbox": page(),
        "agent.list": {"agents": [{"agent_id": "nux", "role": "tester"}]},
        "group.list": {"groups": [{"name": "crew"}]},
    }
    ran = world.run("sent", "--to", "@crwe", "--json")
    assert (ran.error["kind"], ran.error["hint"]) == ("not_found", "did you mean @crew?")
    for known in ("nux", "@tester", "crew", "everyone"):
        assert world.run("sent", "--to", known).out == "No messages sent.\n"
