"""``thrum user ...``."""

from __future__ import annotations

from typing import Any

import pytest

ADA = {"agent_id": "user:ada", "display": "Ada\x1b", "registered_at": "2026-01-02T03:00:00Z"}


@pytest.mark.parametrize(
    ("argv", "params"),
    [
        ([], {}),
        (["ada"], {"username": "ada"}),
        (["ada", "--display", "Ada L."], {"username": "ada", "display": "Ada L."}),
    ],
)
@pytest.mark.parametrize(("status", "word"), [("registered", "are now"), ("existing", "are")])
def test_registering(
    world: Any, argv: list[str], params: dict[str, str], status: str, word: str
) -> None:
    world.daemon.answers["user.register"] = {"user_id": "user:ada", "status": status}
    assert world.run("user", "register", *argv).out == f"✓ You {word} user:ada\n"
    assert world.daemon.requests[0] == ("user.register", params)


def test_the_list_says_who_one_is(world: Any) -> None:
    eve = {**ADA, "agent_id": "user:eve", "display": ""}
    answer = {"users": [ADA, eve], "me": "user:ada"}
    world.daemon.answers["user.list"] = answer
    assert world.run("user", "list").out.splitlines()[0].startswith("user:ada Ada\\x1b")
    head, first, second = world.run("user", "list", terminal=True).out.splitlines()
    assert head.split() == ["PERSON", "NAME", "REGISTERED"]
    assert first.endswith("you") and not second.endswith("you")
    assert world.run("user", "list", "--json").document == answer


def test_where_nobody_is(world: Any) -> None:
    world.daemon.answers["user.list"] = {"users": [], "me": ""}
    assert world.run("user", "list").out == "Nobody registered as a person.\n"
