"""Whom a message of a page is for, where the page says so in another way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.thrum.daemon.web.conftest import Town, town

__all__ = ["town"]

CREW = {"type": "group", "value": "crew"}


@pytest.fixture
def crew(town: Town) -> Any:
    """A person's connection; nux and max are in a group, and toast is in none."""
    for name in ("nux", "max", "toast"):
        town.node.agent(name)
    person = town.person()
    person.call("session.start", agent_id="user:dana")
    person.call("group.create", name="crew")
    for name in ("nux", "max"):
        member = {"member_type": "agent", "member_value": name}
        person.call("group.member.add", group_name="crew", **member)
    return person


def got(sent: Any) -> set[str]:
    """Whom a message that was sent is for."""
    return {each["agent_id"] for each in sent["recipients"]}


@pytest.mark.parametrize(
    ("targets", "people"),
    [
        ({"scopes": [CREW]}, {"nux", "max"}),
        ({"scopes": [CREW, CREW], "mentions": ["crew"]}, {"nux", "max"}),
        ({"scopes": [CREW], "mentions": ["@toast"]}, {"nux", "max", "toast"}),
        ({"mentions": ["toast"], "scopes": [{"type": "topic", "value": "x"}]}, {"toast"}),
        ({"mentions": ["everyone"]}, {"nux", "max", "toast"}),
        ({"to": "everyone"}, {"nux", "max", "toast"}),
    ],
)
def test_a_group_of_the_scope_is_written_to(
    crew: Any, targets: dict[str, Any], people: set[str]
) -> None:
    sent = crew.call("message.send", content="x", **targets)
    assert got(sent) == people
    scopes = crew.call("message.get", message_id=sent["message_id"])["message"]["scopes"]
    assert scopes.count(CREW) == ("crew" in str(targets))


@pytest.mark.parametrize(
    "targets",
    [{}, {"mentions": []}, {"mentions": ["", "@"]}, {"scopes": [{"type": "topic", "value": "x"}]}],
)
def test_nobody_is_not_everybody(crew: Any, targets: dict[str, Any]) -> None:
    assert crew.refused("message.send", content="x", **targets) == "invalid_params"


def test_a_group_that_is_none_is_refused(crew: Any) -> None:
    scope = {"type": "group", "value": "none"}
    assert crew.refused("message.send", content="x", scopes=[scope]) == "unknown_recipient"


@pytest.mark.parametrize(
    ("by", "targets", "people"),
    [
        ("toast", {"to": "dana"}, {"toast"}),
        ("nux", {"mentions": ["dana", "toast"]}, {"nux", "toast"}),
        ("nux", {"mentions": ["crew", "dana"]}, {"nux", "max"}),
        ("nux", {"to": "everyone"}, {"nux", "max", "toast"}),
        ("nux", {}, {"nux", "max", "toast"}),
    ],
)
def test_an_answer_goes_to_whose_message_it_was(
    town: Town, crew: Any, by: str, targets: dict[str, Any], people: set[str]
) -> None:
    parent = town.node.send(by, "a question", **targets)["message_id"]
    assert got(crew.call("message.send", content="x", reply_to=parent)) == people
    assert got(crew.call("message.send", content="x", reply_to=parent, to="max")) == {"max"}


def test_an_answer_to_oneself_goes_to_the_same_people(crew: Any) -> None:
    parent = crew.call("message.send", content="a question", to="toast")["message_id"]
    assert got(crew.call("message.send", content="more", reply_to=parent)) == {"toast"}


def test_a_process_says_whom_it_means(town: Town, crew: Any) -> None:
    """Programs know that a message without a target goes to everyone."""
    parent = crew.call("message.send", content="a question", to="toast")["message_id"]
    everyone = {"nux", "max", "user:dana"}
    assert got(town.node.send("toast", "x", reply_to=parent)) == everyone
    assert got(town.node.send("toast", "x", scopes=[CREW])) == everyone
