"""Groups: making and changing them, whose names they may bear, and the mail that they get."""

from __future__ import annotations

from typing import Any

import pytest

from thrum import events
from thrum.daemon.waiting.service import Waiting


@pytest.fixture
def team(node: Any) -> Any:
    """A node with furiosa and nux, testers, max, a driver, and the group crew of nux."""
    node.agent("furiosa")
    node.agent("nux")
    node.agent("max", role="driver")
    node.call("furiosa", "group.create", name="crew", description="the first")
    add(node, "crew", "agent", "nux")
    return node


def add(node: Any, group: str, kind: str, value: str, how: str = "add") -> Any:
    return node.call(
        "furiosa", f"group.member.{how}", group=group, member_type=kind, member_value=value
    )


def emitted(node: Any) -> int:
    (count,) = node.store.reader().execute("SELECT count(*) FROM events").fetchone()
    return int(count)


def test_a_group_is_made_shown_and_deleted(team: Any) -> None:
    info = team.call("nobody", "group.info", name="crew")
    assert info["group_id"].startswith("grp_")
    assert (info["name"], info["description"], info["created_by"]) == (
        "crew",
        "the first",
        "furiosa",
    )
    (member,) = info["members"]
    assert member | {"added_at": ""} == {
        "member_type": "agent",
        "member_value": "nux",
        "added_at": "",
        "added_by": "furiosa",
    }
    (row,) = team.call("nobody", "group.list")["groups"]
    assert (row["name"], row["member_count"]) == ("crew", 1)
    assert team.call("nux", "group.delete", name="crew")["name"] == "crew"
    assert team.call("nobody", "group.list") == {"groups": []}
    assert team.refused("nobody", "group.info", name="crew") == "not_found"
    assert team.refused("nux", "group.delete", name="crew") == "not_found"


def test_a_deleted_name_can_be_used_again_and_begins_empty(team: Any) -> None:
    team.call("nux", "group.delete", name="crew")
    team.call("nux", "group.create", name="crew")
    assert team.call("nux", "group.members", name="crew")["members"] == []


def test_members_stand_for_whoever_has_the_role_now(team: Any) -> None:
    add(team, "crew", "role", "driver")
    found = team.call("nux", "group.members", name="crew", expand=True)
    assert found["expanded"] == ["nux", "max"]
    team.agent("later", role="driver")
    assert team.call("nux", "group.members", name="crew", expand=True)["expanded"] == [
        "nux",
        "later",
        "max",
    ]
    assert "expanded" not in team.call("nux", "group.members", name="crew")
    add(team, "crew", "role", "*")
    every = team.call("nux", "group.members", name="crew", expand=True)["expanded"]
    assert sorted(every) == ["furiosa", "later", "max", "nux"]


def test_adding_or_removing_again_writes_nothing(team: Any) -> None:
    before = emitted(team)
    assert add(team, "crew", "agent", "nux") == {
        "group": "crew",
        "member_type": "agent",
        "member_value": "nux",
    }
    add(team, "crew", "agent", "max", "remove")
    assert emitted(team) == before
    add(team, "crew", "agent", "nux", "remove")
    assert emitted(team) == before + 1


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("invalid_params", ""),
        ("invalid_params", " crew"),
        ("invalid_params", "@crew2"),
        ("invalid_params", "a\nb"),
        ("invalid_params", "x" * 129),
        ("invalid_params", "user:cy"),
        ("invalid_params", "agent:tester:x"),
        ("invalid_params", "*"),
        ("name_taken", "everyone"),
        ("name_taken", "system"),
        ("name_taken", "supervisor_repository"),
        ("name_taken", "supervisor_repository_max"),
        ("name_taken", "crew"),
        ("name_taken", "nux"),
        ("name_taken", "tester"),
    ],
)
def test_names_that_a_group_cannot_bear(team: Any, kind: str, name: str) -> None:
    before = emitted(team)
    assert team.refused("nux", "group.create", name=name) == kind
    assert emitted(team) == before


