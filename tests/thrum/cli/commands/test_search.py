"""``thrum search``."""

from __future__ import annotations

from typing import Any

FOUND: dict[str, Any] = {
    "results": [
        {
            "kind": "message",
            "id": "msg_AAAAAA",
            "agent_id": "nux",
            "created_at": "2026-01-01T00:00:00Z",
            "to": ["furiosa", "crew"],
            "unread": True,
            "snippet": [{"text": "the\n"}, {"text": "jwt", "mark": True}, {"text": " \x1b[2J"}],
        },
        {
            "kind": "context",
            "id": "max",
            "agent_id": "max",
            "created_at": "2026-01-01T00:00:00Z",
            "snippet": [{"text": "jwt", "mark": True}],
        },
    ],
    "total": 1000,
    "total_is_bound": True,
    "notice": "a* is too short",
    "next_cursor": "1.2",
}


def test_what_is_found_is_a_line_each_with_what_shows_why(world: Any) -> None:
    world.daemon.answers["message.search"] = FOUND
    ran = world.run("search", "jwt", "from:nux", "--sort", "new", "--limit", "2")
    first, why, second, context, more = ran.out.splitlines()
    assert first.startswith("● AAAAAA @nux to you, @crew ")
    assert why.startswith("  the jwt ")
    assert "\x1b" not in ran.out
    assert second.startswith("○ context of @max ")
    assert context == "  jwt"
    assert more == "2 of 1000+; more: --cursor 1.2"
    assert "note: a* is too short" in ran.err
    assert world.daemon.params("message.search") == {
        "query": "jwt from:nux",
        "limit": 2,
        "sort": "new",
        "caller_agent_id": "furiosa",
    }
    assert world.run("search", "jwt", "--json").document == FOUND


def test_on_a_terminal_what_was_asked_for_is_bold(world: Any) -> None:
    world.env |= {"TERM": "xterm"}
    world.daemon.answers["message.search"] = FOUND
    assert "\x1b[1mjwt\x1b[0m" in world.run("search", "jwt", terminal=True).out


def test_what_is_left_out_needs_no_quotes(world: Any) -> None:
    world.daemon.answers["message.search"] = FOUND
    for line in (["-draft", "jwt", "-from:nux"], ["-draft jwt", "-from:nux", "--limit", "2"]):
        world.run("search", *line)
        assert world.daemon.params("message.search")["query"] == "-draft jwt -from:nux"
    refused = world.run("search", "jwt", "-limit", "2")
    assert refused.code == 2
    assert "--limit" in refused.err
    assert world.run("search", "jwt", "--no-such").code == 2


def test_nothing_is_found_or_asked_for(world: Any) -> None:
    world.daemon.answers["message.search"] = {"results": [], "total": 0}
    assert world.run("search", "jwt").out == "Nothing found.\n"
    for line in (["search"], ["search", " "]):
        assert world.run(*line).code == 2
    assert world.run("search", "jwt", "--sort", "old").code == 2
    assert world.run("search", "jwt", "--limit", "101").code == 2
