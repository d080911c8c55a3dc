"""``thrum prompts``."""

from __future__ import annotations

from typing import Any

import pytest

WAITS = {
    "id": "msg_01M8MNG99ZFDEGPBP4NWPCK7K0",
    "agent_id": "furiosa",
    "runtime": "claude",
    "since": "2026-01-02T03:00:00.000000000Z",
    "expires_at": "2026-01-02T11:00:00.000000000Z",
    "way": "hook",
    "recipients": ["boss"],
    "nudges": 1,
    "tool": "Bash",
    "details": 'rm -rf "build"\x1b[2J\n',
}


def test_it_shows_what_waits(world: Any) -> None:
    world.daemon.answers["prompt.list"] = {"prompts": [WAITS]}
    line = world.run("prompts").out
    assert line.startswith("PCK7K0 @furiosa ")
    assert 'hook Bash rm -rf "build"\\x1b[2J' in line
    assert line.count("\n") == 1
    head, _ = world.run("prompts", terminal=True).out.splitlines()
    assert head.split() == ["ID", "AGENT", "WAITS", "BY", "TOOL", "FOR"]
    assert world.run("prompts", "--json").document == {"prompts": [WAITS]}


def test_it_says_that_nothing_waits(world: Any) -> None:
    world.daemon.answers["prompt.list"] = {"prompts": []}
    assert world.run("prompts").out == "Nothing waits for leave.\n"


@pytest.mark.parametrize(
    ("word", "allow", "said"), [("approve", True, "Allowed"), ("deny", False, "Refused")]
)
def test_it_answers_once(world: Any, word: str, allow: bool, said: str) -> None:
    answer = {"id": WAITS["id"], "agent_id": "furiosa", "decision": "x", "way": "hook"}
    world.daemon.answers["prompt.answer"] = answer
    assert world.run("prompts", word, "PCK7K0").out == f"✓ {said} PCK7K0 of @furiosa\n"
    params = {"id": "PCK7K0", "allow": allow, "caller_agent_id": "furiosa"}
    assert world.daemon.params("prompt.answer") == params
    assert world.run("prompts", word, "PCK7K0", "--json").document == answer


@pytest.mark.parametrize("word", ["approve", "deny"])
def test_it_wants_to_know_which(world: Any, word: str) -> None:
    assert world.run("prompts", word).code == 2
