"""Reading."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest


@pytest.fixture
def pair(node: Any) -> Any:
    """A node with furiosa and nux."""
    node.agent("furiosa")
    node.agent("nux")
    return node


def receipts(node: Any) -> int:
    """How many receipts were written."""
    rows = node.store.reader().execute("SELECT count(*) FROM events WHERE type = 'message.receipt'")
    (number,) = rows.fetchone()
    return int(number)


def test_marking_again_writes_nothing(pair: Any) -> None:
    ids = [pair.send("furiosa", to="nux")["message_id"] for _ in range(2)]
    assert pair.call("nux", "message.markRead", message_ids=[*ids, ids[0]])["marked_count"] == 2
    assert pair.call("nux", "message.markRead", message_ids=ids)["marked_count"] == 0
    assert receipts(pair) == 2
    listed = pair.call("nux", "message.list", for_agent="nux")
    assert [row["is_read"] for row in listed["messages"]] == [True, True]
    assert listed["unread"] == 0


def test_what_is_unknown_or_not_for_the_reader_is_passed_over_and_named(pair: Any) -> None:
    pair.agent("max")
    foreign = pair.send("furiosa", to="max")["message_id"]
    ids = [foreign, "msg_01ARZ3NDEKTSV4RRFFQ69G5FAV"]
    answer = pair.call("nux", "message.markRead", message_ids=ids)
    shown = "`thrum message get` shows what is not to you; `thrum inbox` and `thrum sent` show ids"
    assert answer == {"marked_count": 0, "not_found": ids, "hint": shown}
    mine = pair.send("furiosa", to="nux")["message_id"]
    for given in ([mine[-6:], "NOPE99"], ["NOPE99", mine], [foreign[-6:], mine[-6:], "NOPE99"]):
        answer = pair.call("nux", "message.markRead", message_ids=given)
        unknown = [each for each in given if each not in {mine, mine[-6:]}]
        assert answer["not_found"] == unknown, "as they were given"
    assert receipts(pair) == 1


def test_what_may_be_meant_by_an_unknown_id_is_told(pair: Any) -> None:
    mine = pair.send("furiosa", to="nux")["message_id"]
    swapped = mine[-6:-2] + mine[-1] + mine[-2]
    for given in (f"{mine[-6:]}0", f"0{mine[-5:]}" if mine[-6] != "0" else f"1{mine[-5:]}"):
        answer = pair.call("nux", "message.markRead", message_ids=[given])
        assert f"did you mean {mine}?" in answer["hint"]
    if swapped != mine[-6:]:
        assert mine in pair.call("nux", "message.markRead", message_ids=[swapped])["hint"]
    many = [f"NOPE{n}" for n in range(50)]
    answer = pair.call("nux", "message.markRead", message_ids=many)
    assert answer["not_found"] == many
    assert answer["hint"] == "`thrum inbox` and `thrum sent` show ids"


def test_an_ending_that_fits_two_marks_neither(pair: Any) -> None:
    made = iter(("msg_01ARZ3NDEKTSV4RRFFQ69G5FAV", "msg_01BRZ3NDEKTSV4RRFFQ69G5FAV"))
    make = pair.parts.ids.make
    pair.parts.ids.make = lambda prefix, *end: next(made) if prefix == "msg" else make(prefix, *end)
    for _ in range(2):
        pair.send("furiosa", to="nux")
    assert pair.refused("nux", "message.markRead", message_ids=["5FAV"]) == "ambiguous_id"
    assert receipts(pair) == 0
    assert pair.call("nux", "message.markRead", message_ids=["1BRZ3NDEKTSV4RRFFQ69G5FAV"])


def test_later_messages_wait_for_another_time(pair: Any) -> None:
    first = pair.send("furiosa", to="nux")
    second = pair.send("furiosa", to="nux")
    marked = pair.call(
        "nux",
        "message.markRead",
        message_ids=[first["message_id"], second["message_id"]],
        marked_before=first["created_at"],
    )
    assert marked == {"marked_count": 1, "skipped_count": 1, "markable_remaining": 1}


def test_others_who_read_are_named(pair: Any) -> None:
    pair.agent("max")
    full = pair.send("furiosa")["message_id"]
    pair.call("max", "message.markRead", message_ids=[full])
    marked = pair.call("nux", "message.markRead", message_ids=[full])
    assert marked["also_read_by"] == {full: ["max"]}
    (row,) = pair.call("furiosa", "message.outbox")["messages"]
    assert row["read_count"] == 2
    before = receipts(pair)
    again = pair.call("nux", "message.markRead", message_ids=[full])
    assert again == {"marked_count": 0, "also_read_by": {full: ["max"]}}
    assert receipts(pair) == before


def test_lists_are_bounded(pair: Any) -> None:
    assert pair.refused("nux", "message.markRead") == "invalid_params"
    many = ["msg_01ARZ3NDEKTSV4RRFFQ69G5FAV"] * 1001
    assert pair.refused("nux", "message.markRead", message_ids=many) == "too_large"


def test_all_that_is_unread_is_marked_at_once(pair: Any) -> None:
    """Also what the caller has not in view, and nothing that came after."""
    read = pair.send("furiosa", to="nux")["message_id"]
    pair.call("nux", "message.markRead", message_ids=[read])
    sent = [pair.send("furiosa", to="nux") for _ in range(4)]
    pair.send("furiosa", to="furiosa")
    pair.send("nux")
    until, whom = sent[2]["created_at"], {"unread": True, "client_id": "c1"}
    marked = pair.call("nux", "message.markRead", marked_before=until, **whom)
    assert marked == {"marked_count": 3}
    assert pair.call("nux", "inbox.counts")["inbox"] == 1
    again = pair.call("nux", "message.markRead", marked_before=until, **whom)
    assert again == {"marked_count": 3}, "the same request"
    assert pair.call("nux", "message.markRead", unread=True) == {"marked_count": 1}
    assert pair.call("nux", "message.markRead", unread=True) == {"marked_count": 0}
    assert receipts(pair) == 5


def test_all_that_is_unread_comes_in_portions(pair: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("thrum.daemon.rpc.receipt.MOST_AT_ONCE", 2)
    ids = [pair.send("furiosa", to="nux")["message_id"] for _ in range(5)]
    counts = [pair.call("nux", "message.markRead", unread=True) for _ in range(3)]
    assert [each.get("markable_remaining", 0) for each in counts] == [3, 1, 0]
    assert [each["marked_count"] for each in counts] == [2, 2, 1]
    more = [pair.send("furiosa", to="nux")["message_id"] for _ in range(3)]
    one = pair.call("nux", "message.markRead", unread=True, at_most=1)
    assert one == {"marked_count": 1, "markable_remaining": 2}
    (newest, *_) = pair.call("nux", "message.list", for_agent="nux", unread=True)["messages"]
    assert newest["message_id"] == more[2], "the oldest went first"
    many = pair.call("nux", "message.markRead", unread=True, at_most=1000)
    assert many == {"marked_count": 2}
    both = {"message_ids": ids[:1], "unread": True}
    assert pair.refused("nux", "message.markRead", **both) == "invalid_params"


def test_a_receipt_says_by_what_it_was_read(pair: Any) -> None:
    sent = pair.send("furiosa", to="nux")["message_id"]
    assert pair.refused("nux", "message.markRead", message_ids=[sent], way="crow") == (
        "invalid_params"
    )
    assert receipts(pair) == 0
    pair.call("nux", "message.markRead", message_ids=[sent], way="mcp")
    (row,) = pair.call("furiosa", "message.outbox")["messages"]
    (found,) = row["recipients"]
    assert (found["state"], found["offered_by"]) == ("read", "mcp")


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_said_again_writes_nothing(pair: Any, seed: int) -> None:
    random = Random(seed)
    ids = [pair.send("furiosa", to="nux")["message_id"] for _ in range(4)]
    seen: set[str] = set()
    was_read: set[str] = set()
    for _ in range(40):
        some = random.choices(ids, k=random.randint(1, 5))
        if random.random() < 0.6:
            seat = {"runtime": "claude", "session": random.choice("ab"), "message_ids": some}
            pair.call("nux", "delivery.given", **seat)
            seen |= set(some) - was_read
        else:
            pair.call("nux", "message.markRead", message_ids=some, way="mcp")
            was_read |= set(some)
        assert receipts(pair) == len(seen) + len(was_read)
