"""Where a message goes: what each name means now, and what is said of names that mean nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import events
from thrum.daemon.rpc.addressing import Addressing, address, warnings
from thrum.daemon.store import Store
from thrum.errors import ThrumError
from thrum.events import Pair

EVERYONE = Pair("broadcast", "everyone")
AGENTS = {
    "ann": "tester",
    "bob": "tester",
    "cat": "driver",
    "dev": "driver",
    "user:ada": "user",
    "peer:eve": "tester",
}
MEMBERS = (("crew", "agent", "bob"), ("crew", "agent", "cat"), ("alone", "agent", "ann"))


@pytest.fixture
def town(store: Store) -> Store:
    """Two testers, two drivers, a person, one behind a bridge; groups crew, alone, empty, dev."""

    def decide(transaction: Any) -> None:
        for name, role in AGENTS.items():
            kind = "user" if name.startswith("user:") else "agent"
            transaction.emit(events.AgentRegister(agent_id=name, kind=kind, role=role, module="m"))
        for name in ("crew", "alone", "empty", "dev"):
            transaction.emit(events.GroupCreate(group_id=f"grp_{name}", name=name))
        for group, kind, value in MEMBERS:
            added = events.GroupMemberAdd(
                group_id=f"grp_{group}", member_type=kind, member_value=value
            )
            transaction.emit(added)

    store.transact_blocking(decide)
    return store


def addressed(
    store: Store, to: str = "", *mentions: str, author: str = "ann", demanded: bool = False
) -> Addressing:
    """Where a message of ann's goes; only the name ghost can be written to unregistered."""
    return store.transact_blocking(
        lambda t: address(
            t,
            author,
            to,
            mentions,
            demanded=demanded,
            virtual=lambda name: name == "ghost",
            itself=lambda _, name: "bob" if name == "docs:bob" else name,
        )
    )


def refused(store: Store, to: str = "", *mentions: str, **how: Any) -> ThrumError:
    with pytest.raises(ThrumError) as caught:
        addressed(store, to, *mentions, **how)
    return caught.value


def test_one_agent(town: Store) -> None:
    found = addressed(town, "bob")
    assert found == Addressing(
        refs=[Pair("mention", "bob")],
        audiences=[Pair("agent", "bob")],
        recipients=["bob"],
        resolved=1,
    )
    assert addressed(town, "ann").recipients == ["ann"], "one may write to oneself"
    assert addressed(town, "docs:bob") == addressed(town, "", "docs:bob", "bob") == found


@pytest.mark.parametrize("to", ["bob", "@bob", " bob", "bob ", " @bob\n"])
@pytest.mark.parametrize("mention", ["bob", "@bob", " @bob "])
def test_who_is_named_in_both_ways_is_named_once(town: Store, to: str, mention: str) -> None:
    assert addressed(town, to, mention, mention) == addressed(town, "bob")


def test_a_bare_name_is_a_persons_where_no_agent_has_it(town: Store) -> None:
    assert addressed(town, "ada") == addressed(town, "user:ada")
    ada = events.AgentRegister(agent_id="ada", role="tester", module="m")
    town.transact_blocking(lambda t: t.emit(ada))
    assert addressed(town, "ada").recipients == ["ada"]


@pytest.mark.parametrize("how", [("everyone",), ("", "@everyone"), ("everyone", "everyone")])
def test_everyone_is_all_but_the_author_and_those_behind_bridges(
    town: Store, how: tuple[str, ...]
) -> None:
    found = addressed(town, *how)
    assert found.recipients == ["bob", "cat", "dev", "user:ada"]
    assert (found.scopes, found.refs, found.audiences) == ([EVERYONE], [EVERYONE], [EVERYONE])
    assert found.resolved == 1


@pytest.mark.parametrize("mentions", [(), ("",), ("@",), (" ", "@")])
def test_without_a_target_it_is_for_everyone_unless_one_is_demanded(
    town: Store, mentions: tuple[str, ...]
) -> None:
    found = addressed(town, "", *mentions)
    assert found.recipients == ["bob", "cat", "dev", "user:ada"]
    assert (found.scopes, found.refs, found.audiences) == ([], [], [EVERYONE])
    assert found.resolved == 0
    assert refused(town, "", *mentions, demanded=True).kind == "invalid_params"
    assert addressed(town, "everyone", demanded=True).resolved == 1


def test_a_role_is_all_who_have_it_but_the_author(town: Store) -> None:
    found = addressed(town, "", "tester")
    assert set(found.recipients) == {"bob", "peer:eve"}
    assert (found.audiences, found.refs) == (
        [Pair("role", "tester")],
        [Pair("mention", "tester")],
    )
    assert (found.scopes, found.warnings) == ([], [])
    assert set(addressed(town, "", "tester", author="cat").recipients) == {"ann", "bob", "peer:eve"}


