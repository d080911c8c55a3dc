"""What a name means as a recipient."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import at
from thrum import events
from thrum.daemon.projection.queries import groups, targets
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_a_name_is_a_group_then_an_agent_then_a_role(team: Tables, put: Put) -> None:
    def meant(name: str) -> tuple[str, list[str]] | None:
        found = targets.target(team.db, name)
        return (found.kind, found.agent_ids) if found else None

    assert meant("bob") == ("agent", ["bob"])
    assert meant("dev") == ("role", ["ann", "bob"])
    assert meant("reviewer") == ("role", ["cy"])
    assert meant("nobody") is None
    put(
        events.GroupCreate(group_id="g", name="dev", timestamp=at(5), event_id="evt_g"),
        events.GroupMemberAdd(
            group_id="g", member_type="agent", member_value="cy", timestamp=at(6), event_id="evt_a"
        ),
    )
    assert meant("dev") == ("group", ["cy"])
    assert targets.everyone_but(team.db, "bob") == ["ann", "cy"]
    assert groups.expanded(team.db, "nothing") == []
    assert targets.target_names(team.db) == ["ann", "bob", "cy", "dev", "reviewer"]


def test_a_kind_before_the_name_chooses_among_what_bears_it(team: Tables, put: Put) -> None:
    put(events.GroupCreate(group_id="g", name="dev", timestamp=at(5), event_id="evt_g"))

    def meant(name: str) -> tuple[str, str, list[str]] | None:
        found = targets.meant_by(team.db, name)
        return (found.kind, found.name, found.agent_ids) if found else None

    assert meant("dev") == ("group", "dev", [])
    assert meant("role:dev") == ("role", "dev", ["ann", "bob"])
    assert meant("group:dev") == ("group", "dev", [])
    for name in ("role:bob", "group:reviewer", "agent:bob", "role:", "group:", ":dev", "Role:dev"):
        assert meant(name) is None, name
