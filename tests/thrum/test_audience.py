from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.audience import (
    Addressed,
    AgentEntry,
    Group,
    Register,
    Via,
    answered_to,
    audience,
    reaches,
    settled_since,
)

BEFORE, THEN, AFTER = "2026-01-01", "2026-01-02", "2026-01-03"
BOB = AgentEntry("bob", "agent", "dev", BEFORE)


def message(**fields: object) -> Addressed:
    return Addressed(author="ann", created_at=THEN, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"recipients": frozenset({"bob"})}, Via.RECIPIENT),
        ({"mentions": frozenset({"bob"})}, Via.MENTION),
        ({"mentions": frozenset({"user:bob"})}, Via.MENTION),
        ({"mentions": frozenset({"dev"})}, Via.ROLE),
        ({"mentions": frozenset({"ops"})}, None),
        ({"groups": frozenset({"team"})}, Via.GROUP),
        ({"groups": frozenset({"other"})}, None),
        ({"broadcast": True}, Via.BROADCAST),
        ({}, None),
    ],
)
def test_the_first_rule_that_holds_names_the_way(
    fields: dict[str, object], expected: Via | None
) -> None:
    assert reaches(message(**fields), BOB, {"team": Group(agents=frozenset({"bob"}))}) == expected


@pytest.mark.parametrize(
    ("group", "held"),
    [
        (Group(agents=frozenset({"bob"})), True),
        (Group(roles=frozenset({"dev"})), True),
        (Group(roles=frozenset({"*"})), True),
        (Group(agents=frozenset({"dev"}), roles=frozenset({"bob"})), False),
    ],
)
def test_a_group_holds_agents_and_roles(group: Group, held: bool) -> None:
    assert group.holds(BOB) is held


@pytest.mark.parametrize("fields", [{"recipients"}, {"mentions"}])
def test_who_is_named_needs_not_be_registered_before(fields: set[str]) -> None:
    late = AgentEntry("bob", "agent", "dev", AFTER)
    assert reaches(message(**dict.fromkeys(fields, frozenset({"bob"}))), late, {})


@pytest.mark.parametrize(
    "fields",
    [{"mentions": frozenset({"dev"})}, {"groups": frozenset({"g"})}, {"broadcast": True}],
)
@pytest.mark.parametrize("registered_at", [THEN, AFTER, ""])
def test_roles_groups_and_broadcasts_reach_who_was_there(
    fields: dict[str, object], registered_at: str
) -> None:
    groups = {"g": Group(roles=frozenset({"*"}))}
    assert reaches(message(**fields), BOB, groups)
    late = AgentEntry("bob", "agent", "dev", registered_at)
    assert reaches(message(**fields), late, groups) is None


@pytest.mark.parametrize(
    "agent",
    [AgentEntry("px:bob", "agent", "dev", BEFORE), AgentEntry("m", "monitor", "dev", BEFORE)],
)
def test_broadcasts_spare_proxies_and_pseudo_agents(agent: AgentEntry) -> None:
    assert reaches(message(broadcast=True), agent, {}) is None
    assert reaches(message(mentions=frozenset({"dev"})), agent, {}) == Via.ROLE


def test_users_hear_broadcasts() -> None:
    assert reaches(message(broadcast=True), AgentEntry("user:cy", "user", "cy", BEFORE), {})


def test_the_author_is_reached_only_by_name() -> None:
    ann = AgentEntry("ann", "agent", "dev", BEFORE)
    groups = {"g": Group(agents=frozenset({"ann"}))}
    wide = message(mentions=frozenset({"dev"}), groups=frozenset({"g"}), broadcast=True)
    assert reaches(wide, ann, groups) is None
    assert reaches(message(mentions=frozenset({"ann"})), ann, groups) == Via.MENTION


