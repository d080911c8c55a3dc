"""What a hook is given, and what counts as given."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.daemon.delivery.methods import LONGEST_TEXT, MOST
from thrum.daemon.delivery.sitting import MOST_TURNS, Boundary, Doing
from thrum.daemon.rpc.receipt import MOST_AT_ONCE

CLAUDE = {"runtime": "claude", "session": "s1"}
SAYS = {"boundary": "prompt", "can_tell": True}


@pytest.fixture
def pair(node: Any) -> Any:
    """A node with furiosa and nux."""
    node.agent("furiosa")
    node.agent("nux")
    return node


class Hook:
    """A hook of nux's, which asks on a connection of its own."""

    def __init__(self, node: Any, **seat: Any) -> None:
        self.node, self.seat = node, {**CLAUDE, **seat}
        node.stand("nux")
        self.caller = node.connect()

    def ask(self, boundary: str = "prompt", **how: Any) -> list[str]:
        """The texts that the session is given at a boundary."""
        params = {**self.seat, **SAYS, "boundary": boundary, **how}
        self.answer = self.caller.call("delivery.ask", **params)
        self.ids = [row["message_id"] for row in self.answer.get("messages") or ()]
        return [row["content"] for row in self.answer.get("messages") or ()]

    def done(self, **how: Any) -> int:
        """Says that it got through; of how many the sender learns it."""
        params = {**self.seat, "message_ids": self.ids, **how}
        return int(self.caller.call("delivery.given", **params)["seen"])


def seen(node: Any, message_id: str) -> bool:
    """Whether the sender is told that nux saw it."""
    row = node.call("furiosa", "message.outbox")["messages"]
    (found,) = (each for each in row if each["message_id"] == message_id)
    assert "read_at" not in found["recipients"][0]
    return "seen_at" in found["recipients"][0]


def receipts(node: Any) -> int:
    rows = node.store.reader().execute("SELECT count(*) FROM events WHERE type = 'message.receipt'")
    return int(rows.fetchone()[0])


def test_what_got_through_is_seen_and_given_once(pair: Any) -> None:
    sent = pair.send("furiosa", "one", to="nux")["message_id"]
    hook = Hook(pair)
    assert hook.ask() == ["one"]
    assert hook.answer["agent_id"] == "nux"
    assert not seen(pair, sent)
    pair.stand("nux")
    assert hook.done() == 1
    assert seen(pair, sent)
    pair.stand("nux")
    assert hook.ask() == []
    assert hook.ask("end_of_turn") == []
    assert pair.inbox("nux", unread=True) == ["one"]
    assert hook.done(message_ids=[sent]) == 0
    assert receipts(pair) == 1


def test_it_is_the_next_ones_where_nobody_says_that_it_got_through(
    pair: Any, wait_until: Any
) -> None:
    pair.send("furiosa", "one", to="nux")
    first, second = Hook(pair), Hook(pair)
    assert first.ask() == ["one"]
    assert second.ask("tools") == []
    first.caller.close()
    wait_until(lambda: second.ask("tools") == ["one"])
    assert second.done() == 1


def test_what_another_one_holds_is_looked_for_again(pair: Any, wait_until: Any) -> None:
    """That nothing was left while it was on its way is no reason to look no more."""
    pair.send("furiosa", "one", to="nux")
    first, second = Hook(pair), Hook(pair)
    assert first.ask() == ["one"]
    for _ in range(3):
        assert second.ask() == []
    first.caller.close()
    wait_until(lambda: second.ask() == ["one"])


def test_a_reply_that_may_not_be_read_is_given_once_and_not_seen(pair: Any) -> None:
    sent = pair.send("furiosa", "one", to="nux")["message_id"]
    hook = Hook(pair)
    assert hook.ask() == ["one"]
    assert hook.done(is_sure=False) == 0
    assert hook.ask() == []
    assert not seen(pair, sent)


@pytest.mark.parametrize("boundary", [each.value for each in Boundary])
def test_nothing_is_handed_where_nothing_is_read(pair: Any, boundary: str) -> None:
    pair.send("furiosa", "one", to="nux")
    hook = Hook(pair)
    assert hook.ask(boundary, can_tell=False) == []
    gives = boundary in {"prompt", "tools", "end_of_turn"}
    assert hook.ask(boundary) == (["one"] if gives else [])


