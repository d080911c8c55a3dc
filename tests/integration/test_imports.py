"""What neighbours wrote comes in once, and nobody is told of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.conftest import World
from tests.thrum.neighbours.test_agent_mail import head, put
from tests.thrum.neighbours.test_beads import issue

COMMENT = {"id": 1, "author": "bob", "text": "a comment", "created_at": "2025-11-01T00:00:00Z"}


@pytest.fixture
def desk(world: World) -> Path:
    where = world.repository("desk")
    world.settle(where, "ann", "--role", "coordinator", shares=False)
    return where


def test_issues_and_mail_are_threads_that_wait_for_nobody(world: World, desk: Path) -> None:
    file = desk / "issues.jsonl"
    lines = [issue(1, comments=[COMMENT]), {"id": 5}, issue(2)]
    file.write_text("".join(json.dumps(each) + "\n" for each in lines))
    plan = world.thrum(desk, "import", "beads", "issues.jsonl", "--dry-run", "--json").json
    assert (plan["messages"], plan["threads"], plan["refused"]) == (3, 2, 1)
    done = world.thrum(desk, "import", "beads", "issues.jsonl")
    assert "3 messages in 2 threads; 0 were here" in done.out
    assert "title is no text" in done.err
    assert world.thrum(desk, "import", "beads", ".", "--json").json["known"] == 3

    put(desk / "mail", "a.md", head(1))
    assert world.thrum(desk, "import", "mcp-agent-mail", "mail", "--json").json["messages"] == 1
    assert world.thrum(desk, "import", "mcp-agent-mail", "mail", "--json").json["known"] == 1
    with file.open("a") as more:
        more.write(json.dumps(issue(3)) + "\n")
    grown = world.thrum(desk, "import", "beads", "issues.jsonl", "--json").json
    assert (grown["messages"], grown["known"]) == (1, 3)

    inbox = world.thrum(desk, "inbox", "--json", "--scope", "archive:beads").json
    assert inbox["unread"] == 0
    wanted = json.dumps({"scope": {"type": "archive", "value": "beads"}})
    found = world.thrum(desk, "rpc", "call", "message.list", wanted)
    assert found.out.count('"message_id"') == 4
    team = world.thrum(desk, "team", "--json").json
    assert "beads" not in json.dumps(team)
    file.write_text("{\n")
    assert world.thrum(desk, "import", "beads", "issues.jsonl", check=False).code == 1
    world.thrum(desk, "daemon", "stop")
