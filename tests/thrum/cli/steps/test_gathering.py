"""The first page, put together from its parts."""

from __future__ import annotations

from typing import Any

from tests.thrum.cli.answers import HEALTH, ME, MEMBERS, page
from thrum.cli.lacking import Gaps
from thrum.cli.steps import gathering


def gathered(world: Any, claim: str) -> dict[str, Any]:
    context = world.context([])
    found = gathering.page(Gaps(context), claim)
    context.hang_up()
    return found


def test_an_agent_sees_itself_the_others_and_its_mail(world: Any) -> None:
    world.daemon.answers = {
        "health": HEALTH,
        "agent.whoami": ME,
        "agent.listContext": {"contexts": [{"agent_id": "furiosa", "current_task": "t"}]},
        "team.list": {"members": MEMBERS},
        "message.list": page(total=4, unread=1),
    }
    found = gathered(world, "furiosa")
    assert found["agent"] == ME
    assert found["work_context"]["current_task"] == "t"
    assert found["inbox"] == {"total": 4, "unread": 1}
    assert [each["agent_id"] for each in found["team"]] == ["nux"]
    asked = world.daemon.params("message.list")
    assert (asked["for_agent"], asked["for_agent_role"]) == ("furiosa", "implementer")


def test_nobody_sees_the_daemon_and_the_team(world: Any, refuse: Any) -> None:
    world.daemon.answers = {"health": HEALTH, "team.list": {"members": MEMBERS}}
    assert set(gathered(world, "")) == {"health", "team"}
    world.daemon.answers["agent.whoami"] = refuse("anonymous_caller", "who?", -32002)
    assert set(gathered(world, "furiosa")) == {"health", "team"}


def test_what_nobody_knows_is_left_out(world: Any) -> None:
    assert gathered(world, "furiosa") == {"health": {}}