@pytest.mark.parametrize("name", ["With Space & Ünï", "tg:chat", "a/b", "team-2"])
def test_names_that_it_can(team: Any, name: str) -> None:
    team.call("furiosa", "group.create", name=name)
    add(team, name, "agent", "nux")
    team.send("max", "hello there", mentions=[f"@{name}"])
    assert team.inbox("nux") == ["hello there"]


def test_no_agent_takes_a_groups_name_or_has_it_as_its_role(team: Any) -> None:
    team.homes["other"] = team.worktree("other")
    there = {"module": "m"}
    assert team.refused("other", "agent.register", name="crew", role="r", **there) == "name_taken"
    assert team.refused("other", "agent.register", name="o", role="crew", **there) == "name_taken"
    again = {"name": "max", "role": "crew", "module": "auth", "re_register": True}
    assert team.refused("max", "agent.register", **again) == "name_taken"


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("invalid_params", {"member_type": "agent", "member_value": "nux"}),
        ("invalid_params", {"group": "crew", "member_type": "agent"}),
        ("invalid_params", {"group": "crew", "member_value": "nux"}),
        ("invalid_params", {"group": "crew", "member_type": "group", "member_value": "crew"}),
        ("not_allowed", {"group": "everyone", "member_type": "agent", "member_value": "nux"}),
        ("not_found", {"group": "none", "member_type": "agent", "member_value": "nux"}),
        ("not_found", {"group": "crew", "member_type": "agent", "member_value": "nobody"}),
        ("not_found", {"group": "crew", "member_type": "agent", "member_value": "@nux"}),
        ("not_found", {"group": "crew", "member_type": "agent", "member_value": "crew"}),
        ("not_found", {"group": "crew", "member_type": "role", "member_value": "nurse"}),
    ],
)
def test_members_that_cannot_be(team: Any, kind: str, params: dict[str, str]) -> None:
    assert team.refused("nux", "group.member.add", **params) == kind


def test_everyone_cannot_be_deleted(team: Any) -> None:
    assert team.refused("nux", "group.delete", name="everyone") == "not_allowed"


def test_strangers_look_and_change_nothing(team: Any) -> None:
    for name in ("create", "delete", "member.add", "member.remove"):
        assert team.refused("nobody", f"group.{name}") == "anonymous_caller"


def test_a_group_is_changed_from_inside_by_its_maker_and_by_who_is_in_charge(team: Any) -> None:
    member = {"group": "crew", "member_type": "agent", "member_value": "max"}
    before = emitted(team)
    for how in ("add", "remove"):
        assert team.refused("max", f"group.member.{how}", **member) == "not_allowed"
    assert team.refused("max", "group.delete", name="crew") == "not_allowed"
    assert emitted(team) == before
    team.call("nux", "group.member.add", **member)
    team.call("max", "group.member.remove", **member)
    team.agent("boss", role="coordinator")
    team.call("boss", "group.member.add", **member)


def test_a_group_whose_maker_is_gone_is_everybodys(team: Any) -> None:
    team.call("furiosa", "agent.delete", name="furiosa")
    team.call("max", "group.delete", name="crew")


def test_who_was_in_the_group_keeps_what_was_sent_then(team: Any) -> None:
    team.send("max", "for the crew", mentions=["crew"])
    add(team, "crew", "agent", "nux", "remove")
    team.send("max", "without nux", mentions=["crew"])
    assert team.inbox("nux") == ["for the crew"]
    team.call("furiosa", "group.delete", name="crew")
    assert team.inbox("nux") == ["for the crew"]


def test_who_comes_later_finds_what_was_sent_before(team: Any) -> None:
    team.send("max", "for the crew", mentions=["crew"])
    add(team, "crew", "agent", "furiosa")
    assert team.inbox("furiosa") == ["for the crew"]
    add(team, "crew", "agent", "furiosa", "remove")
    assert team.inbox("furiosa") == []


