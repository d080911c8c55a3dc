"""Mail between repositories that are paired and share no log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import eventually
from tests.integration.test_peers import Street, facts, street

__all__ = ["street"]


def inbox(street: Street, where: Path) -> list[dict[str, Any]]:
    """What lies with who is in charge there, the oldest first; nothing is marked by looking."""
    found = json.loads(street.thrum(where, "inbox", "--json", "--unread"))
    rows: list[dict[str, Any]] = found["messages"]
    return rows[::-1]


def texts(street: Street, where: Path) -> list[str]:
    return [each["body"]["content"] for each in inbox(street, where)]


def outbox(street: Street, where: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(street.thrum(where, "sent", "--json"))["messages"]
    return rows


def is_known(street: Street, where: Path, agent: str) -> bool:
    return f'"{agent}"' in street.thrum(where, "agent", "list", "--json")


@pytest.fixture
def bridged(street: Street) -> Street:
    """Two that are paired, of which each knows the other's agents."""
    street.pair(scope="")
    eventually(lambda: is_known(street, street.one, "two:two_lead"))
    eventually(lambda: is_known(street, street.two, "one:one_lead"))
    return street


def test_a_conversation_crosses_with_replies_edits_and_deletions(bridged: Street) -> None:
    one, two = bridged.one, bridged.two
    (row,) = json.loads(bridged.thrum(one, "peer", "status", "--json"))
    assert (row["scope"], row["effective_scope"]) == ("addressed", "addressed")
    bridged.thrum(one, "send", "not for others", "--to", "@one_lead")
    bridged.thrum(one, "send", "hello over there", "--to", "@two:two_lead")
    eventually(lambda: texts(bridged, two) == ["hello over there"])
    (came,) = inbox(bridged, two)
    assert came["agent_id"] == "one:one_lead"
    bridged.thrum(two, "reply", came["message_id"], "hello back")
    eventually(lambda: "hello back" in texts(bridged, one))
    answer = next(each for each in inbox(bridged, one) if each["agent_id"] == "two:two_lead")
    sent = next(each for each in outbox(bridged, one) if "over there" in each["body"]["content"])
    assert answer["reply_to"] == sent["message_id"]
    assert answer["thread_id"] == sent["thread_id"] != ""
    bridged.thrum(one, "reply", answer["message_id"], "and again")
    eventually(lambda: "and again" in texts(bridged, two))
    again = next(each for each in inbox(bridged, two) if each["body"]["content"] == "and again")
    assert again["thread_id"]
    bridged.thrum(one, "message", "edit", sent["message_id"], "hello, over there")
    eventually(lambda: "hello, over there" in str(facts(two)))
    shown = bridged.thrum(two, "message", "get", came["message_id"])
    assert "hello, over there" in shown
    bridged.thrum(one, "message", "delete", sent["message_id"], "--yes")
    eventually(
        lambda: json.loads(bridged.thrum(two, "message", "get", came["message_id"], "--json"))[
            "message"
        ]["deleted"]
    )
    assert "not for others" not in str(facts(two))
    assert json.loads(bridged.thrum(one, "peer", "status", "--json"))[0].get("trouble") is None


def test_who_sent_learns_that_it_was_read(bridged: Street) -> None:
    one, two = bridged.one, bridged.two
    bridged.thrum(one, "send", "read me", "--to", "@two:two_lead")
    eventually(lambda: texts(bridged, two) == ["read me"])
    bridged.thrum(two, "inbox")

    def is_read() -> bool:
        (row,) = outbox(bridged, one)
        return [each.get("state") for each in row["recipients"]] == ["read"]

    eventually(is_read)


def waits_for(street: Street, where: Path) -> str:
    (row,) = outbox(street, where)[:1]
    return str(row["recipients"][0].get("held", ""))


def test_who_sent_learns_what_it_waits_for(bridged: Street) -> None:
    one, two = bridged.one, bridged.two
    bridged.thrum(one, "send", "take your time", "--to", "@two:two_lead")
    eventually(lambda: texts(bridged, two) == ["take your time"])
    bridged.thrum(two, "session", "end")
    eventually(lambda: waits_for(bridged, one) == "asleep")
    bridged.thrum(two, "daemon", "stop")
    bridged.thrum(one, "send", "nobody there", "--to", "@two:two_lead")
    eventually(lambda: waits_for(bridged, one) == "peer")
    bridged.thrum(two, "daemon", "start")
    eventually(lambda: "nobody there" in str(facts(two)))
