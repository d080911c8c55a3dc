"""Names that nobody bears."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli.steps import naming
from thrum.errors import ThrumError


@pytest.mark.parametrize(
    ("name", "hint"),
    [("@nxu", "did you mean @nux?"), ("nuxx", "did you mean @nux?"), ("zoe", "look around")],
)
def test_the_nearest_is_offered(name: str, hint: str) -> None:
    told = naming.unknown(name, ["max", "nux"], "look around")
    assert (told.kind, told.hint) == ("not_found", hint)


def test_what_was_written_is_shown_harmlessly() -> None:
    assert "\x1b" not in naming.unknown("a\x1b[2J", [], "x").message


def test_roles_and_groups_are_names_of_audiences_only(world: Any) -> None:
    world.daemon.answers |= {
        "agent.list": {"agents": [{"agent_id": "nux", "role": "tester"}]},
        "group.list": {"groups": [{"name": "crew"}]},
    }
    context = world.context([])
    naming.demand_known(context, "@nux")
    for name in ("tester", "crew", "everyone", "nux"):
        naming.demand_known(context, name, audiences=True)
    for name in ("tester", "crew"):
        with pytest.raises(ThrumError):
            naming.demand_known(context, name)
    context.hang_up()
