"""Groups, worked out from all their events."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.apply.people import grouped, joined, registered, sent, stamp
from thrum import events
from thrum.daemon.projection.queries.groups import expanded, group, group_members, groups, makers
from thrum.daemon.projection.queries.tallies import inbox_counts
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_two_groups_of_one_name_are_one(tables: Tables, put: Put) -> None:
    put(grouped("grp_2", "team", 6, "bob"), grouped("grp_1", "team", 5))
    put(joined("grp_2", "agent", "bob", 7), joined("grp_1", "role", "dev", 8))
    (found,) = groups(tables.db)
    assert (found.group_id, found.member_count) == ("grp_1", 2)
    assert [each.member_value for each in group_members(tables.db, "team")] == ["bob", "dev"]
    assert makers(tables.db, "grp_1") == {"ann", "bob"}
    put(stamp(events.GroupDelete(group_id="grp_1"), 9))
    assert groups(tables.db) == []
    put(grouped("grp_3", "team", 10))
    assert group_members(tables.db, "team") == []


def test_group_mail_follows_the_members(tables: Tables, put: Put) -> None:
    scope = [events.Pair("group", "team")]
    put(registered("bob", 1), registered("cy", 1), grouped("grp_1", "team", 2))
    put(sent(1, 5, scopes=scope), sent(2, 6, scopes=scope))
    assert inbox_counts(tables.db, "bob").total == 0
    put(joined("grp_1", "agent", "bob", 7))
    assert inbox_counts(tables.db, "bob").total == 2
    assert inbox_counts(tables.db, "cy").total == 0
    put(joined("grp_1", "role", "*", 8))
    assert inbox_counts(tables.db, "cy").total == 2
    assert expanded(tables.db, "team") == ["bob", "cy"]
    gone = events.GroupMemberRemove(group_id="grp_1", member_type="role", member_value="*")
    put(stamp(gone, 9))
    assert inbox_counts(tables.db, "cy").total == 0
    assert inbox_counts(tables.db, "bob").total == 2


def test_a_group_is_described_and_renamed(tables: Tables, put: Put) -> None:
    put(grouped("grp_1", "team", 2))
    fields = {"name": "crew", "description": "all of us"}
    put(stamp(events.GroupUpdate(group_id="grp_1", fields=fields), 3))
    assert group(tables.db, "team") is None
    found = group(tables.db, "crew")
    assert found is not None
    assert found.description == "all of us"
