"""Pushes on the connection that asked for them."""

from __future__ import annotations

from typing import Any

import pytest

from thrum import events
from thrum.daemon.push.service import Push

SCOPE = {"type": "file", "value": "a.py"}


@pytest.fixture
def pair(node: Any) -> Any:
    """A node with furiosa and nux."""
    node.agent("furiosa")
    node.agent("nux")
    return node


def listen(node: Any, agent_id: str, **params: Any) -> Any:
    """A connection of the agent that gets pushes."""
    node.stand(agent_id)
    caller = node.connect()
    caller.call("subscribe", **params)
    return caller


def test_a_push_says_what_came(pair: Any) -> None:
    listening = listen(pair, "nux", all=True)
    sent = pair.send("furiosa", "ä" * 150, to="nux", scopes=[SCOPE])
    push = listening.read()
    assert push["method"] == "notification.message"
    assert "id" not in push
    params = push["params"]
    assert params["message_id"] == params["message"]["id"] == sent["message_id"]
    assert params["author"] == {"agent_id": "furiosa", "name": "furiosa"}
    assert params["preview"] == params["message"]["body"]["content"] == "ä" * 100
    assert params["scopes"] == [SCOPE]
    assert params["thread_id"] == ""
    assert params["timestamp"] == sent["created_at"]
    assert params["matched_subscription"]["match_type"] == "all"


def test_all_means_all_that_reaches_the_agent(pair: Any) -> None:
    pair.agent("max")
    listening = listen(pair, "nux", all=True)
    pair.send("furiosa", "for max", to="max")
    pair.send("nux", "own", to="max")
    pair.send("furiosa", "for all")
    push = listening.read()["params"]
    assert push["preview"] == "for all"
    assert push["scopes"] is None


@pytest.mark.parametrize(
    ("wish", "match"), [({"scope": SCOPE}, "scope"), ({"mention_role": "@nux"}, "mention")]
)
def test_wishes_narrow(pair: Any, wish: dict[str, Any], match: str) -> None:
    listening = listen(pair, "nux", **wish)
    pair.send("furiosa", "neither")
    pair.send("furiosa", "both", to="nux", scopes=[SCOPE])
    push = listening.read()["params"]
    assert push["preview"] == "both"
    assert push["matched_subscription"]["match_type"] == match


def test_two_wishes_that_match_give_one_push(pair: Any) -> None:
    listening = listen(pair, "nux", all=True)
    listening.call("subscribe", scope=SCOPE)
    pair.send("furiosa", "one", to="nux", scopes=[SCOPE])
    pair.send("furiosa", "two", to="nux")
    assert [listening.read()["params"]["preview"] for _ in range(2)] == ["one", "two"]


def test_an_edit_is_pushed(pair: Any) -> None:
    full = pair.send("furiosa", "one", to="nux")["message_id"]
    listening = listen(pair, "nux", all=True)
    pair.call("furiosa", "message.edit", message_id=full, content="two")
    assert listening.read()["params"]["preview"] == "two"


def test_nothing_is_pushed_to_a_connection_that_did_not_ask(pair: Any) -> None:
    listen(pair, "nux", all=True)
    quiet = pair.connect()
    pair.send("furiosa", to="nux")
    # The next line is the answer, with nothing before it.
    pair.stand("nux")
    assert quiet.call("agent.whoami")["agent_id"] == "nux"


def test_after_unsubscribing_nothing_comes(pair: Any) -> None:
    listening = listen(pair, "nux", all=True)
    pair.stand("nux")
    (row,) = listening.call("subscriptions.list")["subscriptions"]
    assert row["id"] == row["subscription_id"]
    assert row["all"] is True
    assert listening.call("unsubscribe", subscription_id=str(row["id"])) == {"removed": True}
    assert listening.call("unsubscribe", subscription_id=row["id"]) == {"removed": False}
    pair.send("furiosa", to="nux")
    pair.stand("nux")
    assert listening.call("subscriptions.list") == {"subscriptions": []}


def test_anothers_subscription_stays(pair: Any) -> None:
    listening = listen(pair, "nux", all=True)
    (row,) = listening.call("subscriptions.list")["subscriptions"]
    removed = pair.call("furiosa", "unsubscribe", subscription_id=row["id"])
    assert removed == {"removed": False}