def test_deleting_with_messages_is_for_who_made_the_group(team: Any) -> None:
    sent = team.send("max", "for the crew", mentions=["crew"])
    team.send("max", "for nux", to="nux")
    params = {"name": "crew", "delete_messages": True}
    assert team.refused("nux", "group.delete", **params) == "not_allowed"
    assert sorted(team.inbox("nux")) == ["for nux", "for the crew"]
    team.agent("boss", role="coordinator")
    team.call("boss", "group.delete", **params)
    assert team.inbox("nux") == ["for nux"]
    found = team.call("nux", "message.get", message_id=sent["message_id"])["message"]
    assert found["deleted"]
    assert found["metadata"]["delete_reason"]


def test_groups_of_groups_are_shown_and_hold_nobody(team: Any) -> None:
    """Another program may write one; here nobody is asked to look through it."""
    found = team.call("nux", "group.info", name="crew")
    nested = events.GroupMemberAdd(
        group_id=found["group_id"], member_type="group", member_value="crew", added_by="far"
    )
    team.store.transact_blocking(lambda transaction: transaction.emit(nested))
    shown = team.call("max", "group.members", name="crew", expand=True)
    kinds = [(each["member_type"], each["member_value"]) for each in shown["members"]]
    assert kinds == [("agent", "nux"), ("group", "crew")]
    assert shown["expanded"] == ["nux"]
    sent = team.send("max", "for the crew", mentions=["crew"])
    assert [each["agent_id"] for each in sent["recipients"]] == ["nux"]


def test_many_messages_are_deleted_in_portions(team: Any) -> None:
    for number in range(205):
        team.send("max", str(number), mentions=["crew"])
    team.call("furiosa", "group.delete", name="crew", delete_messages=True)
    assert team.call("nux", "message.list", for_agent="nux")["total"] == 0


def test_a_group_that_came_from_elsewhere_captures_no_mail(team: Any) -> None:
    """Another clone made a group with an agent's name, knowing nothing of the agent."""
    team.store.transact_blocking(
        lambda t: t.emit(events.GroupCreate(group_id="grp_x", name="max", created_by="far"))
    )
    add(team, "max", "agent", "nux")
    sent = team.send("furiosa", "for max", mentions=["max"])
    assert [each["agent_id"] for each in sent["recipients"]] == ["max", "nux"]
    assert len(sent["warnings"]) == 2
    assert team.inbox("max") == team.inbox("nux") == ["for max"]


def test_a_wait_and_a_push_hear_of_mail_to_a_group(team: Any, wait_until: Any) -> None:
    add(team, "crew", "role", "driver")
    team.stand("max")
    waiting, listening = team.connect(), team.connect()
    listening.call("subscribe", all=True)
    waiting.write("message.wait", timeout_ms=20_000)
    wait_until(lambda: team.parts.service(Waiting).count)
    team.send("nux", "for furiosa", to="furiosa")
    team.send("furiosa", "for the crew", mentions=["crew"])
    (row,) = waiting.read()["result"]["messages"]
    assert row["body"]["content"] == "for the crew"
    assert listening.read()["params"]["preview"] == "for the crew"
    assert team.call("max", "message.list", for_agent="max", unread=True)["unread"] == 1


def test_what_names_no_agent_but_a_group_is_told_apart(team: Any) -> None:
    answer = team.stand("max").ask("message.send", content="x", to="@crew")
    assert answer["error"]["data"]["kind"] == "unknown_recipient"
    assert "is a group" in answer["error"]["message"]
    assert "`mentions`" in answer["error"]["data"]["hint"]


def test_a_group_of_nobody_else_is_warned_of(team: Any) -> None:
    sent = team.send("nux", "hello?", mentions=["crew"])
    assert "recipients" not in sent
    assert any("nobody" in warning for warning in sent["warnings"])
