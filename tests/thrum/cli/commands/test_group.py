"""``thrum group``: what is asked, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

MEMBERS = [
    {"member_type": "agent", "member_value": "nux", "added_at": "2026-01-02T03:00:00Z"},
    {"member_type": "role", "member_value": "*", "added_at": "2026-01-02T03:00:00Z"},
    {"member_type": "role", "member_value": "tester", "added_at": "2026-01-02T03:00:00Z"},
]


def test_create(world: Any) -> None:
    world.daemon.answers["group.create"] = {"group_id": "grp_1", "name": "crew", "created_at": ""}
    ran = world.run("group", "create", "@crew", "--description", "all hands")
    assert (ran.code, ran.out) == (0, "✓ Group crew created\n")
    assert world.daemon.params("group.create") == {
        "name": "crew",
        "description": "all hands",
        "caller_agent_id": "furiosa",
    }
    assert world.run("group", "create", "crew", "--json").document["group_id"] == "grp_1"


@pytest.mark.parametrize(
    ("argv", "method", "kind", "value", "said"),
    [
        (["add", "crew", "@nux"], "group.member.add", "agent", "nux", "@nux is in crew"),
        (
            ["add", "@crew", "--role", "tester"],
            "group.member.add",
            "role",
            "tester",
            "role tester is in crew",
        ),
        (["add", "crew", "--role", "*"], "group.member.add", "role", "*", "everybody is in crew"),
        (["remove", "crew", "nux"], "group.member.remove", "agent", "nux", "@nux is not in crew"),
    ],
)
def test_members_come_and_go(
    world: Any, argv: list[str], method: str, kind: str, value: str, said: str
) -> None:
    world.daemon.answers[method] = lambda params: {
        key: params[key] for key in ("group", "member_type", "member_value")
    }
    nux = {"member_type": "agent", "member_value": "nux"}
    world.daemon.answers["group.members"] = {"members": [nux], "expanded": ["nux"]}
    ran = world.run("group", *argv)
    assert (ran.code, ran.out) == (0, f"✓ {said}\n")
    params = world.daemon.params(method)
    assert (params["group"], params["member_type"], params["member_value"]) == ("crew", kind, value)


@pytest.mark.parametrize(
    ("who", "said", "hint"),
    [
        (["nxu"], "@nxu is no member of crew", "did you mean @nux?"),
        (["stranger"], "@stranger is no member of crew", "see `thrum group members crew`"),
        (["toast"], "@toast is no member of crew", "it is there by its role"),
        (
            ["--role", "testr"],
            "the role testr is no member of crew",
            "did you mean the role tester?",
        ),
        (["--role", "nux"], "the role nux is no member of crew", "see `thrum group members crew`"),
    ],
)
def test_who_is_no_member_is_not_taken_out(
    world: Any, who: list[str], said: str, hint: str
) -> None:
    members = [
        {"member_type": "agent", "member_value": "nux"},
        {"member_type": "role", "member_value": "tester"},
    ]
    world.daemon.answers["group.members"] = {"members": members, "expanded": ["nux", "toast"]}
    ran = world.run("group", "remove", "crew", *who, "--json")
    assert (ran.code, ran.error["kind"], ran.error["message"]) == (1, "not_found", said)
    assert hint in ran.error["hint"]
    assert world.daemon.methods == ["group.members"]


@pytest.mark.parametrize("who", [[], ["nux", "--role", "tester"]])
def test_one_member_at_a_time(world: Any, who: list[str]) -> None:
    assert world.run("group", "add", "crew", *who).code == 2
    assert not world.daemon.requests


def test_looking(world: Any) -> None:
    world.daemon.answers |= {
        "group.list": {
            "groups": [
                {"name": "bad\x1b[2Jname", "member_count": 1, "description": "a\nb"},
                {"name": "crew", "member_count": 2},
            ]
        },
        "group.info": {
            "name": "crew",
            "description": "all hands",
            "created_at": "2026-01-02T03:00:00Z",
            "created_by": "max",
            "members": MEMBERS,
        },
        "group.members": lambda params: {
            "members": MEMBERS,
            "expanded": ["nux", "max"] if params.get("expand") else None,
        },
    }
    listed = world.run("group", "list").out
    assert listed.splitlines()[1] == "@crew 2 members"
    assert "\x1b" not in listed
    assert len(listed.splitlines()) == 2
    assert world.run("group", "info", "@crew").out.splitlines() == [
        "@crew all hands",
        "made 4m ago by @max",
        "@nux",
        "everybody",
        "role tester",
    ]
    assert world.run("group", "members", "crew").out == "@nux\neverybody\nrole tester\n"
    assert world.run("group", "members", "crew", "--expand").out == "@nux\n@max\n"


def test_empty(world: Any) -> None:
    world.daemon.answers |= {"group.list": {"groups": []}, "group.members": {"members": []}}
    assert world.run("group", "list").out == "No groups.\n"
    assert world.run("group", "members", "crew").out == "No members.\n"
    assert world.run("group", "members", "crew", "--expand").out == "Nobody.\n"


def test_deleting_messages_needs_a_yes(world: Any) -> None:
    world.daemon.answers["group.delete"] = {"name": "crew", "deleted_at": ""}
    assert world.run("group", "delete", "crew").out == "✓ Group crew deleted\n"
    assert "delete_messages" not in world.daemon.params("group.delete")
    count = len(world.daemon.requests)
    refused = world.run("group", "delete", "crew", "--messages")
    assert refused.code == 2
    assert "--yes" in refused.err
    no = world.run("group", "delete", "crew", "--messages", terminal=True, stdin="n\n")
    assert (no.code, no.out) == (0, "Nothing deleted.\n")
    assert len(world.daemon.requests) == count
    for how in ({"terminal": True, "stdin": "y\n"}, {}):
        argv = ["group", "delete", "crew", "--messages", *([] if how else ["--yes"])]
        given: Any = how
        assert world.run(*argv, **given).code == 0
        assert world.daemon.params("group.delete")["delete_messages"] is True
