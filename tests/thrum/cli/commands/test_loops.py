"""``thrum loops``."""

from __future__ import annotations

from typing import Any

import pytest

LOOP = {
    "id": "4f3a2b",
    "parties": ["furiosa", "nux\x1b"],
    "stage": "held",
    "since": "2026-01-02T03:00:00.000000000Z",
    "answers": 19,
    "waiting": 1,
}


def test_what_waits_is_shown(world: Any) -> None:
    world.daemon.answers["loops.list"] = {"loops": [LOOP], "limit": 12}
    assert world.run("loops").out == "4f3a2b @furiosa, @nux\\x1b held 4m 19 answers 1 waiting\n"
    head, row = world.run("loops", terminal=True).out.splitlines()
    assert head.split() == ["ID", "AGENTS", "STATE", "SINCE", "ANSWERS", "WAITING"]
    assert row.startswith("4f3a2b  @furiosa, @nux")
    assert world.run("loops", "--json").document == {"loops": [LOOP], "limit": 12}
    assert world.daemon.requests[0] == ("loops.list", {})


@pytest.mark.parametrize(
    ("limit", "said"), [(12, "No loops.\n"), (0, "There is no guard: delivery.loop_limit is 0.\n")]
)
def test_where_nothing_waits(world: Any, limit: int, said: str) -> None:
    world.daemon.answers["loops.list"] = {"loops": [], "limit": limit}
    assert world.run("loops").out == said


@pytest.mark.parametrize(
    ("argv", "params"), [(["4f3a2b"], {"id": "4f3a2b"}), (["--all"], {"all": True})]
)
def test_releasing(world: Any, argv: list[str], params: dict[str, Any]) -> None:
    world.daemon.answers["loops.release"] = {"released": ["4f3a2b"]}
    assert world.run("loops", "release", *argv).out == "✓ Released 1 loop\n"
    assert world.daemon.params("loops.release") == {"caller_agent_id": "furiosa", **params}
    world.daemon.answers["loops.release"] = {"released": []}
    assert world.run("loops", "release", *argv).out == "No loops.\n"


@pytest.mark.parametrize("argv", [[], ["4f3a2b", "--all"]])
def test_one_or_all(world: Any, argv: list[str]) -> None:
    ran = world.run("loops", "release", *argv, "--json")
    assert (ran.code, ran.error["kind"]) == (2, "usage")
    assert world.daemon.requests == []