def test_of_a_great_heap_the_session_is_told_how_much_it_is(pair: Any) -> None:
    for number in range(MOST + 3):
        pair.send("furiosa", f"old {number}", to="nux")
    hook = Hook(pair)
    assert hook.ask("start") == []
    assert hook.ask() == [f"old {number}" for number in range(MOST)]
    hook.done()
    assert hook.ask("tools") == []
    pair.send("furiosa", "new", to="nux")
    pair.stand("nux")
    assert hook.ask("tools") == ["new"]


def test_a_session_whose_start_nobody_told_of_begins_with_its_first_boundary(pair: Any) -> None:
    for number in range(MOST + 3):
        pair.send("furiosa", f"old {number}", to="nux")
    hook = Hook(pair)
    assert len(hook.ask("tools")) == MOST
    hook.done()
    assert hook.ask("tools") == []


def test_what_arrives_meanwhile_comes_in_portions_and_whole(pair: Any) -> None:
    hook = Hook(pair)
    hook.ask("start")
    for number in range(2 * MOST + 1):
        pair.send("furiosa", f"mail {number}", to="nux")
    pair.stand("nux")
    given = []
    for _ in range(3):
        given += hook.ask("tools")
        hook.done()
    assert given == [f"mail {number}" for number in range(2 * MOST + 1)]
    assert hook.ask("tools") == []


def test_mail_begins_so_many_turns_and_no_more(pair: Any) -> None:
    hook = Hook(pair)
    hook.ask("start")
    for number in range(MOST_TURNS):
        pair.send("furiosa", f"ping {number}", to="nux")
        pair.stand("nux")
        assert hook.ask("end_of_turn") == [f"ping {number}"]
        hook.done()
    pair.send("furiosa", "once more", to="nux")
    pair.stand("nux")
    assert hook.ask("end_of_turn") == []
    assert hook.answer["count"] == 1
    assert hook.ask("prompt") == ["once more"]


def test_texts_are_cut_and_their_length_is_told(pair: Any) -> None:
    pair.send("furiosa", "x" * 5_000, to="nux")
    hook = Hook(pair)
    assert hook.ask() == ["x" * LONGEST_TEXT]
    assert hook.answer["messages"][0]["characters"] == 5_000


def test_what_is_read_taken_back_or_ones_own_is_not_given(pair: Any) -> None:
    read = pair.send("furiosa", "read", to="nux")["message_id"]
    gone = pair.send("furiosa", "taken back", to="nux")["message_id"]
    pair.call("furiosa", "message.delete", message_id=gone)
    pair.send("furiosa", "to all")
    pair.call("nux", "message.markRead", message_ids=[read])
    pair.send("nux", "mine", to="nux")
    assert Hook(pair).ask() == ["to all"]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("delivery.ask", {}),
        ("delivery.ask", {"runtime": "claude"}),
        ("delivery.ask", {"runtime": "claude", "boundary": "Stop"}),
        ("delivery.ask", {"runtime": "c" * 201, "boundary": "prompt", "can_tell": True}),
        ("delivery.ask", {**CLAUDE, **SAYS, "session": "s" * 201}),
        ("delivery.ask", {**CLAUDE, **SAYS, "session": 3}),
        ("delivery.given", {}),
        ("delivery.given", {**CLAUDE, "message_ids": ["m" * 201]}),
        ("delivery.given", {**CLAUDE, "message_ids": "msg_1"}),
    ],
)
def test_wrong_params_are_refused(pair: Any, method: str, params: dict[str, Any]) -> None:
    assert pair.refused("nux", method, **params) == "invalid_params"


def test_too_many_at_once_are_refused(pair: Any) -> None:
    many = ["msg_1"] * (MOST_AT_ONCE + 1)
    assert pair.refused("nux", "delivery.given", **CLAUDE, message_ids=many) == "too_large"


def test_what_does_not_exist_is_given_without_a_receipt(pair: Any) -> None:
    """Another clone may have purged it in this very moment."""
    given = pair.call("nux", "delivery.given", **CLAUDE, message_ids=["msg_none"])
    assert given == {"seen": 0}
    assert receipts(pair) == 0


def test_what_a_session_does_is_known_without_giving_it_anything(pair: Any) -> None:
    from thrum.daemon.delivery.service import Delivery

    Hook(pair).ask("prompt", can_tell=False)
    (sitting,) = pair.parts.service(Delivery).sittings("nux")
    assert sitting.doing is Doing.BUSY
    assert pair.parts.service(Delivery).sittings("furiosa") == []
