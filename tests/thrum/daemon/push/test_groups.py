"""What pages are told of groups."""

from __future__ import annotations

from tests.thrum.daemon.push.retold import emit, registered, told
from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.projection.queries import groups
from thrum.daemon.push.groups import GroupTold

CREW = events.GroupCreate(group_id="grp_1", name="crew", created_by="nux")


def member(kind: str, value: str) -> events.GroupMemberAdd:
    return events.GroupMemberAdd(group_id="grp_1", member_type=kind, member_value=value)


def test_a_group_is_shown_as_list_and_info_show_it(parts: Node) -> None:
    before = emit(parts, *registered("nux"), CREW)
    db = parts.store.reader()
    (push,) = told(parts, GroupTold, before)
    assert [push.group] == groups.groups(db)
    assert push.members == []
    (push,) = told(parts, GroupTold, emit(parts, member("agent", "nux")))
    assert [push.group] == groups.groups(db)
    assert push.members == groups.group_members(db, "crew")
    assert push.group is not None and push.group.member_count == 1
    leave = events.GroupMemberRemove(group_id="grp_1", member_type="agent", member_value="nux")
    (push,) = told(parts, GroupTold, emit(parts, leave))
    assert push.members == []


def test_a_new_name_or_word_is_told(parts: Node) -> None:
    emit(parts, CREW)
    update = events.GroupUpdate(group_id="grp_1", fields={"description": "who drives"})
    (push,) = told(parts, GroupTold, emit(parts, update))
    assert push.group is not None and push.group.description == "who drives"


def test_one_that_is_gone_is_named_and_nothing_else(parts: Node) -> None:
    emit(parts, CREW)
    (push,) = told(parts, GroupTold, emit(parts, events.GroupDelete(group_id="grp_1")))
    assert (push.group_id, push.group, push.members) == ("grp_1", None, None)


def test_of_two_of_one_name_each_says_what_became_of_it(parts: Node) -> None:
    """Two clones made it without knowing of each other."""
    before = emit(parts, CREW, events.GroupCreate(group_id="grp_2", name="crew", created_by="max"))
    found = {each.group_id: each.group for each in told(parts, GroupTold, before)}
    (left,) = groups.groups(parts.store.reader())
    assert found == {"grp_1": None, "grp_2": None} | {left.group_id: left}