def test_the_same_wish_twice_is_refused_and_goes_on_after_a_new_connection(pair: Any) -> None:
    listening = listen(pair, "nux", all=True)
    assert listening.refused("subscribe", all=True) == "conflict"
    listening.close()
    back = listen(pair, "nux", all=True)
    pair.send("furiosa", "again", to="nux")
    assert back.read()["params"]["preview"] == "again"
    pair.stand("nux")
    assert len(back.call("subscriptions.list")["subscriptions"]) == 1


def test_a_connection_that_ends_is_forgotten(pair: Any, wait_until: Any) -> None:
    listen(pair, "nux", all=True).close()
    wait_until(lambda: not pair.parts.service(Push).count)


def test_a_wish_needs_a_criterion_and_a_session(pair: Any) -> None:
    assert pair.refused("nux", "subscribe") == "invalid_params"
    assert pair.refused("nux", "unsubscribe") == "invalid_params"
    assert pair.refused("nux", "unsubscribe", subscription_id=2**63) == "invalid_params"
    assert pair.refused("nobody", "subscribe", all=True) == "anonymous_caller"


def messages(answer: Any) -> list[str]:
    found = (each for each in answer["pushes"] if each["method"] == "notification.message")
    return [each["params"]["row"]["body"]["content"] for each in found]


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_who_was_away_asks_until_there_is_no_more(pair: Any, limit: int) -> None:
    begin = pair.call("nux", "events.since")
    assert (begin["pushes"], begin["more"]) == ([], False)
    for number in range(5):
        pair.send("furiosa", f"text {number}", to="nux")
    cursor, found, more = begin["cursor"], [], True
    while more:
        answer = pair.call("nux", "events.since", cursor=cursor, limit=limit)
        cursor, more = answer["cursor"], answer["more"]
        found += messages(answer)
    assert found == [f"text {number}" for number in range(5)]
    assert messages(pair.call("nux", "events.since", cursor=cursor)) == []


def test_each_answer_says_where_it_ends(pair: Any) -> None:
    begin = pair.call("nux", "events.since")["cursor"]
    pair.send("furiosa", "one", to="nux")
    answer = pair.call("nux", "events.since", cursor=begin)
    last = answer["pushes"][-1]["params"]
    assert last["cursor"] == answer["cursor"]
    assert answer["cursor"] == pair.call("nux", "events.since")["cursor"]


@pytest.mark.parametrize("cursor", ["x", "0123456789ab-1-", "1"])
def test_a_cursor_that_is_none_is_refused_by_its_kind(pair: Any, cursor: str) -> None:
    assert pair.refused("nux", "events.since", cursor=cursor) == "stale_cursor"


def test_what_a_purge_took_makes_a_cursor_stale(pair: Any) -> None:
    before = pair.call("nux", "events.since")["cursor"]
    pair.send("furiosa", "secret", to="nux")
    purge = events.PurgeExecuted(cutoff="2100-01-01T00:00:00Z")
    pair.store.transact_blocking(lambda transaction: transaction.emit(purge))
    assert pair.refused("nux", "events.since", cursor=before) == "stale_cursor"
    assert pair.call("nux", "events.since", cursor=pair.call("nux", "events.since")["cursor"])


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_portion_has_a_bound(pair: Any, limit: int) -> None:
    assert pair.refused("nux", "events.since", limit=limit) == "invalid_params"


def test_a_stranger_is_told_nothing(pair: Any) -> None:
    assert pair.refused("nobody", "events.since") == "anonymous_caller"


def test_who_was_away_is_told_what_signatures_are_worth(pair: Any) -> None:
    before = pair.call("nux", "events.since")["cursor"]
    pair.send("furiosa", "signed or not", to="nux")
    told = pair.call("nux", "events.since", cursor=before)["pushes"]
    (row,) = (each["params"]["row"] for each in told if each["method"] == "notification.message")
    (listed,) = pair.call("nux", "message.list", page_size=1)["messages"]
    assert row["signature"] == listed["signature"]
