"""Groups and whom they hold, as they are asked for."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.apply.people import grouped, joined, registered
from thrum.daemon.projection.queries import groups
from thrum.daemon.projection.queries.groups import Counted, Group, GroupMember
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_groups_are_listed_by_name_with_their_members_counted(tables: Tables, put: Put) -> None:
    assert groups.groups(tables.db) == []
    put(grouped("grp_1", "zoo", 2, "ann"), grouped("grp_2", "ark", 3, "bob"))
    put(joined("grp_1", "agent", "ann", 4), joined("grp_1", "role", "dev", 5))
    ark, zoo = groups.groups(tables.db)
    assert (ark.name, ark.member_count) == ("ark", 0)
    assert isinstance(zoo, Counted)
    assert (zoo.group_id, zoo.name, zoo.member_count, zoo.created_by) == ("grp_1", "zoo", 2, "ann")


def test_one_group_says_nothing_of_how_many_it_holds(tables: Tables, put: Put) -> None:
    put(grouped("grp_1", "zoo", 2))
    found = groups.group(tables.db, "zoo")
    assert type(found) is Group
    assert (found.group_id, found.description) == ("grp_1", "")
    for name in ("", "Zoo", "zo%", "grp_1"):
        assert groups.group(tables.db, name) is None


def test_members_are_by_type_and_value_and_a_group_of_nobody_has_none(
    tables: Tables, put: Put
) -> None:
    put(grouped("grp_1", "zoo", 2), joined("grp_1", "role", "dev", 4))
    put(joined("grp_1", "agent", "cy", 5), joined("grp_1", "agent", "ann", 6))
    found = groups.group_members(tables.db, "zoo")
    assert [(each.member_type, each.member_value) for each in found] == [
        ("agent", "ann"),
        ("agent", "cy"),
        ("role", "dev"),
    ]
    assert isinstance(found[0], GroupMember)
    assert found[0].added_by == "ann"
    assert groups.group_members(tables.db, "nothing") == []


def test_whom_a_group_holds_each_once_and_in_order(tables: Tables, put: Put) -> None:
    put(*(registered(name, 1, role=role) for name, role in (("cy", "ops"), ("bob", "dev"))))
    put(registered("ann", 1), registered("user:dan", 1, role="dev"))
    put(grouped("grp_1", "zoo", 2), joined("grp_1", "role", "dev", 4))
    put(joined("grp_1", "agent", "cy", 5), joined("grp_1", "agent", "bob", 6))
    assert groups.expanded(tables.db, "zoo") == ["bob", "cy", "ann", "user:dan"]
    put(joined("grp_1", "agent", "nobody", 7))
    assert "nobody" in groups.expanded(tables.db, "zoo"), "a member is not asked to register"
    put(grouped("grp_2", "all-of-us", 3), joined("grp_2", "role", "*", 8))
    assert groups.expanded(tables.db, "all-of-us") == ["ann", "bob", "cy", "user:dan"]


def test_all_who_made_a_group_are_its_makers(tables: Tables, put: Put) -> None:
    put(grouped("grp_1", "zoo", 2, "ann"), grouped("grp_2", "zoo", 3, "bob"))
    assert groups.makers(tables.db, "grp_1") == {"ann", "bob"}
    assert groups.makers(tables.db, "grp_2") == set()