def test_a_group_is_whom_it_holds(town: Store) -> None:
    pair = Pair("group", "crew")
    found = addressed(town, "", "crew")
    assert (found.scopes, found.refs, found.audiences) == ([pair], [pair], [pair])
    assert found.recipients == ["bob", "cat"]
    assert found.warnings == ["@crew is a group, not one agent"]
    for group in ("alone", "empty"):
        found = addressed(town, "", group)
        assert (found.recipients, found.resolved) == ([], 1)
        assert found.warnings == warnings(group, alone=True, namesakes=False)


def test_a_groups_namesakes_get_it_as_well(town: Store) -> None:
    found = addressed(town, "", "dev")
    assert found.recipients == ["dev"]
    assert found.audiences == [Pair("group", "dev")]
    assert found.refs == [Pair("group", "dev"), Pair("mention", "dev")]
    assert found.warnings == warnings("dev", alone=False, namesakes=True)
    # Oneself is no namesake that anything would be lost to.
    found = addressed(town, "", "dev", author="dev")
    assert (found.recipients, found.refs) == ([], [Pair("group", "dev")])
    assert found.warnings == warnings("dev", alone=True, namesakes=False)


@pytest.mark.parametrize(("name", "kind"), [("tester", "role"), ("crew", "group")])
def test_to_is_one_agent(town: Store, name: str, kind: str) -> None:
    error = refused(town, f"@{name}", "bob")
    assert error.kind == "unknown_recipient"
    assert f"@{name} is a {kind}" in error.message
    assert "`mentions`" in (error.hint or "")


@pytest.mark.parametrize(
    ("named", "plain"),
    [("role:tester", "tester"), ("group:crew", "crew"), ("@role:driver", "driver")],
)
def test_a_name_may_say_whether_a_role_or_a_group_is_meant(
    town: Store, named: str, plain: str
) -> None:
    found = addressed(town, "", named)
    assert found == addressed(town, "", plain)
    assert found == addressed(town, "", named, plain), "once, however it is named"


@pytest.mark.parametrize("name", ["role:crew", "group:tester", "role:bob", "group:", "role:", ":x"])
def test_a_name_of_another_kind_means_nothing(town: Store, name: str) -> None:
    assert refused(town, "", name).kind == "unknown_recipient"


def test_whoever_is_called_like_that_is_meant_first(town: Store) -> None:
    odd = events.AgentRegister(agent_id="role:tester", role="driver", module="m")
    town.transact_blocking(lambda t: t.emit(odd))
    assert addressed(town, "", "role:tester").recipients == ["role:tester"]


def test_a_mention_may_be_a_persons_bare_name(town: Store) -> None:
    assert addressed(town, "", "ada", "bob") == addressed(town, "", "user:ada", "bob")


def test_all_names_that_mean_nothing_are_told_at_once(town: Store) -> None:
    error = refused(town, "x", "bob", "y", "@y", "user:z")
    assert (error.kind, error.message) == (
        "unknown_recipient",
        "unknown recipient: @x, @y, @user:z",
    )


@pytest.mark.parametrize("name", ["%", "_ob", "BOB", "bob'--", "b*b", "@@bob", "bob\0", "  "])
def test_a_name_is_taken_as_it_stands(town: Store, name: str) -> None:
    assert refused(town, name).kind == "unknown_recipient"
    if name.strip():
        assert refused(town, "", name).kind == "unknown_recipient"


def test_a_virtual_name_is_written_to_by_mention_only(town: Store) -> None:
    found = addressed(town, "", "@ghost")
    assert (found.recipients, found.audiences) == (["ghost"], [Pair("agent", "ghost")])
    assert refused(town, "ghost").kind == "unknown_recipient"


def test_refusing_writes_nothing(town: Store) -> None:
    before = list(town.log.since(None).lines)
    refused(town, "x")
    addressed(town, "bob", "crew", "everyone")
    assert list(town.log.since(None).lines) == before


@given(st.booleans(), st.booleans())
def test_each_thing_worth_saying_is_said(alone: bool, namesakes: bool) -> None:
    said = warnings("crew", alone=alone, namesakes=namesakes)
    assert len(said) == 1 + alone + namesakes
    assert any("nobody gets it" in each for each in said) is alone
    assert any("they got it as well" in each for each in said) is namesakes


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("bbo", "@bob"),
        ("crwe", "@crew"),
        ("bobb", "@bob"),
        ("BOB", "@bob"),
        ("cre", "@crew"),
        ("group:crwe", "@crew"),
        ("role:crew", "@crew"),
        ("user:bbo", "@bob"),
        ("eve", "@peer:eve"),
        ("zzzz", ""),
        ("group:zzzz", ""),
    ],
)
def test_the_nearest_name_is_offered(town: Store, name: str, near: str) -> None:
    for asked in ((name,), ("", name)):
        hint = str(refused(town, *asked).hint)
        assert ("did you mean" in hint) is bool(near)
        assert near in hint