def test_what_was_sent_before_a_clean_up_is_gone() -> None:
    again = AgentEntry("bob", "agent", "dev", AFTER, cleaned_at=THEN)
    assert reaches(message(recipients=frozenset({"bob"})), again, {}) is None


NAMES = ["ann", "bob", "user:cy", "px:dan", "dev", "ops"]
names = st.sampled_from(NAMES)
sets = st.frozensets(names, max_size=3)
entries = st.builds(
    AgentEntry,
    names,
    st.sampled_from(["agent", "monitor"]),
    st.sampled_from(["dev", "ops", "ann"]),
    st.sampled_from([BEFORE, THEN]),
    st.sampled_from(["", BEFORE, THEN]),
)
groups_of_any_kind = st.dictionaries(
    st.sampled_from(["g", "h"]),
    st.builds(Group, sets, st.frozensets(st.sampled_from(["dev", "*"]), max_size=2)),
)


sent_messages = st.builds(
    Addressed,
    names,
    st.just(THEN),
    sets,
    sets,
    st.frozensets(st.sampled_from(["g", "h", "i"]), max_size=2),
    st.booleans(),
)


def registered(known: list[AgentEntry], cleaned: dict[str, str]) -> Register:
    register = Register(cleaned=cleaned)
    for agent in known:
        register.put(agent)
    return register


registers = st.builds(
    registered,
    st.lists(entries),
    st.dictionaries(names, st.sampled_from([BEFORE, THEN]), max_size=2),
)


@given(sent_messages, registers, groups_of_any_kind)
def test_the_audience_is_everybody_who_is_reached(
    sent: Addressed, register: Register, groups: dict[str, Group]
) -> None:
    one_by_one = {
        name: via for name in NAMES if (via := reaches(sent, register.entry(name), groups))
    }
    assert audience(sent, register, groups) == one_by_one


@given(sent_messages, registers, groups_of_any_kind)
def test_after_a_time_the_audience_is_always_the_same(
    sent: Addressed, register: Register, groups: dict[str, Group]
) -> None:
    since = settled_since(sent, register, groups)
    made = [time for time in (BEFORE, THEN, AFTER, "2026-01-04") if time > since]
    found = [audience(sent._replace(created_at=time), register, groups) for time in made]
    assert found and all(each == found[-1] for each in found)


def test_a_dropped_agent_is_in_no_role() -> None:
    register = Register()
    register.put(BOB)
    register.put(AgentEntry("bob", "agent", "ops", BEFORE))
    assert not list(register.with_role("dev"))
    register.drop("bob")
    register.drop("bob")
    assert not list(register.with_role("ops"))
    assert not list(register.everyone())


def asked(author: str = "nux", refs: list[Any] | None = None, scopes: Any = ()) -> dict[str, Any]:
    return {
        "author": {"agent_id": author, "session_id": "ses_x"},
        "refs": [{"type": t, "value": v} for t, v in refs or ()],
        "scopes": [{"type": t, "value": v} for t, v in scopes],
    }


@pytest.mark.parametrize(
    ("message", "everyone", "mentions"),
    [
        (asked("nux", [("mention", "furiosa")]), False, ["nux"]),
        (asked("nux", [("mention", "furiosa"), ("mention", "slit")]), False, ["nux", "slit"]),
        (asked("nux", [("mention", "implementer")]), False, ["nux", "implementer"]),
        (asked("nux", [("mention", "@nux")]), False, ["nux", "@nux"]),
        (asked("nux", [], [("group", "team")]), False, ["nux", "@team"]),
        (asked("nux", [], [("broadcast", "everyone")]), True, ["nux"]),
        (asked("nux", [("issue", "1")]), True, ["nux"]),
        (asked("furiosa", [("mention", "slit")]), False, ["slit"]),
    ],
)
def test_whom_an_answer_reaches(
    message: dict[str, Any], everyone: bool, mentions: list[str]
) -> None:
    assert answered_to(message, "furiosa") == (everyone, mentions)
